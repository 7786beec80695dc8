// What all dataviews have in common (spec 2.10, 3.3, 3.5).
export default [
  {
    name: 'Every dataview checks source, column and options in this order',
    rows: ['C-189', 'C-352…C-355'],
    async page({ carto, attempt }) {
      const source = new carto.source.Dataset('t');
      for (const type of ['Formula', 'Category', 'Histogram', 'TimeSeries']) {
        const View = carto.dataview[type];
        const made = (...values) => attempt(`${type} ${values.map((value) => (value === source ? 'source' : JSON.stringify(value))).join()}`, () => new View(...values).getColumn());
        for (const bad of [undefined, null, {}, 'SELECT 1', 7]) made(bad, 'a');
        for (const bad of [undefined, null, 7, {}, [], '', true]) made(source, bad);
        // A new object each time: CARTO.js writes into it.
        for (const [from, column] of [[undefined, undefined], [source, undefined], [source, 7], [source, ''], [source, 'a']]) {
          attempt(`${type} with bad options ${column}`, () => new View(from, column, { operation: 'x', limit: 0, bins: 0, aggregation: 'x' }));
        }
        made(source, ' ');
      }
    },
  },
  {
    name: 'Every dataview starts enabled, not loaded, without data, on its source and column',
    rows: ['C-171…C-179', 'C-184'],
    async page({ carto, tag, log }) {
      for (const source of [tag(new carto.source.Dataset('t'), 'dataset'), tag(new carto.source.SQL('SELECT 1'), 'query')]) {
        for (const type of ['Formula', 'Category', 'Histogram', 'TimeSeries']) {
          const view = new carto.dataview[type](source, 'a');
          log(type, view.getStatus(), view.isLoading(), view.isLoaded(), view.hasError(), view.isEnabled(), view.getSource(), view.getColumn(), view.getData());
          log(view.disable() === view, view.isEnabled(), view.disable() === view, view.enable() === view, view.isEnabled(), view.enable() === view);
        }
      }
      log(carto.dataview.status);
    },
  },
  {
    name: 'Options objects are not written into',
    rows: ['C-190'],
    async page({ carto, log }) {
      const source = new carto.source.Dataset('t');
      for (const type of ['Formula', 'Category', 'Histogram', 'TimeSeries']) {
        const options = { foo: 1 };
        const view = new carto.dataview[type](source, 'a', options);
        log(type, options, view.getColumn());
      }
    },
    differs: {
      quirks: ['Q-45'],
      check({ reference, ours, assert }) {
        const options = ({ log }) => log.map(([, value]) => Object.keys(value).filter((key) => key !== 'foo'));
        assert.deepEqual(options(reference), [['operation'], ['limit', 'operation', 'operationColumn'], ['bins'], ['aggregation', 'offset', 'useLocalTimezone']]);
        assert.deepEqual(options(ours), [[], [], [], []]);
      },
    },
  },
  {
    name: 'setColumn of an unattached dataview checks, stores and is silent',
    rows: ['C-179', 'C-180', 'C-188', 'C-353…C-355'],
    async page({ carto, listen, attempt, log }) {
      for (const type of ['Formula', 'Category', 'TimeSeries']) {
        const view = listen(new carto.dataview[type](new carto.source.Dataset('t'), 'a'), type);
        log(view.setColumn('b') === view, view.getColumn());
        for (const column of [undefined, null, 7, {}, '']) attempt(`column ${JSON.stringify(column)}`, () => view.setColumn(column) === view);
        log(view.getColumn());
      }
    },
  },
  {
    name: 'setColumn of an attached dataview tells columnChanged, reloads and asks again, once for several changes',
    rows: ['C-180', 'C-188', 'C-192', 'C-196'],
    async page({ carto, client, listen, settle, idle, log }) {
      const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), 'a', { operation: 'sum' }), 'formula');
      await settle('add', listen(client(), 'client').addDataview(formula));
      await idle(1000);
      log(formula.setColumn('a') === formula);
      formula.setColumn('b');
      log(formula.setColumn('c') === formula, formula.getColumn(), formula.getStatus());
      await idle(1000);
      log(formula.getData());
    },
  },
  {
    name: 'Dataviews take spatial filters only',
    rows: ['C-181…C-183', 'C-356'],
    async page({ carto, attempt }) {
      const { filter } = carto;
      for (const type of ['Formula', 'Category', 'Histogram', 'TimeSeries']) {
        const view = new carto.dataview[type](new carto.source.Dataset('t'), 'a');
        const all = {
          nothing: undefined, null: null, object: {}, text: 'x',
          category: new filter.Category('a', { in: ['b'] }), range: new filter.Range('a', { gt: 1 }),
        };
        for (const [name, value] of Object.entries(all)) {
          for (const method of ['addFilter', 'removeFilter', 'hasFilter']) attempt(`${type}.${method} ${name}`, () => (view[method](value) === view ? 'this' : Boolean(view[method](value))));
        }
      }
    },
  },
  {
    name: 'Filters of several filters are no spatial filters',
    rows: ['C-181…C-183', 'C-415'],
    async page({ carto, attempt }) {
      for (const type of ['Formula', 'Category', 'Histogram', 'TimeSeries']) {
        const view = new carto.dataview[type](new carto.source.Dataset('t'), 'a');
        for (const kind of ['AND', 'OR']) {
          const value = new carto.filter[kind]([]);
          for (const method of ['addFilter', 'removeFilter', 'hasFilter']) attempt(`${type}.${method} ${kind}`, () => Boolean(view[method](value)));
        }
      }
    },
    differs: {
      quirks: ['filters of rows given to dataviews'],
      check({ reference, ours, assert }) {
        const message = 'The filter is not a valid spatial filter.';
        assert.deepEqual(ours.log.map((entry) => entry.slice(0, 2)), reference.log.map((entry) => entry.slice(0, 2)));
        for (const [index, [, how, thrown]] of reference.log.entries()) {
          assert.deepEqual(how === 'throws' ? [thrown.Error, ours.log[index][2].CartoError.message] : [thrown, ours.log[index][2]], how === 'throws' ? [message, message] : [false, false]);
        }
      },
    },
  },
  {
    name: 'addFilter and removeFilter chain; every kind of filter has a place of its own; only the own filter is removed',
    rows: ['C-181…C-183'],
    async page({ carto, client, settle, idle, log }) {
      const { BoundingBox, Circle, Polygon } = carto.filter;
      const bounds = { west: 1, south: 2, east: 3, north: 4 };
      const filters = [new BoundingBox().setBounds(bounds), new Circle(), new Polygon(), new BoundingBox().setBounds(bounds)];
      const formula = new carto.dataview.Formula(new carto.source.Dataset('t'), 'a');
      const state = (label) => log(label, filters.map((filter) => Boolean(formula.hasFilter(filter))));
      await settle('add', client().addDataview(formula));
      await idle(1000);
      state('none');
      for (const [index, filter] of filters.entries()) {
        log(formula.addFilter(filter) === formula);
        state(`added ${index}`);
      }
      log(formula.removeFilter(filters[0]) === formula);
      state('removing the replaced one');
      log(formula.removeFilter(filters[3]) === formula, formula.removeFilter(filters[3]) === formula);
      state('removed the box');
      formula.removeFilter(filters[1]).removeFilter(filters[2]);
      state('removed all');
    },
    differs: {
      quirks: ['Q-30'],
      check({ reference, ours, assert, equal }) {
        ['log', 'maps', 'errors'].forEach(equal);
        assert.ok(ours.dataviews['dataview/formula-c1'].length > 0 && reference.dataviews['dataview/formula-c1'].length > 0);
      },
    },
  },
  {
    name: 'What hasFilter says before a dataview is attached',
    rows: ['C-183'],
    async page({ carto, log }) {
      const box = new carto.filter.BoundingBox();
      const formula = new carto.dataview.Formula(new carto.source.Dataset('t'), 'a');
      log(Boolean(formula.hasFilter(box)));
      formula.addFilter(box);
      log(Boolean(formula.hasFilter(box)));
      formula.removeFilter(box);
      log(Boolean(formula.hasFilter(box)));
    },
    differs: {
      quirks: ['Q-44'],
      check({ reference, ours, assert }) {
        assert.deepEqual(reference.log, [[false], [false], [false]]);
        assert.deepEqual(ours.log, [[false], [true], [false]]);
      },
    },
  },
  {
    name: 'Filters that were added before a dataview is attached count, and removed ones do not',
    rows: ['C-181', 'C-182', 'C-202'],
    async page({ carto, client, settle, idle, log }) {
      const source = new carto.source.Dataset('t');
      const box = new carto.filter.BoundingBox().setBounds({ west: 1, south: 2, east: 3, north: 4 });
      const kept = new carto.dataview.Formula(source, 'a').addFilter(box);
      const removed = new carto.dataview.Formula(source, 'b').addFilter(box).removeFilter(box);
      for (const formula of [kept, removed]) {
        await settle('add', client().addDataview(formula));
        await idle(1000);
        log(Boolean(formula.hasFilter(box)), formula.getData());
      }
    },
  },
  {
    name: 'A bounding box that is added to or removed from a loaded dataview asks again; the same one once more does not',
    rows: ['C-181', 'C-182', 'C-192'],
    async page({ carto, client, listen, settle, idle, log }) {
      const box = new carto.filter.BoundingBox().setBounds({ west: 1, south: 2, east: 3, north: 4 });
      const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), 'a'), 'formula');
      await settle('add', listen(client(), 'client').addDataview(formula));
      await idle(1000);
      for (const method of ['addFilter', 'addFilter', 'removeFilter', 'removeFilter']) {
        log(method);
        formula[method](box);
        await idle(1000);
        log(formula.getData());
      }
    },
  },
  {
    name: 'A circle that is added to or removed from a loaded dataview',
    rows: ['C-181', 'C-182'],
    async page({ carto, client, listen, settle, idle, log }) {
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), 'a'), 'formula');
      await settle('add', client().addDataview(formula));
      await idle(1000);
      formula.addFilter(circle);
      await idle(1000);
      log('added', formula.getData().result > 0);
      circle.setCircle({ lat: 1, lng: 2, radius: 4 });
      await idle(1000);
      log('changed', formula.getData());
      formula.removeFilter(circle);
      await idle(1000);
    },
    differs: {
      quirks: ['Q-28'],
      check({ reference, ours, assert, equal }) {
        const radii = ({ dataviews }) => dataviews['dataview/formula-c1'].map(({ circle }) => (circle ? JSON.parse(circle).radius : 'none'));
        assert.deepEqual(radii(reference), ['none', 4]);
        assert.deepEqual(radii(ours), ['none', 3, 4, 'none']);
        const changed = ({ log }) => log.find(([what]) => what === 'changed');
        assert.deepEqual(changed(ours), changed(reference));
        ['maps', 'errors'].forEach(equal);
      },
    },
  },
  {
    name: 'Another bounding box in the place of one',
    rows: ['C-181'],
    async page({ carto, client, settle, idle }) {
      const [first, second] = [1, 2].map((west) => new carto.filter.BoundingBox().setBounds({ west, south: 2, east: 3, north: 4 }));
      const formula = new carto.dataview.Formula(new carto.source.Dataset('t'), 'a').addFilter(first);
      await settle('add', client().addDataview(formula));
      await idle(1000);
      formula.addFilter(second);
      await idle(1000);
      first.setBounds({ west: 10, south: 2, east: 30, north: 4 });
      await idle(1000);
      second.setBounds({ west: 20, south: 2, east: 30, north: 4 });
      await idle(1000);
    },
    differs: {
      quirks: ['Q-30'],
      check({ reference, ours, assert, equal }) {
        const boxes = ({ dataviews }) => dataviews['dataview/formula-c1'].map(({ bbox }) => bbox);
        assert.deepEqual(boxes(reference), ['1,2,3,4', '20,2,30,4']);
        assert.deepEqual(boxes(ours), ['1,2,3,4', '2,2,3,4', '20,2,30,4']);
        ['log', 'maps', 'errors'].forEach(equal);
      },
    },
  },
  {
    name: 'A change of the map asks dataviews again when their address changed, and not otherwise',
    rows: ['C-192'],
    async page({ carto, client, layer, listen, settle, idle }) {
      const source = new carto.source.SQL('SELECT 0');
      const formula = listen(new carto.dataview.Formula(source, 'a'), 'formula');
      const map = listen(client(), 'client');
      await settle('add', map.addDataview(formula));
      await idle(1000);
      await settle('nothing new', map.addLayers([]));
      await idle(1000);
      await settle('the same query', source.setQuery('SELECT 0'));
      await idle(1000);
      await settle('another layer', map.addLayer(layer('l')));
      await idle(1000);
      await settle('another query', source.setQuery('SELECT 1'));
      await idle(1000);
    },
  },
  {
    name: 'A disabled dataview asks no more, and catches up when it is enabled',
    rows: ['C-175…C-177', 'C-192'],
    async page({ carto, client, listen, settle, idle, log }) {
      const source = new carto.source.SQL('SELECT 0');
      const box = new carto.filter.BoundingBox().setBounds({ west: 1, south: 2, east: 3, north: 4 });
      const formula = listen(new carto.dataview.Formula(source, 'a').addFilter(box), 'formula');
      await settle('add', client().addDataview(formula));
      await idle(1000);
      formula.disable();
      await settle('query', source.setQuery('SELECT 1'));
      await idle(1000);
      box.setBounds({ west: 10, south: 2, east: 30, north: 4 });
      await idle(1000);
      log('disabled', formula.isEnabled(), formula.getStatus(), formula.getData());
      log(formula.enable() === formula, formula.isEnabled(), formula.getStatus());
      await idle(1000);
      log('enabled', formula.getData());
      await settle('query', source.setQuery('SELECT 2'));
      await idle(1000);
      log(formula.getData());
    },
  },
  {
    name: 'A disabled dataview catches up with its filter alone',
    rows: ['C-175', 'C-176'],
    async page({ carto, client, listen, settle, idle, log }) {
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const category = listen(new carto.dataview.Category(new carto.source.Dataset('t'), 'a').addFilter(circle), 'category');
      await settle('add', client().addDataview(category));
      await idle(1000);
      category.disable();
      circle.setCircle({ lat: 1, lng: 2, radius: 4 });
      circle.setCircle({ lat: 1, lng: 2, radius: 5 });
      await idle(1000);
      log('disabled');
      category.enable();
      await idle(1000);
      log(category.getData());
    },
  },
  {
    name: 'A histogram that was disabled catches up with its filter',
    rows: ['C-175', 'C-176'],
    async page({ carto, client, listen, settle, idle, log }) {
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const histogram = listen(new carto.dataview.Histogram(new carto.source.Dataset('t'), 'a', { bins: 4 }).addFilter(circle), 'histogram');
      await settle('add', client().addDataview(histogram));
      await idle(1000);
      histogram.disable();
      circle.setCircle({ lat: 1, lng: 2, radius: 4 });
      await idle(1000);
      log('disabled');
      histogram.enable();
      await idle(1000);
      log(histogram.getData());
    },
  },
  {
    name: 'A dataview that is disabled before its first address asks once all the same',
    rows: ['C-176', 'C-191'],
    async page({ carto, client, listen, settle, idle, log }) {
      const source = new carto.source.SQL('SELECT 0');
      const formula = listen(new carto.dataview.Formula(source, 'a'), 'formula').disable();
      await settle('add', client().addDataview(formula));
      await idle(1000);
      log(formula.isEnabled(), formula.getData());
      await settle('query', source.setQuery('SELECT 1'));
      await idle(1000);
      log(formula.getStatus(), formula.getData());
    },
  },
  {
    name: 'A disabled histogram, when the map changes',
    rows: ['C-176', 'C-192'],
    async page({ carto, client, settle, idle }) {
      const source = new carto.source.SQL('SELECT 0');
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const histogram = new carto.dataview.Histogram(source, 'a', { bins: 4 }).addFilter(circle);
      await settle('add', client().addDataview(histogram));
      await idle(1000);
      histogram.disable();
      await settle('query', source.setQuery('SELECT 1'));
      await idle(1000);
    },
    differs: {
      quirks: ['Q-21'],
      check({ reference, ours, assert, equal }) {
        assert.equal(reference.dataviews['dataview/histogram-c1'].length, 4);
        assert.equal(ours.dataviews['dataview/histogram-c1'].length, 2);
        ['log', 'maps', 'errors'].forEach(equal);
      },
    },
  },
  {
    name: 'A disabled dataview, when another one changes its column',
    rows: ['C-176', 'C-196'],
    async page({ carto, client, settle, idle, log }) {
      const source = new carto.source.SQL('SELECT 0');
      const [first, second] = ['a', 'b'].map((column) => new carto.dataview.Formula(source, column));
      await settle('add', client().addDataviews([first, second]));
      await idle(1000);
      second.disable();
      first.setColumn('c');
      await idle(1000);
      log(first.getData());
    },
    differs: {
      quirks: ['Q-22'],
      check({ reference, ours, assert, equal }) {
        const times = ({ dataviews }) => ['dataview/formula-c1', 'dataview/formula-c2'].map((path) => dataviews[path].length);
        assert.deepEqual(times(reference), [2, 2]);
        assert.deepEqual(times(ours), [2, 1]);
        ['log', 'maps', 'errors'].forEach(equal);
      },
    },
  },
  {
    name: 'A dataview whose first answer was a failure, at later changes of the map',
    rows: ['C-193'],
    answers: ({ kind, number }) => (kind === 'dataview' && number === 1 ? { status: 400, body: { errors: ['no way'] } } : undefined),
    async page({ carto, client, listen, settle, idle, log }) {
      const source = new carto.source.SQL('SELECT 0');
      const formula = listen(new carto.dataview.Formula(source, 'a'), 'formula');
      await settle('add', client().addDataview(formula));
      await idle(1000);
      log(formula.getStatus());
      await settle('query', source.setQuery('SELECT 1'));
      await idle(1000);
      log(formula.getStatus());
    },
    differs: {
      quirks: ['Q-20'],
      check({ reference, ours, assert, equal }) {
        assert.equal(reference.dataviews['dataview/formula-c1'].length, 1);
        assert.equal(ours.dataviews['dataview/formula-c1'].length, 2);
        assert.deepEqual([reference.log.at(-1), ours.log.at(-1)], [['error'], ['loaded']]);
        ['maps', 'errors'].forEach(equal);
      },
    },
  },
  {
    name: 'A dataview whose later answer was a failure asks at the next change of the map',
    rows: ['C-174', 'C-186', 'C-187', 'C-192'],
    answers: ({ kind, number }) => (kind === 'dataview' && number === 2 ? { status: 400, body: { errors: ['no way'] } } : undefined),
    async page({ carto, client, listen, settle, idle, log }) {
      const source = new carto.source.SQL('SELECT 0');
      const formula = listen(new carto.dataview.Formula(source, 'a'), 'formula');
      await settle('add', client().addDataview(formula));
      await idle(1000);
      for (const step of [1, 2]) {
        await settle(`query ${step}`, source.setQuery(`SELECT ${step}`));
        await idle(1000);
        log(formula.getStatus(), formula.hasError(), formula.isLoaded(), formula.getData());
      }
    },
  },
  {
    name: 'Changes before the first answer of the map are asked for once the address is known',
    rows: ['C-194'],
    answers: ({ kind }, usual) => (kind === 'map' ? { ...usual(), delay: 400 } : undefined),
    async page({ carto, client, settle, idle, wait, log }) {
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const category = new carto.dataview.Category(new carto.source.Dataset('t'), 'a').addFilter(circle);
      const added = settle('add', client().addDataview(category));
      await wait(250);
      category.setLimit(3);
      circle.setCircle({ lat: 1, lng: 2, radius: 4 });
      await added;
      await idle(1000);
      log(category.getStatus());
    },
    differs: {
      quirks: ['Q-24'],
      check({ reference, ours, assert, equal }) {
        assert.ok(reference.strays.length > 0);
        assert.ok(reference.strays.some((stray) => stray.includes('api_key=default_public')));
        assert.deepEqual(ours.strays, []);
        const [last] = ours.dataviews['dataview/category-c1'];
        assert.deepEqual([last.categories, last.circle], ['3', '{"lat":1,"lng":2,"radius":4}']);
        ['maps'].forEach(equal);
      },
    },
  },
  {
    name: 'A newer request of a dataview silences the older one',
    rows: ['C-195'],
    answers: ({ kind, query }, usual) => (kind === 'dataview' && query.bbox === '1,2,3,4' ? { ...usual(), delay: 1500 } : undefined),
    async page({ carto, client, listen, settle, idle, wait, log }) {
      const box = new carto.filter.BoundingBox().setBounds({ west: 0, south: 2, east: 3, north: 4 });
      const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), 'a').addFilter(box), 'formula');
      await settle('add', client().addDataview(formula));
      await idle(1000);
      box.setBounds({ west: 1, south: 2, east: 3, north: 4 });
      await wait(600);
      log(formula.getStatus());
      box.setBounds({ west: 2, south: 2, east: 3, north: 4 });
      await idle(1000);
      await wait(1500);
      log(formula.getStatus(), formula.getData());
    },
  },
  {
    name: 'A change of the map silences the request of the old map, and a late failure too',
    rows: ['C-195', 'C-192'],
    answers: ({ kind, number }) => (kind === 'dataview' && number === 2 ? { status: 500, body: 'late', delay: 1500 } : undefined),
    async page({ carto, client, listen, settle, idle, wait, log }) {
      const source = new carto.source.SQL('SELECT 0');
      const formula = listen(new carto.dataview.Formula(source, 'a'), 'formula');
      await settle('add', client().addDataview(formula));
      await idle(1000);
      await settle('query', source.setQuery('SELECT 1'));
      await wait(600);
      await settle('query', source.setQuery('SELECT 2'));
      await idle(1000);
      await wait(1500);
      log(formula.getStatus(), formula.getData());
    },
  },
  {
    name: 'A dataview tells failures as a status with what the server said, then as an error',
    rows: ['C-174', 'C-186', 'C-187'],
    answers: ({ kind }) => (kind === 'dataview' ? { status: 400, body: { errors: ['no way'], errors_with_context: [{ type: 'unknown', subtype: 's', message: 'no way', context: { a: 1 } }] } } : undefined),
    async page({ carto, client, listen, settle, idle, log }) {
      const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), 'a'), 'formula');
      formula.on('statusChanged', (status, raw) => log('inside', status, formula.getStatus(), formula.hasError(), raw instanceof Error, raw));
      formula.on('error', (error, ...more) => log('inside error', formula.getStatus(), error instanceof Error, more));
      await settle('add', listen(client(), 'client').addDataview(formula));
      await idle(1000);
      log(formula.getStatus(), formula.isLoading(), formula.isLoaded(), formula.hasError(), formula.getData().result);
    },
  },
  {
    name: 'Dataviews of a source that fails are told so, each, before the client',
    rows: ['C-186', 'C-187'],
    ordered: true,
    async page({ carto, client, listen, settle, idle, log }) {
      const source = listen(new carto.source.SQL('SELECT 0'), 'source');
      const other = new carto.source.SQL('SELECT 10');
      const views = [['first', source], ['second', source], ['other', other]].map(([name, from]) => listen(new carto.dataview.Formula(from, 'a'), name));
      const map = listen(client(), 'client');
      for (const view of views) {
        await settle('add', map.addDataview(view));
        view.disable();
        await idle(1000);
      }
      await settle('bad query', source.setQuery('SELECT * FROM no_such_table'));
      await idle(1000);
      log(views.map((view) => view.getStatus()));
    },
  },
  {
    name: 'A removed dataview is disabled and needs to be enabled when it is added again',
    rows: ['C-175…C-177'],
    async page({ carto, client, listen, settle, idle, log }) {
      const source = new carto.source.SQL('SELECT 0');
      const formula = listen(new carto.dataview.Formula(source, 'a'), 'formula');
      const map = client();
      await settle('add', map.addDataview(formula));
      await idle(1000);
      await settle('remove', map.removeDataview(formula));
      await idle(1000);
      log(formula.isEnabled(), formula.getStatus(), formula.getData());
      await settle('query', source.setQuery('SELECT 1'));
      await idle(1000);
      await settle('again', map.addDataview(formula));
      await idle(1000);
      log(formula.isEnabled(), formula.getStatus());
      formula.enable();
      await idle(1000);
      log(formula.getStatus(), formula.getData());
    },
  },
];
