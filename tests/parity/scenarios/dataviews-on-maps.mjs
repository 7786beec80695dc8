// Dataviews while maps change, fail and leave (spec 3.3, 3.5).
export default [
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
