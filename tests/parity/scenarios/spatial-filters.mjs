// Filters of dataviews by place (spec 2.16, 3.5, 4.5.2).
export default [
  {
    name: 'A bounding box takes no argument and has no bounds at first',
    rows: ['C-245', 'C-246', 'C-248…C-250'],
    async page({ carto, listen, log }) {
      const { BoundingBox } = carto.filter;
      const box = listen(new BoundingBox({ west: 1, south: 2, east: 3, north: 4 }), 'box');
      log(box.type, box.getBounds(), box instanceof BoundingBox);
      const bounds = { west: -10.5, south: -20, east: 30, north: 40, more: 'x' };
      box.on('boundsChanged', (value) => log('the object itself', value === bounds, box.getBounds() === bounds));
      log(box.setBounds(bounds) === box, box.getBounds());
      log('equal bounds tell too', box.setBounds(bounds) === box);
    },
  },
  {
    name: 'setBounds refuses what is no bounds and keeps the old ones',
    rows: ['C-246', 'C-374'],
    async page({ carto, listen, attempt, log }) {
      const box = listen(new carto.filter.BoundingBox(), 'box');
      box.setBounds({ west: 1, south: 2, east: 3, north: 4 });
      const bad = [undefined, {}, [], 'x', 7, { west: 1, south: 2, east: 3 }, { west: '1', south: 2, east: 3, north: 4 }, { west: 1, south: 2, east: 3, north: null }, [1, 2, 3, 4]];
      for (const bounds of bad) attempt(`bounds ${JSON.stringify(bounds)}`, () => box.setBounds(bounds) === box);
      log(box.getBounds());
      for (const bounds of [{ west: 1, south: NaN, east: Infinity, north: 4 }, { west: 500, south: 200, east: -500, north: -200 }]) {
        attempt('odd numbers', () => box.setBounds(bounds).getBounds());
      }
    },
  },
  {
    name: 'Null as bounds, circle or polygon',
    rows: ['C-246', 'C-260', 'C-266'],
    async page({ carto, attempt }) {
      const { BoundingBox, Circle, Polygon } = carto.filter;
      attempt('bounds', () => new BoundingBox().setBounds(null));
      attempt('circle', () => new Circle().setCircle(null));
      attempt('polygon', () => new Polygon().setPolygon(null));
    },
    differs: {
      quirks: ['TypeErrors for missing settings and wrong arguments'],
      check({ reference, ours, assert }) {
        assert.deepEqual(reference.log.map(([what, verb, error]) => [what, verb, error.TypeError]), [['bounds', 'throws', true], ['circle', 'throws', true], ['polygon', 'throws', true]]);
        assert.deepEqual(ours.log.map(([what, verb, { CartoError }]) => [what, verb, CartoError.code]), [
          ['bounds', 'throws', 'validation:filter:invalid-bounds-object'],
          ['circle', 'throws', 'validation:filter:invalid-circle-object'],
          ['polygon', 'throws', 'validation:filter:invalid-polygon-object'],
        ]);
      },
    },
  },
  {
    name: 'resetBounds sets zeros, tells them, and dataviews send them',
    rows: ['C-247', 'C-249', 'C-273'],
    async page({ carto, client, listen, settle, idle, log }) {
      const box = listen(new carto.filter.BoundingBox(), 'box');
      log(box.resetBounds() === box, box.getBounds());
      box.setBounds({ west: 1, south: 2, east: 3, north: 4 });
      await settle('add', client().addDataview(new carto.dataview.Formula(new carto.source.Dataset('t'), 'pop').addFilter(box)));
      await idle(1000);
      log(box.resetBounds() === box, box.getBounds());
      await idle(1000);
    },
  },
  {
    name: 'A change of bounds asks attached dataviews again before it is told, without a map request',
    rows: ['C-246', 'C-249', 'C-273'],
    ordered: true,
    async page({ carto, client, listen, settle, idle, log }) {
      const source = new carto.source.Dataset('t');
      const box = listen(new carto.filter.BoundingBox().setBounds({ west: 1, south: 2, east: 3, north: 4 }), 'box');
      const formula = listen(new carto.dataview.Formula(source, 'pop').addFilter(box), 'formula');
      const map = listen(client(), 'client');
      await settle('add', map.addDataview(formula));
      await idle(1000);
      box.setBounds({ west: 0.1, south: -2.25, east: 1e-7, north: 4 });
      log('set', formula.getStatus());
      await idle(1000);
      log(formula.getData());
    },
  },
  {
    name: 'A bounding box that has no bounds yet is waited for by a formula',
    rows: ['C-191', 'C-245', 'C-273'],
    async page({ carto, client, settle, idle, log }) {
      const box = new carto.filter.BoundingBox();
      const formula = new carto.dataview.Formula(new carto.source.Dataset('t'), 'pop').addFilter(box);
      await settle('add', client().addDataview(formula));
      await idle(1000);
      log(formula.getStatus());
      box.setBounds({ west: 1, south: 2, east: 3, north: 4 });
      await idle(1000);
      log(formula.getStatus(), formula.getData());
    },
    differs: {
      quirks: ['Q-25, Q-27'],
      // Now and then CARTO.js asks only once.
      sometimes: true,
      check({ reference, ours, assert, equal }) {
        const boxes = ({ dataviews }) => dataviews['dataview/formula-c1'].map(({ bbox }) => bbox);
        assert.ok(boxes(reference).length >= 1 && boxes(reference).every((box) => box === '1,2,3,4'));
        assert.deepEqual(boxes(ours), ['1,2,3,4']);
        ['log', 'maps', 'errors'].forEach(equal);
      },
    },
  },
  {
    name: 'A bounding box that has no bounds yet, with a histogram',
    rows: ['C-191', 'C-273'],
    async page({ carto, client, settle, idle, log }) {
      const box = new carto.filter.BoundingBox();
      const histogram = new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop', { bins: 4 }).addFilter(box);
      await settle('add', client().addDataview(histogram));
      await idle(1000);
      box.setBounds({ west: 1, south: 2, east: 3, north: 4 });
      await idle(1000);
      log(histogram.getStatus(), histogram.getData());
    },
    differs: {
      quirks: ['Q-25, Q-27'],
      check({ reference, ours, assert }) {
        const boxes = ({ dataviews }) => dataviews['dataview/histogram-c1'].map(({ bbox, no_filters: all }) => (all ? 'all' : bbox));
        assert.deepEqual(boxes(reference).slice(0, 2), ['all', ',,,']);
        assert.deepEqual(boxes(reference).at(-1), '1,2,3,4');
        assert.deepEqual(boxes(ours), ['all', '1,2,3,4']);
        assert.deepEqual(ours.log.at(-1), reference.log.at(-1));
      },
    },
  },
  {
    name: 'A circle takes no argument, keeps the object it is given and tells it',
    rows: ['C-259', 'C-260', 'C-262…C-264'],
    async page({ carto, listen, log }) {
      const { Circle } = carto.filter;
      const circle = listen(new Circle({ lat: 1, lng: 2, radius: 3 }), 'circle');
      log(circle.type, circle.getCircle(), circle instanceof Circle);
      const value = { lat: 40.5, lng: -3, radius: 1000, more: 'x' };
      circle.on('circleChanged', (told) => log('the object itself', told === value, circle.getCircle() === value));
      log(circle.setCircle(value) === circle, circle.getCircle());
      log('an equal circle tells too', circle.setCircle(value) === circle);
    },
  },
  {
    name: 'setCircle refuses what is no circle and keeps the old one',
    rows: ['C-260', 'C-375'],
    async page({ carto, listen, attempt, log }) {
      const circle = listen(new carto.filter.Circle(), 'circle');
      circle.setCircle({ lat: 1, lng: 2, radius: 3 });
      for (const bad of [undefined, {}, [], 'x', 7, { lat: 1, lng: 2 }, { lat: '1', lng: 2, radius: 3 }, { lat: 1, lng: 2, radius: null }]) {
        attempt(`circle ${JSON.stringify(bad)}`, () => circle.setCircle(bad) === circle);
      }
      log(circle.getCircle());
      attempt('odd numbers', () => circle.setCircle({ lat: 200, lng: NaN, radius: -1 }).getCircle());
    },
  },
  {
    name: 'A circle is sent as JSON, all of it, and resetCircle sends zeros',
    rows: ['C-261…C-263', 'C-274'],
    async page({ carto, client, listen, settle, idle, log }) {
      const circle = listen(new carto.filter.Circle(), 'circle').setCircle({ lat: 1.5, lng: -2, radius: 3, note: 'a&b=ü' });
      const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), 'pop'), 'formula').addFilter(circle);
      await settle('add', client().addDataview(formula));
      await idle(1000);
      circle.setCircle({ radius: 30, lng: 2, lat: 1 });
      await idle(1000);
      log(circle.resetCircle() === circle, circle.getCircle());
      await idle(1000);
    },
  },
  {
    name: 'A polygon takes no argument, keeps the object it is given and tells it',
    rows: ['C-265', 'C-266', 'C-268…C-270'],
    async page({ carto, listen, log }) {
      const { Polygon } = carto.filter;
      const polygon = listen(new Polygon({ type: 'Polygon', coordinates: [] }), 'polygon');
      log(polygon.type, polygon.getPolygon(), polygon instanceof Polygon);
      const value = { type: 'Polygon', coordinates: [[[0, 0], [1, 1], [2, 0], [0, 0]]], more: 'x' };
      polygon.on('polygonChanged', (told) => log('the object itself', told === value, polygon.getPolygon() === value));
      log(polygon.setPolygon(value) === polygon, polygon.getPolygon());
      log('an equal polygon tells too', polygon.setPolygon(value) === polygon);
    },
  },
  {
    name: 'setPolygon refuses what is no polygon and keeps the old one',
    rows: ['C-266', 'C-376'],
    async page({ carto, listen, attempt, log }) {
      const polygon = listen(new carto.filter.Polygon(), 'polygon');
      polygon.setPolygon({ type: 'Polygon', coordinates: [] });
      const bad = [undefined, {}, [], 'x', 7, { type: 'Polygon' }, { type: 'polygon', coordinates: [] }, { type: 'Polygon', coordinates: 'x' }, { coordinates: [] }, { type: 'MultiPolygon', coordinates: [] }];
      for (const value of bad) attempt(`polygon ${JSON.stringify(value)}`, () => polygon.setPolygon(value) === polygon);
      log(polygon.getPolygon());
      attempt('odd coordinates', () => polygon.setPolygon({ type: 'Polygon', coordinates: ['x', null] }).getPolygon());
    },
  },
  {
    name: 'A polygon is sent as JSON, and resetPolygon sends one without coordinates',
    rows: ['C-267…C-269', 'C-275'],
    async page({ carto, client, listen, settle, idle, log }) {
      const polygon = listen(new carto.filter.Polygon(), 'polygon');
      log(polygon.resetPolygon() === polygon, polygon.getPolygon());
      polygon.setPolygon({ type: 'Polygon', coordinates: [[[0, 0], [1, 1], [2, 0], [0, 0]]] });
      const category = listen(new carto.dataview.Category(new carto.source.Dataset('t'), 'kind'), 'category').addFilter(polygon);
      await settle('add', client().addDataview(category));
      await idle(1000);
      polygon.setPolygon({ type: 'Polygon', coordinates: [[[0.5, -1], [1e-7, 1], [2, 0], [0.5, -1]]], properties: { a: null } });
      await idle(1000);
      polygon.resetPolygon();
      await idle(1000);
    },
  },
  {
    name: 'A polygon too long for an address',
    rows: ['C-275', 'C-417'],
    async page({ carto, client, listen, settle, idle, attempt, log }) {
      const polygon = listen(new carto.filter.Polygon(), 'polygon').setPolygon({ type: 'Polygon', coordinates: [[[0, 0], [1, 1], [2, 0], [0, 0]]] });
      const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), 'pop'), 'formula').addFilter(polygon);
      await settle('add', client().addDataview(formula));
      await idle(1000);
      const ring = Array.from({ length: 300 }, (_, index) => [index / 10, 1]);
      attempt('long', () => polygon.setPolygon({ type: 'Polygon', coordinates: [ring] }) === polygon);
      await idle(1000);
      log(formula.getStatus(), polygon.getPolygon().coordinates[0].length);
      attempt('short', () => polygon.setPolygon({ type: 'Polygon', coordinates: [] }) === polygon);
      await idle(1000);
      log(formula.getStatus(), formula.getData());
    },
    differs: {
      quirks: ['Q-82, Q-83'],
      check({ reference, ours, assert, equal }) {
        const message = 'URL length is longer than allowed (2083 chars). Check your filters (eg. if using a Polygon filter, reduce the number of vertices).';
        const part = ({ log }, label) => log.slice(log.findIndex(([who]) => who === label));
        assert.deepEqual(part(reference, 'long')[0], ['long', 'throws', { Error: message }]);
        assert.deepEqual(part(reference, 'long')[1], ['loading', 300]);
        const told = ours.log.filter(([who, event, first]) => who === 'formula' && (event === 'error' || (event === 'statusChanged' && first === 'error')));
        assert.deepEqual(told.map(([, event]) => event), ['statusChanged', 'error']);
        assert.equal(told[0][3].message, message);
        assert.equal(told[1][2].CartoError.message, message);
        assert.ok(ours.log.some(([what, verb, value]) => what === 'long' && verb === 'gives' && value === true));
        assert.deepEqual(ours.log.find(([what, length]) => what === 'error' && length === 300), ['error', 300]);
        assert.deepEqual(ours.log.at(-1), reference.log.at(-1));
        ['maps', 'dataviews', 'errors'].forEach(equal);
      },
    },
  },
  {
    name: 'A polygon just short enough for an address is sent whole',
    rows: ['C-275'],
    async page({ carto, client, listen, settle, idle, log }) {
      const polygon = listen(new carto.filter.Polygon(), 'polygon').setPolygon({ type: 'Polygon', coordinates: [], note: 'x'.repeat(1700) });
      const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), 'pop'), 'formula').addFilter(polygon);
      await settle('add', client().addDataview(formula));
      await idle(1000);
      log(formula.getData());
    },
  },
  {
    name: 'Of a box, a circle and a polygon only the first is sent',
    rows: ['C-181', 'C-272', 'C-273…C-275'],
    async page({ carto, client, settle, idle, tag, log }) {
      const box = tag(new carto.filter.BoundingBox(), 'box').setBounds({ west: 1, south: 2, east: 3, north: 4 });
      const circle = tag(new carto.filter.Circle(), 'circle').setCircle({ lat: 1, lng: 2, radius: 3 });
      const polygon = tag(new carto.filter.Polygon(), 'polygon').setPolygon({ type: 'Polygon', coordinates: [] });
      const source = new carto.source.Dataset('t');
      for (const filters of [[polygon, circle, box], [polygon, circle], [polygon], [polygon, box], []]) {
        const formula = new carto.dataview.Formula(source, 'pop');
        for (const filter of filters) formula.addFilter(filter);
        await settle('add', client().addDataview(formula));
        await idle(1000);
        log(filters.map((filter) => formula.hasFilter(filter)), formula.getData());
      }
    },
  },
  {
    name: 'One filter serves dataviews of several clients',
    rows: ['C-249', 'C-273'],
    // Answers in the order of the clients, however the requests raced.
    answers({ kind, query }, usual) {
      if (kind !== 'dataview') return undefined;
      return { ...usual(), delay: query.api_key === 'second' ? 250 : 50 };
    },
    async page({ carto, client, listen, settle, idle }) {
      const box = listen(new carto.filter.BoundingBox(), 'box').setBounds({ west: 1, south: 2, east: 3, north: 4 });
      for (const name of ['first', 'second']) {
        const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), 'pop'), name).addFilter(box);
        await settle(name, client({ apiKey: name }).addDataview(formula));
        await idle(1000);
      }
      box.setBounds({ west: 5, south: 6, east: 7, north: 8 });
      await idle(1000);
    },
  },
  {
    name: 'A box of a Leaflet map has the bounds of the map at once, and no setter',
    rows: ['C-251', 'C-252', 'C-254'],
    async page({ carto, map, log }) {
      const { BoundingBoxLeaflet } = carto.filter;
      const leaflet = map({ center: [10, 20], zoom: 4 });
      const box = new BoundingBoxLeaflet(leaflet);
      log(box.type, box.getBounds(), box instanceof BoundingBoxLeaflet, typeof box.setBounds);
      leaflet.setView([0, 190], 1);
      log('later', box.getBounds());
      log('another', new BoundingBoxLeaflet(leaflet).getBounds());
    },
  },
  {
    name: 'A box of a Leaflet map wants one',
    rows: ['C-251', 'C-413'],
    async page({ carto, attempt }) {
      for (const value of [undefined, null, 'map', 7, {}, [1], document.body]) attempt(`box of ${String(value)}`, () => new carto.filter.BoundingBoxLeaflet(value));
    },
  },
  {
    name: 'A box of a Leaflet map follows it 550 ms after its last move, with one event and one request',
    rows: ['C-252', 'C-253', 'C-271', 'C-273'],
    async page({ carto, client, map, listen, settle, idle, wait, log }) {
      const leaflet = map();
      const box = listen(new carto.filter.BoundingBoxLeaflet(leaflet), 'box');
      const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), 'pop'), 'formula').addFilter(box);
      await settle('add', client().addDataview(formula));
      await idle(1000);
      let moved;
      box.on('boundsChanged', (bounds) => {
        const elapsed = performance.now() - moved;
        log('in time', elapsed > 500 && elapsed < 1200, bounds);
      });
      for (const lng of [10, 20, 30]) {
        leaflet.setView([0, lng], 3);
        moved = performance.now();
        await wait(100);
      }
      log('not yet', box.getBounds());
      await wait(1500);
      await idle(1000);
      log('followed', box.getBounds());
      leaflet.setZoom(2);
      moved = performance.now();
      await wait(1500);
      await idle(1000);
      log('zoomed', box.getBounds());
    },
  },
  {
    name: 'Two boxes of one Leaflet map both follow it',
    rows: ['C-251', 'C-253'],
    async page({ carto, map, listen, wait }) {
      const leaflet = map();
      listen(new carto.filter.BoundingBoxLeaflet(leaflet), 'first');
      listen(new carto.filter.BoundingBoxLeaflet(leaflet), 'second');
      leaflet.setView([5, 5], 5);
      await wait(1500);
    },
  },
  {
    name: 'A box of a Google map wants one',
    rows: ['C-255', 'C-414'],
    async page({ carto, attempt }) {
      for (const value of [undefined, null, 'map', 7, {}, [1]]) attempt(`box of ${String(value)}`, () => new carto.filter.BoundingBoxGoogleMaps(value));
    },
  },
  {
    name: 'A box of a Google map follows it 550 ms after its last move',
    rows: ['C-255…C-258', 'C-271', 'C-273'],
    async page({ carto, google, client, listen, settle, idle, wait, log }) {
      const map = new google.maps.Map(document.createElement('div'), {});
      const box = listen(new carto.filter.BoundingBoxGoogleMaps(map), 'box');
      log(box.type, box instanceof carto.filter.BoundingBoxGoogleMaps, typeof box.setBounds, box.getBounds());
      map.moveTo(-10, -20, 30, 40);
      map.moveTo(-11, -21, 31, 41);
      log('not yet', box.getBounds());
      await wait(1500);
      log('followed', box.getBounds());
      const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), 'pop'), 'formula').addFilter(box);
      await settle('add', client().addDataview(formula));
      await idle(1000);
      map.moveTo(170, -10, -170, 10);
      await wait(1500);
      await idle(1000);
      log(box.getBounds(), formula.getData());
    },
  },
  {
    name: 'A box of a Google map that has bounds already takes them at once',
    rows: ['C-256', 'C-273'],
    async page({ carto, google, log }) {
      const { LatLng, LatLngBounds, Map } = google.maps;
      const map = new Map(document.createElement('div'), { bounds: new LatLngBounds(new LatLng(-2, -1), new LatLng(4, 3)) });
      log(new carto.filter.BoundingBoxGoogleMaps(map).getBounds());
    },
    differs: {
      quirks: ['Q-26'],
      check({ reference, ours, assert }) {
        assert.deepEqual(reference.log, [[{ east: 0, north: 0, south: 0, west: 0 }]]);
        assert.deepEqual(ours.log, [[{ east: 3, north: 4, south: -2, west: -1 }]]);
      },
    },
  },
];
