// The queue of map requests and what its answers do (spec 3).
const queries = ({ maps }) => maps.map(({ config }) => config.analyses.map(({ params }) => params.query).join());

/** An answer of the map that says the same every time. */
const failure = (...errors) => ({ status: 400, body: { errors: errors.map(({ message }) => message), errors_with_context: errors } });

export default [
  {
    name: 'nothing is asked before the page is done, and many changes of one turn are one request',
    rows: ['C-420', 'C-421', 'C-093'],
    async page({ carto, client, layer, listen, tag, idle, log }) {
      const map = listen(client(), 'client');
      const [a, b] = [layer('a'), layer('b')].map((each) => tag(each, each.getId()));
      const formula = tag(new carto.dataview.Formula(b.getSource(), 'c'), 'formula');
      const values = await Promise.all([
        map.addLayer(a), map.addLayer(b), map.moveLayer(b, 0), map.addDataview(formula), a.getSource().setQuery('SELECT 2'),
        a.getStyle().setContent('#layer { marker-width: 1; }'), b.setFeatureClickColumns(['x']), map.removeLayer(a), map.addLayers([]),
      ]);
      log(values, map.getLayers());
      await idle();
    },
  },
  {
    name: 'a steady stream of changes is one request after the last',
    rows: ['C-420'],
    async page({ client, layer, wait, idle, log }) {
      const map = client();
      const a = layer('a');
      map.on('success', () => log('success'));
      const promises = [map.addLayer(a)];
      for (let number = 1; number <= 4; number += 1) {
        await wait(60);
        promises.push(a.getSource().setQuery(`SELECT ${number}`));
      }
      await Promise.all(promises);
      await idle();
    },
    differs: {
      quirks: ['100 ms after the last call'],
      check({ reference, ours, assert }) {
        assert.deepEqual(queries(reference), ['SELECT 4']);
        assert.deepEqual(reference.log, [['success']]);
        assert.equal(queries(ours).at(-1), 'SELECT 4');
        assert.equal(queries(ours)[0], 'SELECT * FROM a');
      },
    },
  },
  {
    name: 'what is sent is the state when it is sent',
    rows: ['C-421', 'C-427'],
    async page({ client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const a = layer('a');
      const source = listen(a.getSource(), 'source');
      await settle('add', map.addLayer(a));
      const [first, second] = [source.setQuery('SELECT 1'), source.setQuery('SELECT 2')];
      await Promise.all([settle('first', first), settle('second', second)]);
      await idle();
    },
  },
  {
    name: 'the answer to a superseded request is ignored, and its promises settle with the next',
    rows: ['C-422'],
    async page({ client, layer, listen, settle, wait, idle, log }) {
      const map = listen(client(), 'client');
      const a = layer('a');
      listen(a.getSource(), 'source');
      const early = settle('early', map.addLayer(a));
      await wait(300);
      log('asked again');
      await Promise.all([early, settle('late', map.addLayer(layer('b')))]);
      await wait(700);
      await idle();
    },
    answers: (request, usual) => (request.kind === 'map' && request.number === 1 ? { ...failure({ type: 'limit', message: 'too slow' }), delay: 900 } : usual()),
  },
  {
    name: 'a promise settles with the answer that holds its change',
    rows: ['C-422', 'C-427'],
    async page({ client, layer, listen, settle, wait, idle }) {
      const map = listen(client(), 'client');
      const a = layer('a');
      let told = false;
      map.once('all', () => (told = true));
      const first = settle('add', map.addLayer(a));
      await wait(300);
      const second = settle('bad query', a.getSource().setQuery('SELECT * FROM no_such_table'));
      // CARTO.js waits for 100 ms without changes: the second request is sent after the first answer.
      while (!told) {
        a.getSource().setQuery('SELECT * FROM no_such_table').catch(() => {});
        await wait(30);
      }
      await Promise.all([first, second]);
      await wait(300);
      await idle();
    },
    answers: (request, usual) => (request.kind === 'map' && request.number === 1 ? { ...usual(), delay: 900 } : undefined),
    differs: {
      quirks: ['Q-16'],
      check({ reference, ours, assert }) {
        assert.deepEqual(ours.maps.at(-1), reference.maps.at(-1));
        const settled = ({ log }) => log.filter(([, how]) => /resolves|rejects/.test(how)).map(([label, how]) => `${label} ${how}`).sort();
        assert.deepEqual(settled(reference), ['add resolves', 'bad query resolves']);
        assert.deepEqual(settled(ours), ['add rejects', 'bad query rejects']);
      },
    },
  },
  {
    name: 'after success come metadata, dataviews, the client, and then promises',
    rows: ['C-423', 'C-091'],
    ordered: true,
    async page({ carto, client, layer, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const [a, b] = ['a', 'b'].map((id) => listen(layer(id, { css: '#layer { marker-width: ramp([size], range(4, 8), jenks(2)); }' }), id));
      const source = listen(a.getSource(), 'source');
      const style = listen(b.getStyle(), 'style');
      const formula = listen(new carto.dataview.Formula(source, 'c'), 'formula');
      const category = listen(new carto.dataview.Category(source, 'd'), 'category');
      const added = [settle('layers', map.addLayers([a, b])), settle('dataviews', map.addDataviews([formula, category]))];
      await Promise.all(added);
      await idle();
      log('a query');
      await settle('query', source.setQuery('SELECT 2'));
      await idle();
      log('a text');
      await settle('text', style.setContent('#layer { marker-width: 1; }'));
      await idle();
      log('a column');
      formula.setColumn('e');
      await settle('columns', a.setFeatureClickColumns(['f']));
      await idle();
    },
  },
  {
    name: 'after a failure come the named objects in the order of the server, the client, and then promises',
    rows: ['C-424', 'C-321…C-323'],
    ordered: true,
    async page({ carto, client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const [a, b] = ['a', 'b'].map((id) => listen(layer(id), id));
      const source = listen(a.getSource(), 'source');
      listen(b.getStyle(), 'style');
      const formula = listen(new carto.dataview.Formula(source, 'c'), 'formula');
      await settle('add', Promise.all([map.addLayers([a, b]), map.addDataview(formula)]));
      await idle();
      await settle('query', source.setQuery('SELECT 2'));
      await idle();
    },
    answers: (request) => (request.kind === 'map' && request.number === 2 ? failure(
      { type: 'layer', message: 'column "x" does not exist', layer: { id: 'b', index: 1, type: 'mapnik' } },
      { type: 'analysis', message: 'syntax error at or near "x"', analysis: { id: 'S1', node_id: 'S1', type: 'source' } },
      { type: 'layer', message: 'style0: Unrecognized rule: bad', layer: { id: 'b', index: 1, type: 'mapnik' } },
    ) : undefined),
  },
  {
    name: 'one bad query: source, dataview, client, promise',
    rows: ['C-424', 'C-426'],
    ordered: true,
    async page({ carto, client, layer, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const a = listen(layer('a'), 'a');
      const source = listen(a.getSource(), 'source');
      const formula = listen(new carto.dataview.Formula(source, 'c'), 'formula');
      await settle('add', Promise.all([map.addLayer(a), map.addDataview(formula)]));
      await idle();
      await settle('query', source.setQuery('SELECT * FROM no_such_table'));
      await idle();
      log(source.getQuery(), formula.getStatus(), formula.hasError(), formula.getData());
    },
  },
  {
    name: 'the client tells the first error that is of no layer and no source',
    rows: ['C-425'],
    async page({ client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const a = listen(layer('a'), 'a');
      const source = listen(a.getSource(), 'source');
      await settle('1', map.addLayer(a));
      for (let number = 2; number < 7; number += 1) {
        await settle(`${number}`, source.setQuery(`SELECT ${number}`));
        await idle();
      }
    },
    answers({ kind, number }) {
      const layer = (message) => ({ type: 'layer', message, layer: { id: 'a', index: 0, type: 'mapnik' } });
      const analysis = (message) => ({ type: 'analysis', message, analysis: { id: 'S1', node_id: 'S1', type: 'source' } });
      const limit = { type: 'limit', message: "You are over platform's limits. Please contact us" };
      const all = {
        2: [layer('one'), analysis('two'), limit, { type: 'auth', message: 'Forbidden' }],
        3: [layer('three'), analysis('four')],
        4: [analysis('five'), layer('six')],
        5: [analysis('seven'), { message: 'of nothing' }, limit],
        6: [{ type: 'unknown', message: 'eight' }, layer('nine')],
      };
      return kind === 'map' && all[number] ? failure(...all[number]) : undefined;
    },
  },
  {
    name: 'the fields of raw errors depend on their type',
    rows: ['C-425', 'C-320'],
    async page({ client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const a = listen(layer('a'), 'a');
      await settle('1', map.addLayer(a));
      for (let number = 2; number < 10; number += 1) {
        await settle(`${number}`, map.addLayers([layer(`l${number}`)]));
        await idle();
      }
    },
    answers({ kind, number }) {
      const all = {
        2: { errors: ['only text'] },
        3: { errors: [{ type: 'auth', subtype: 's', message: 'Forbidden', context: { a: 1 } }] },
        4: { errors: ['text'], errors_with_context: [{ type: 'limit', subtype: 'rate-limit', message: 'x', context: { limit: 1 } }] },
        5: { errors: ['text', 'other text'], errors_with_context: [{ type: 'newtype', message: 'm'.repeat(300) }] },
        6: { errors: ['text'], errors_with_context: [{ type: 'analysis', message: 'y', analysis: { id: 'n1', context: { line: 3 } }, context: 'outer' }] },
        7: { errors: ['text'], errors_with_context: [{ type: 'layer', message: 'y', layer: { id: 'nobody', index: 9, context: { line: 4 } } }] },
        8: { errors: [''], errors_with_context: [{ type: 'auth' }] },
        9: { errors: ['text'], errors_with_context: [{ type: 'tile', message: 'z' }] },
      };
      return kind === 'map' && all[number] ? { status: 400, body: all[number] } : undefined;
    },
  },
  {
    name: 'after a failure the tiles stay, and the next request sends what the page set',
    rows: ['C-426'],
    async page({ client, layer, listen, settle, idle, log, map }) {
      const carto = listen(client(), 'client');
      const [a, b] = ['a', 'b'].map((id) => listen(layer(id), id));
      carto.getLeafletLayer().addTo(map());
      const tiles = () => [...new Set([...document.querySelectorAll('.leaflet-tile')].map(({ src }) => src.replace(/\/\d+\/\d+\/\d+\.png.*/, '')))];
      await settle('add', carto.addLayer(a));
      await idle();
      const before = tiles();
      log(before);
      await settle('bad', a.getStyle().setContent('#layer { bad-rule: 1; }'));
      await idle();
      log(tiles(), a.getStyle().getContent());
      await settle('still bad', carto.addLayer(b));
      await idle();
      log(tiles(), carto.getLayers());
      await settle('good', a.getStyle().setContent('#layer { marker-width: 1; }'));
      await idle();
      log(tiles(), String(tiles()) === String(before));
    },
  },
  {
    name: 'promises resolve with what their method says',
    rows: ['C-427'],
    async page({ carto, client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const [a, b] = ['a', 'b'].map((id) => listen(layer(id), id));
      const table = listen(new carto.source.Dataset('t'), 'table');
      const c = listen(new carto.layer.Layer(table, new carto.style.CartoCSS('#layer {}'), { id: 'c' }), 'c');
      const formula = new carto.dataview.Formula(table, 'x');
      const other = { source: listen(new carto.source.SQL('SELECT 9'), 'other source'), style: listen(new carto.style.CartoCSS('#layer { a: 1; }'), 'other style') };
      const steps = {
        addLayers: () => map.addLayers([a, b, c]), addDataview: () => map.addDataview(formula), moveLayer: () => map.moveLayer(a, 2), moveNowhere: () => map.moveLayer(a, 2),
        setQuery: () => a.getSource().setQuery('SELECT 1'), setTableName: () => table.setTableName('u'), setContent: () => a.getStyle().setContent('#layer { b: 1; }'),
        setSource: () => b.setSource(other.source), setStyle: () => b.setStyle(other.style), sameSource: () => b.setSource(other.source),
        setFeatureClickColumns: () => a.setFeatureClickColumns(['x']), setFeatureOverColumns: () => a.setFeatureOverColumns(['x']),
        setOrder: () => a.setOrder(0), bringToFront: () => a.bringToFront(), bringToBack: () => a.bringToBack(),
        removeLayer: () => map.removeLayer(c), removeDataview: () => map.removeDataview(formula), removeLayers: () => map.removeLayers([b]),
      };
      for (const [label, step] of Object.entries(steps)) {
        await settle(label, step());
        await idle();
      }
    },
  },
  {
    name: 'setters of objects on no client resolve at once and ask nothing',
    rows: ['C-427', 'C-428'],
    async page({ carto, layer, listen, settle, idle, log }) {
      const a = listen(layer('a'), 'a');
      const [source, style] = [listen(a.getSource(), 'source'), listen(a.getStyle(), 'style')];
      const table = listen(new carto.source.Dataset('t'), 'table');
      await settle('query', source.setQuery('SELECT 1'));
      await settle('table', table.setTableName('u'));
      await settle('text', style.setContent('#layer {}'));
      await settle('source', a.setSource(table));
      await settle('style', a.setStyle(new carto.style.CartoCSS('#layer { b: 1; }')));
      await settle('columns', a.setFeatureClickColumns(['x']));
      await settle('order', a.setOrder(7));
      await settle('back', a.bringToBack());
      await idle();
      log(a.getSource() === table, source.getQuery(), table.getTableName(), style.getContent());
    },
  },
  {
    name: 'calls ask for the map, or for dataviews, or for nothing, as the table says',
    rows: ['C-428'],
    async page({ carto, client, layer, listen, wait, idle, log, tag }) {
      const map = client();
      const [a, b] = ['a', 'b'].map((id) => tag(layer(id), id));
      const source = a.getSource();
      const table = new carto.source.Dataset('t');
      const c = tag(new carto.layer.Layer(table, new carto.style.CartoCSS('#layer {}'), { id: 'c' }), 'c');
      const formula = listen(new carto.dataview.Formula(source, 'x'), 'formula');
      const category = listen(new carto.dataview.Category(source, 'x', { limit: 3 }), 'category');
      const other = new carto.source.SQL('SELECT 9');
      let answers = 0;
      map.on('success', () => (answers += 1));
      const step = async (label, ...actions) => {
        for (const action of actions) {
          const before = answers;
          action();
          await wait(250);
          await idle();
          log(label, answers - before);
        }
      };
      await step('add', () => map.addLayers([a, b, c]), () => map.addDataviews([formula, category]));
      await step('query', () => source.setQuery('SELECT 1'), () => source.setQuery('SELECT 1'));
      await step('table', () => table.setTableName('u'), () => table.setTableName('u'));
      await step('text', () => a.getStyle().setContent('#layer { a: 1; }'), () => a.getStyle().setContent('#layer { a: 1; }'));
      const style = new carto.style.CartoCSS('#layer { b: 1; }');
      await step('style', () => b.setStyle(style), () => b.setStyle(style));
      await step('source', () => b.setSource(other), () => b.setSource(other));
      await step('click columns', () => a.setFeatureClickColumns(['x', 'y']), () => a.setFeatureClickColumns(['y', 'x']), () => a.setFeatureClickColumns([]));
      await step('over columns', () => a.setFeatureOverColumns(['x']), () => a.setFeatureOverColumns(['x']));
      await step('hidden', () => a.hide(), () => a.show(), () => a.toggle(), () => a.toggle());
      await step('column', () => formula.setColumn('z'), () => formula.setColumn('z'), () => category.setColumn('z'));
      await step('operation', () => formula.setOperation('sum'), () => formula.setOperation('sum'), () => category.setOperation('sum'), () => category.setOperationColumn('w'));
      await step('limit', () => category.setLimit(2), () => category.setLimit(2));
      await step('order', () => a.setOrder(2), () => a.setOrder(2), () => a.bringToBack(), () => a.bringToBack());
      await step('disable', () => formula.disable(), () => source.setQuery('SELECT 7'), () => formula.enable(), () => formula.enable());
      await step('removal', () => map.removeDataview(formula), () => map.removeDataview(formula), () => map.removeLayer(c));
    },
  },
  {
    name: 'a spatial filter asks dataviews, not the map',
    rows: ['C-428'],
    async page({ carto, client, listen, settle, wait, idle, log }) {
      const map = listen(client(), 'client');
      const formula = listen(new carto.dataview.Formula(new carto.source.SQL('SELECT 1'), 'x'), 'formula');
      const filter = listen(new carto.filter.BoundingBox(), 'filter');
      filter.setBounds({ west: 1, south: 2, east: 3, north: 4 });
      formula.addFilter(filter);
      await settle('add', map.addDataview(formula));
      await idle();
      for (const west of [0, -1]) {
        filter.setBounds({ west, south: 2, east: 3, north: 4 });
        await wait(150);
        await idle();
        log(west);
      }
      formula.removeFilter(filter);
      await wait(150);
      await idle();
    },
  },
  {
    name: 'an SQL filter asks the map for each change of it',
    rows: ['C-428'],
    async page({ carto, client, layer, listen, wait, idle, log }) {
      const map = listen(client(), 'client');
      const a = layer('a');
      await map.addLayer(a);
      await idle();
      const filter = new carto.filter.Category('kind', { in: ['x'] });
      for (const change of [() => a.getSource().addFilter(filter), () => filter.set('in', ['y']), () => filter.resetFilters(), () => a.getSource().removeFilter(filter)]) {
        change();
        await wait(150);
        await idle();
        log('changed');
      }
    },
  },
];
