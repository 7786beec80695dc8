// carto.source.Dataset and carto.source.SQL (spec 2.5).
export default [
  {
    name: 'sources are numbered together, and refused ones take no number',
    rows: ['C-095', 'C-103', 'C-107'],
    async page({ carto, client, attempt, settle, log }) {
      const { SQL, Dataset } = carto.source;
      const sources = [new SQL('SELECT 1'), new Dataset('t'), new SQL('SELECT 2')];
      attempt('query', () => new SQL(''));
      attempt('table', () => new Dataset(''));
      sources.push(new Dataset('u'), new SQL('SELECT 1'));
      log(sources.map((source) => source.getId()));
      const layers = sources.map((source) => new carto.layer.Layer(source, new carto.style.CartoCSS('#layer {}')));
      await settle('add', client().addLayers(layers.reverse()));
      log(sources[0].getId() === sources[0].getId());
    },
  },
  {
    name: 'tables are texts that are not empty',
    rows: ['C-103', 'C-104', 'C-105', 'C-337…C-339'],
    async page({ carto, attempt, log }) {
      const { Dataset } = carto.source;
      const names = [undefined, null, '', 0, 5, true, false, ['t'], {}, NaN, () => {}, new Date(0)];
      for (const [index, name] of names.entries()) attempt(`${index}`, () => new Dataset(name).getTableName());
      for (const name of ['t', ' ', '\n  ne_10m\n  ', 'schema.table', '"Weird Name"', 't; DROP', 'ü']) attempt('name', () => new Dataset(name).getTableName());
      const dataset = new Dataset('t');
      for (const [index, name] of names.entries()) attempt(`set ${index}`, () => dataset.setTableName(name));
      log(dataset.getTableName());
    },
  },
  {
    name: 'queries are texts that are not empty',
    rows: ['C-107…C-109', 'C-335', 'C-336'],
    async page({ carto, attempt, log }) {
      const { SQL } = carto.source;
      const queries = [undefined, null, '', 0, 5, true, false, ['SELECT 1'], {}, NaN, () => {}, new Date(0)];
      for (const [index, query] of queries.entries()) attempt(`${index}`, () => new SQL(query).getQuery());
      for (const query of [' ', '\n  SELECT *\n  FROM t;\n', 'SELECT \'\' "x"', '-- ü', '{{ sql }}']) attempt('query', () => new SQL(query).getQuery());
      const sql = new SQL('SELECT 1');
      for (const [index, query] of queries.entries()) attempt(`set ${index}`, () => sql.setQuery(query));
      log(sql.getQuery());
    },
  },
  {
    name: 'tables and queries are sent as they are, in front of nothing',
    rows: ['C-103', 'C-107', 'C-111'],
    async page({ carto, client, settle }) {
      const { SQL, Dataset } = carto.source;
      const sources = [
        new Dataset('t'), new Dataset('\n  ne_10m\n  '), new Dataset('schema."T"'), new SQL('SELECT * FROM t;'), new SQL('\n  SELECT *\n  FROM t -- all\n'), new SQL('SELECT \'a\'\'b\' AS "x", \'ü\''),
        new SQL(' '), new SQL('SELECT {{x}} <%= y %> $1'),
      ];
      await settle('add', client().addLayers(sources.map((source) => new carto.layer.Layer(source, new carto.style.CartoCSS('#layer {}')))));
    },
  },
  {
    name: 'filters wrap tables and queries',
    rows: ['C-111', 'C-096', 'C-098'],
    async page({ carto, client, settle }) {
      const { SQL, Dataset } = carto.source;
      const { Category, Range, AND, OR } = carto.filter;
      const [a, c, empty] = [new Category('a', { eq: 'x' }), new Range('c', { gt: 1, lt: 5 }), new Category('e', {})];
      const lists = [[], [a], [a, c], [c, a], [empty], [empty, a], [new AND([])], [new OR([a, c])], [new OR([a, c]), c], [new AND([a, c])], [new AND([a, new OR([c, empty])]), empty]];
      const sources = lists.flatMap((filters) => [new SQL('SELECT * FROM t'), new Dataset('t')].map((source) => {
        source.addFilters(filters);
        return source;
      }));
      await settle('add', client().addLayers(sources.map((source) => new carto.layer.Layer(source, new carto.style.CartoCSS('#layer {}')))));
    },
  },
  {
    name: 'filters of a source on no client',
    rows: ['C-096…C-100', 'C-382'],
    async page({ carto, listen, attempt, log, tag }) {
      const { Category, Range, AND, OR, BoundingBox, Circle } = carto.filter;
      for (const source of [listen(new carto.source.SQL('SELECT 1'), 'sql'), listen(new carto.source.Dataset('t'), 'dataset')]) {
        const all = { category: new Category('a', {}), range: new Range('b', {}), and: new AND([]), or: new OR([]) };
        for (const [name, filter] of Object.entries(all)) tag(filter, name);
        const live = source.getFilters();
        log(live, live === source.getFilters());
        for (const filter of Object.values(all)) attempt('add', () => source.addFilter(filter));
        attempt('again', () => source.addFilter(all.category));
        log(source.getFilters(), live);
        attempt('remove', () => source.removeFilter(all.range));
        attempt('remove what is not there', () => source.removeFilter(all.range));
        for (const wrong of [undefined, null, 5, 'a = 1', {}, []]) attempt(`remove ${JSON.stringify(wrong)}`, () => source.removeFilter(wrong));
        log(source.getFilters());
        for (const wrong of [undefined, null, 5, 'a = 1', {}, [], Category, new BoundingBox(), new Circle(), source]) attempt('wrong', () => source.addFilter(wrong));
        log(source.getFilters());
        attempt('list', () => source.addFilters([all.range, all.range, all.and]));
        log(source.getFilters());
        attempt('a list with something wrong', () => source.addFilters([{}]));
        attempt('removed', () => source.removeFilters([all.or, all.category, all.or]));
        log(source.getFilters());
        attempt('no list', () => source.addFilters());
        attempt('removed no list', () => source.removeFilters());
        attempt('empty list', () => source.addFilters([]));
        attempt('removed an empty list', () => source.removeFilters([]));
        log(source.getFilters());
      }
    },
  },
  {
    name: 'removeFilters takes the live list',
    rows: ['C-100'],
    async page({ carto, log }) {
      const source = new carto.source.SQL('SELECT 1');
      source.addFilters(['a', 'b', 'c', 'd'].map((column) => new carto.filter.Category(column, {})));
      source.removeFilters(source.getFilters());
      log(source.getFilters().length);
    },
    differs: {
      quirks: ['Q-07'],
      check({ reference, ours, assert }) {
        assert.deepEqual([reference.log, ours.log], [[[2]], [[0]]]);
      },
    },
  },
  {
    name: 'adding and removing filters of a source on a map asks for it',
    rows: ['C-097…C-100', 'C-111'],
    async page({ carto, client, layer, listen, settle, wait, idle, log }) {
      const map = listen(client(), 'client');
      const a = layer('a');
      const source = a.getSource();
      await settle('add', map.addLayer(a));
      const { Category, Range } = carto.filter;
      const [one, two, three] = [new Category('one', { eq: 'x' }), new Range('two', { gt: 1 }), new Category('three', {})];
      const steps = {
        'one': () => source.addFilter(one), 'one again': () => source.addFilter(one), 'two and three': () => source.addFilters([two, three]), 'not one': () => source.removeFilter(one),
        'not one again': () => source.removeFilter(one), 'none': () => source.removeFilters([two, three]), 'change of a removed one': () => one.set('eq', 'y'),
      };
      for (const [label, step] of Object.entries(steps)) {
        log(label, step(), source.getQuery());
        await wait(250);
        await idle();
        await a.getStyle().setContent(`#layer { ${label}: 1; }`);
      }
    },
  },
  {
    name: 'a filter that is added or removed tells the query once',
    rows: ['C-097', 'C-099', 'C-106', 'C-110'],
    async page({ carto, client, listen, settle, wait, idle, log }) {
      const map = client();
      const [sql, dataset] = [listen(new carto.source.SQL('SELECT 1'), 'sql'), listen(new carto.source.Dataset('t'), 'dataset')];
      await settle('add', map.addLayers([sql, dataset].map((source) => new carto.layer.Layer(source, new carto.style.CartoCSS('#layer {}')))));
      const filter = new carto.filter.Category('c', { eq: 'x' });
      for (const source of [sql, dataset]) {
        for (const method of ['addFilter', 'removeFilter']) {
          log(method);
          source[method](filter);
          await wait(250);
          await idle();
        }
      }
    },
    differs: {
      quirks: ['Q-06'],
      check({ reference, ours, assert, equal }) {
        equal('maps');
        const told = [
          ['sql', 'queryChanged', 'SELECT * FROM (SELECT 1) as originalQuery WHERE c = \'x\''], ['sql', 'queryChanged', 'SELECT 1'],
          ['dataset', 'tableNameChanged', 't'], ['dataset', 'tableNameChanged', 't'],
        ];
        const events = ({ log }) => log.filter(([, event]) => /Changed$/.test(event));
        assert.deepEqual(events(reference), told.flatMap((event) => [event, event]));
        assert.deepEqual(events(ours), told);
      },
    },
  },
  {
    name: 'a filter of a source that the server refuses is told by events',
    rows: ['C-097', 'C-099', 'C-101'],
    async page({ carto, client, layer, listen, settle, wait, idle }) {
      const map = listen(client(), 'client');
      const a = layer('a');
      const source = listen(a.getSource(), 'source');
      await settle('add', map.addLayer(a));
      source.addFilter(new carto.filter.Category('no_such_table', { eq: 'x' }));
      await wait(250);
      await idle();
    },
    differs: {
      quirks: ['Q-06'],
      check({ reference, ours, assert, equal }) {
        equal('maps');
        equal('log');
        assert.equal(reference.errors.length, 2);
        assert.deepEqual(ours.errors, []);
      },
    },
  },
  {
    name: 'the change of a filter at any depth asks once and tells the query once',
    rows: ['C-102', 'C-106', 'C-110', 'C-281', 'C-306', 'C-312'],
    async page({ carto, client, listen, settle, wait, idle, log }) {
      const map = listen(client(), 'client');
      const { Category, Range, AND, OR } = carto.filter;
      const [direct, deep, deepest] = [new Category('a', { eq: 'x' }), new Range('b', { gt: 1 }), new Category('c', { in: ['1'] })];
      const inner = new AND([deepest]);
      const outer = new OR([deep, inner]);
      const [sql, dataset] = [listen(new carto.source.SQL('SELECT 1'), 'sql'), listen(new carto.source.Dataset('t'), 'dataset')];
      sql.addFilters([direct, outer]);
      dataset.addFilter(deepest);
      const style = new carto.style.CartoCSS('#layer {}');
      const formula = new carto.dataview.Formula(sql, 'c');
      await settle('add', Promise.all([map.addLayers([sql, dataset].map((source) => new carto.layer.Layer(source, style))), map.addDataview(formula)]));
      await idle();
      const steps = {
        'direct': () => direct.set('eq', 'y'), 'deep': () => deep.setFilters({ lt: 5 }), 'deepest, in both': () => deepest.set('in', ['2']), 'none': () => deep.resetFilters(),
        'more': () => inner.addFilter(new Category('d', { like: '%' })), 'less': () => inner.removeFilter(deepest), 'what was taken out': () => deepest.set('in', ['3']),
      };
      for (const [label, step] of Object.entries(steps)) {
        log(label);
        step();
        await wait(250);
        await idle();
      }
      log(formula.getData());
    },
  },
  {
    name: 'setTableName of a dataset on no client is done at once',
    rows: ['C-104…C-106'],
    async page({ carto, listen, settle, idle, log }) {
      const dataset = listen(new carto.source.Dataset('t'), 'dataset');
      const done = settle('set', dataset.setTableName('u'));
      log('at once', dataset.getTableName());
      await done;
      await settle('same', dataset.setTableName('u'));
      await idle();
    },
  },
  {
    name: 'setTableName of a dataset on a map asks for it, and tells and resolves when it is there',
    rows: ['C-104…C-106'],
    async page({ carto, client, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const dataset = listen(new carto.source.Dataset('t'), 'dataset');
      await settle('add', map.addLayer(new carto.layer.Layer(dataset, new carto.style.CartoCSS('#layer {}'))));
      for (const name of ['u', 'u', '\n v \n']) {
        const done = settle('set', dataset.setTableName(name));
        log('at once', dataset.getTableName());
        await done;
        await idle();
      }
    },
  },
  {
    name: 'setTableName that fails rejects, and the name stays',
    rows: ['C-104…C-106', 'C-101'],
    async page({ carto, client, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const dataset = listen(new carto.source.Dataset('t'), 'dataset');
      await settle('add', map.addLayer(new carto.layer.Layer(dataset, new carto.style.CartoCSS('#layer {}'))));
      const done = settle('set', dataset.setTableName('no_such_table'));
      log('at once', dataset.getTableName());
      await done;
      log(dataset.getTableName());
      await idle();
    },
  },
  {
    name: 'setQuery of a source on no client is done at once, without filters in the getter',
    rows: ['C-108…C-110'],
    async page({ carto, listen, settle, idle, log }) {
      const source = listen(new carto.source.SQL('SELECT 1'), 'source');
      const done = settle('set', source.setQuery('SELECT 2'));
      log('at once', source.getQuery());
      await done;
      await settle('same', source.setQuery('SELECT 2'));
      source.addFilter(new carto.filter.Category('c', { eq: 'x' }));
      await settle('filtered', source.setQuery('SELECT 3'));
      log(source.getQuery());
      await idle();
    },
  },
  {
    name: 'setQuery of a source on a map asks for it, and tells and resolves when it is there',
    rows: ['C-108…C-110'],
    async page({ carto, client, layer, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const a = layer('a');
      const source = listen(a.getSource(), 'source');
      source.addFilter(new carto.filter.Category('c', { eq: 'x' }));
      await settle('add', map.addLayer(a));
      for (const query of ['SELECT 2', 'SELECT 2', '\n SELECT 3 \n']) {
        const done = settle('set', source.setQuery(query));
        log('at once', source.getQuery());
        await done;
        log('then', source.getQuery());
        await idle();
      }
    },
  },
  {
    name: 'setQuery that fails rejects, and the query stays',
    rows: ['C-108…C-110', 'C-101'],
    async page({ client, layer, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const a = listen(layer('a'), 'a');
      const source = listen(a.getSource(), 'source');
      await settle('add', map.addLayer(a));
      const done = settle('set', source.setQuery('SELECT !!'));
      log('at once', source.getQuery());
      await done;
      log(source.getQuery());
      await idle();
      await settle('the same is as wrong', source.setQuery('SELECT !!'));
      await idle();
    },
  },
  {
    name: 'errors of a node go to its source, with the source and its id',
    rows: ['C-101'],
    async page({ carto, client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const [a, b] = ['a', 'b'].map((id) => layer(id));
      for (const one of [a, b]) listen(one.getSource(), `source of ${one.getId()}`);
      const dataset = listen(new carto.source.Dataset('t'), 'dataset');
      const formula = listen(new carto.dataview.Formula(dataset, 'c'), 'formula');
      await settle('add', Promise.all([map.addLayers([a, b]), map.addDataview(formula)]));
      await idle();
      for (const text of ['1', '2', '3']) {
        await settle(text, map.addLayers([]));
        await idle();
      }
    },
    answers({ kind, number, config }) {
      if (kind !== 'map' || number === 1) return undefined;
      const of = (index, message) => ({ type: 'analysis', message, analysis: { id: 'a0', node_id: config.analyses[index].id, type: 'source', context: { x: number } } });
      const errors = { 2: [of(0, 'syntax error at end'), of(1, 'other')], 3: [of(2, 'relation "t" does not exist')], 4: [{ type: 'analysis', message: 'nobody', analysis: { id: 'S99' } }] }[number];
      return { status: 400, body: { errors: errors.map(({ message }) => message), errors_with_context: errors } };
    },
  },
  {
    name: 'a source that recovers tells no error',
    rows: ['C-101'],
    async page({ client, layer, listen, settle, wait, idle }) {
      const map = listen(client(), 'client');
      const a = layer('a');
      const source = listen(a.getSource(), 'source');
      await settle('add', map.addLayer(a));
      await settle('bad', source.setQuery('SELECT !!'));
      await idle();
      await settle('good', source.setQuery('SELECT 2'));
      await wait(250);
      await idle();
    },
    differs: {
      quirks: ['Q-14', 'Q-15'],
      check({ reference, ours, assert }) {
        const errors = ({ log }) => log.filter(([name, event]) => name === 'source' && event === 'error').map(([, , { CartoError }]) => CartoError.code);
        assert.deepEqual(errors(reference), ['windshaft:analysis:sql-syntax-error', 'generic:unknown-error']);
        assert.deepEqual(errors(ours), ['windshaft:analysis:sql-syntax-error']);
        assert.deepEqual(ours.maps, reference.maps.slice(0, 3));
        assert.equal(reference.maps.length, 4);
      },
    },
  },
  {
    name: 'a source belongs to the client of its first layer or dataview',
    rows: ['C-109', 'C-105'],
    async page({ carto, client, listen, settle, idle, wait }) {
      const [one, two] = [listen(client(), 'one'), listen(client(), 'two')];
      const source = listen(new carto.source.SQL('SELECT 1'), 'source');
      await settle('one', one.addDataview(new carto.dataview.Formula(source, 'c')));
      await settle('two', two.addLayer(new carto.layer.Layer(source, new carto.style.CartoCSS('#layer {}'))));
      await idle();
      await settle('query', source.setQuery('SELECT 2'));
      await wait(250);
      await idle();
    },
  },
];
