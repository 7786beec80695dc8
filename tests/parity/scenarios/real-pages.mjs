// What real pages do that the description of CARTO.js has no row for: they print data, hang properties on objects, look again.
const EMPTY = { bin_width: 27.8, bins: [], bins_count: 1, bins_start: 7, nulls: 0, avg: 0, infinities: 0, nans: 0, type: 'histogram' };

export default [
  {
    name: 'data has its members in the order in which pages print them',
    rows: ['C-184', 'C-185'],
    async page({ carto, client, log, settle, idle }) {
      const source = new carto.source.Dataset('t');
      const { Formula, Category, Histogram, TimeSeries } = carto.dataview;
      const all = {
        formula: new Formula(source, 'a', { operation: 'sum' }),
        category: new Category(source, 'a', { limit: 2, operation: 'sum', operationColumn: 'b' }),
        histogram: new Histogram(source, 'a', { bins: 3 }),
        time: new TimeSeries(source, 'a', { aggregation: 'day' }),
      };
      const text = (data) => JSON.stringify(data, (_, value) => (Array.isArray(value) && value.length > 2 ? value.slice(0, 2) : value));
      for (const [name, view] of Object.entries(all)) view.on('dataChanged', (data) => log(name, 'dataChanged', text(data)));
      await settle('added', client().addDataviews(Object.values(all)));
      await idle();
      for (const [name, view] of Object.entries(all)) log(name, text(view.getData()));
      const at = Object.fromEntries(Object.entries(all).map(([name, view]) => [name, text(view.getData())]));
      all.category.setLimit(3);
      await idle();
      log('more categories', text(all.category.getData()), at.category.length);
    },
  },
  {
    name: 'dataviews that are disabled before they are added read once or never',
    rows: ['C-176'],
    async page({ carto, client, log, idle }) {
      const map = client();
      const source = new carto.source.Dataset('t');
      for (const type of ['Formula', 'Category', 'Histogram', 'TimeSeries']) {
        const view = new carto.dataview[type](source, 'a').disable();
        view.on('dataChanged', () => log(type, 'dataChanged'));
        view.on('statusChanged', (status) => log(type, status));
        await map.addDataview(view);
        await idle();
        log(type, view.isEnabled(), view.getStatus());
      }
    },
    differs: {
      quirks: ['Q-21'],
      check({ reference, ours, assert }) {
        const once = (type) => [[type, 'loading'], [type, 'dataChanged'], [type, 'loaded'], [type, false, 'loaded']];
        assert.deepEqual(ours.log, ['Formula', 'Category', 'Histogram', 'TimeSeries'].flatMap(once));
        // The map of the time series is a new one, for which the histogram asks again.
        const again = (entry) => entry[0] === 'Histogram' && entry[1] === 'dataChanged';
        assert.equal(reference.log.filter(again).length, 2);
      },
    },
  },
  {
    name: 'a histogram without rows has distribution S, whatever the number of bins says',
    rows: ['C-230'],
    answers: ({ kind }) => (kind === 'dataview' ? { body: EMPTY } : undefined),
    async page({ carto, client, log, idle, settle }) {
      for (const bins of [1, 3]) {
        const view = new carto.dataview.Histogram(new carto.source.Dataset('t'), 'a', { bins });
        await settle('added', client().addDataview(view));
        await idle();
        log(view.getDistributionType(), view.getData());
      }
    },
    differs: { quirks: ['Q-35'], check: ({ equal }) => equal('log') },
  },
  {
    name: 'Leaflet is looked for at every call',
    rows: ['C-101'],
    async page({ client, attempt }) {
      const map = client();
      map.getLeafletLayer();
      const { L } = window;
      for (const other of [undefined, { version: '0.7' }]) {
        window.L = other;
        attempt(`with ${JSON.stringify(other)}`, () => typeof map.getLeafletLayer());
      }
      window.L = L;
      attempt('again', () => typeof map.getLeafletLayer());
    },
  },
  {
    name: 'Google Maps are looked for at every call',
    rows: ['C-102'],
    async page({ client, attempt, google }) {
      const map = client();
      const target = new google.maps.Map(document.createElement('div'), { center: { lat: 0, lng: 0 }, zoom: 2 });
      map.getGoogleMapsMapType(target);
      for (const other of [undefined, { maps: { version: '3.10' } }, {}]) {
        window.google = other;
        attempt(`with ${JSON.stringify(other)}`, () => typeof map.getGoogleMapsMapType(target));
      }
      window.google = google;
      attempt('again', () => typeof map.getGoogleMapsMapType());
      attempt('no map', () => typeof client().getGoogleMapsMapType());
      attempt('a map later', () => typeof map.getGoogleMapsMapType(target));
    },
  },
  {
    name: 'pages hang properties of any name on objects',
    rows: ['C-084'],
    async page({ carto, client, layer, log, settle, idle }) {
      const names = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', '_', '$', 'free', 'name', 'id', 'title', 'index', 'data', 'color', 'key'];
      const marked = (object) => {
        for (const name of names) object[name] = `my ${name}`;
        return object;
      };
      const source = marked(new carto.source.Dataset('t'));
      const one = marked(new carto.layer.Layer(source, marked(new carto.style.CartoCSS('#layer { marker-width: 7; }'))));
      const map = marked(client());
      await settle('layer', map.addLayer(one));
      one.hide();
      one.show();
      await settle('columns', one.setFeatureOverColumns(['b']));
      const box = marked(new carto.filter.BoundingBox());
      box.setBounds({ west: 0, south: 0, east: 1, north: 1 });
      const view = marked(new carto.dataview.Formula(source, 'a'));
      view.addFilter(box);
      await settle('dataview', map.addDataview(view));
      await idle();
      view.setOperation('max');
      await idle();
      await settle('query', source.setTableName('u'));
      await settle('style', one.getStyle().setContent('#layer { marker-width: 8; }'));
      const rows = marked(new carto.filter.Category('a', { in: ['x'] }));
      source.addFilter(rows);
      await idle();
      map.getLeafletLayer();
      await settle('removed', map.removeLayer(one));
      for (const object of [source, one, one.getStyle(), map, box, view, rows]) log(names.every((name) => object[name] === `my ${name}`));
      const plain = layer('plain');
      log(Object.keys(plain).filter((name) => names.includes(name)));
    },
  },
  {
    name: 'a layer that was refused, and what is added after it',
    rows: ['C-074', 'C-084'],
    async page({ client, layer, listen, log, settle, idle }) {
      const map = listen(client(), 'client');
      const good = listen(layer('good'), 'good');
      const bad = listen(layer('bad', { css: '#layer { bad-rule: 1; }' }), 'bad');
      const last = listen(layer('last'), 'last');
      const add = async (one) => map.addLayer(one);
      await settle('good', add(good));
      await settle('bad', add(bad));
      log(map.getLayers());
      await settle('last', add(last));
      log(map.getLayers());
      await settle('bad again', add(bad));
      log(map.getLayers());
      await settle('mended', bad.getStyle().setContent('#layer { marker-width: 1; }'));
      log(map.getLayers());
      await settle('removed', map.removeLayer(bad));
      await idle();
      log(map.getLayers());
    },
  },
  {
    name: 'features that the pointer leaves have members without values',
    rows: ['C-150'],
    async page({ client, layer, map, log, idle }) {
      const shown = client();
      const place = map();
      shown.getLeafletLayer().addTo(place);
      const one = layer('one', { featureOverColumns: ['name'] });
      for (const name of ['featureEnter', 'featureOver', 'featureLeave', 'featureOut', 'featureClicked']) one.on(name, (event) => log(name, Object.keys(event).join(), event.data === undefined, event.latLng === undefined));
      await shown.addLayer(one);
      await idle(500);
      const at = (x) => {
        const containerPoint = window.L.point(x, 100);
        place.fire('mousemove', { latlng: place.containerPointToLatLng(containerPoint), containerPoint, layerPoint: containerPoint });
      };
      at(20);
      await idle(500);
      at(240);
      await idle(500);
    },
  },
  {
    name: 'rules of a style have the members that pages read',
    rows: ['C-160', 'C-161'],
    answers(request, usual) {
      if (request.kind !== 'map') return undefined;
      const answer = usual();
      const range = (start, end, value) => ({ filter: { type: 'range', start, end }, value });
      const category = (name, value) => ({ filter: { type: 'category', name }, value });
      const rules = [
        { prop: 'marker-width', column: 'pop', mapping: '>', buckets: [range(0, 10, 4), range(10, 25, 8)], stats: { filter_avg: 7 } },
        { prop: 'marker-fill', mapping: '=', buckets: [category('a', 'red'), { filter: { type: 'default' }, value: '#ccc' }], stats: {} },
      ];
      for (const one of answer.body.metadata?.layers ?? []) one.meta.cartocss_meta.rules = rules;
      return answer;
    },
    async page({ client, layer, log, idle }) {
      const one = layer('one');
      one.on('metadataChanged', ({ styles }) => {
        for (const rule of styles) {
          log(rule._type, rule._column, rule._mapping, rule._property, rule._buckets, rule._categories, rule._avg, rule._min, rule._max, rule._defaultValue, rule._stats);
          log(rule.getColumn(), rule.getColumn() === undefined, JSON.stringify(Object.keys(rule)));
          log(JSON.stringify(rule));
        }
      });
      await client().addLayer(one);
      await idle();
    },
  },
  {
    name: 'what a list of values becomes',
    rows: ['C-283'],
    async page({ carto, client, attempt, settle }) {
      for (const list of [[1, true], [false, 'a'], [{ a: 1 }], [['a', 'b'], 'c'], [NaN], []]) {
        const source = new carto.source.Dataset('t');
        attempt(JSON.stringify(list), () => source.addFilter(new carto.filter.Category('a', { in: list })));
        await settle('added', (async () => client().addLayer(new carto.layer.Layer(source, new carto.style.CartoCSS('#layer {}'))))());
      }
    },
  },
  {
    name: 'a list of values with a gap is refused when it is given',
    rows: ['C-283'],
    async page({ carto, attempt }) {
      for (const list of [['1', null], [null], [undefined, 'a']]) {
        const source = new carto.source.Dataset('t');
        attempt('made', () => source.addFilter(new carto.filter.Category('a', { in: list })));
        const filter = new carto.filter.Category('a', { in: ['b'] });
        new carto.source.Dataset('t').addFilter(filter);
        attempt('set', () => filter.set('notIn', list));
        attempt('set all', () => new carto.filter.Category('a', {}).setFilters({ in: list }));
      }
    },
    differs: {
      quirks: ['is refused when it is given'],
      check({ reference, ours, assert }) {
        const made = reference.log.filter(([label]) => label === 'made');
        assert.ok(made.length === 3 && made.every(([, how, what]) => how === 'throws' && what.TypeError));
        assert.ok(ours.log.every(([, how, what]) => how === 'throws' && what.CartoError.code === 'validation:filter:invalid-parameter-type'));
      },
    },
  },
];
