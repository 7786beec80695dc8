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
];
