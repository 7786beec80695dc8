// Objects in several places (spec 2.15).
export default [
  {
    name: 'one source in two layers and a dataview is one node, and one change of it is one request',
    rows: ['C-499', 'C-447'],
    async page({ carto, client, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const source = listen(new carto.source.SQL('SELECT 1'), 'source');
      const layers = ['a', 'b'].map((id) => listen(new carto.layer.Layer(source, new carto.style.CartoCSS('#layer {}'), { id }), id));
      const formula = listen(new carto.dataview.Formula(source, 'c'), 'formula');
      await settle('add', Promise.all([map.addLayers(layers), map.addDataview(formula)]));
      await idle();
      await settle('query', source.setQuery('SELECT 2'));
      await idle();
      await settle('bad', source.setQuery('SELECT * FROM no_such_table'));
      await idle();
    },
  },
  {
    name: 'one style in two layers: one change of it is one request',
    rows: ['C-499'],
    async page({ carto, client, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const style = listen(new carto.style.CartoCSS('#layer { a: 1; }'), 'style');
      const layers = ['a', 'b'].map((id) => listen(new carto.layer.Layer(new carto.source.Dataset(id), style, { id }), id));
      await settle('add', map.addLayers(layers));
      await settle('text', style.setContent('#layer { a: 2; }'));
      await idle();
      await settle('bad', style.setContent('#layer { bad-rule: 2; }'));
      await idle();
    },
  },
  {
    name: 'equal ids are a matter of one client',
    rows: ['C-501', 'C-094'],
    async page({ client, layer, settle, attempt }) {
      const [one, two] = [client(), client()];
      await settle('one', one.addLayer(layer('a')));
      await settle('two', two.addLayer(layer('a')));
      attempt('again', () => one.addLayer(layer('a')));
    },
  },
  {
    name: 'a source of one client in a layer of another: changes reach the second with its own next request',
    rows: ['C-500'],
    async page({ carto, client, layer, listen, settle, wait, idle, log }) {
      const [one, two] = [listen(client(), 'one'), listen(client({ apiKey: 'second' }), 'two')];
      const a = listen(layer('a'), 'a');
      const source = listen(a.getSource(), 'source');
      const b = listen(new carto.layer.Layer(source, new carto.style.CartoCSS('#layer { b: 1; }'), { id: 'b' }), 'b');
      await settle('one', one.addLayer(a));
      await settle('two', two.addLayer(b));
      await idle();
      await settle('query', source.setQuery('SELECT 2'));
      await wait(200);
      await idle();
      log('second alone');
      await settle('style of the second', b.getStyle().setContent('#layer { b: 2; }'));
      await idle();
    },
  },
  {
    name: 'a source of one client in a dataview of another',
    rows: ['C-500', 'C-502'],
    async page({ carto, client, layer, listen, settle, wait, idle }) {
      const [one, two] = [listen(client(), 'one'), listen(client({ apiKey: 'second' }), 'two')];
      const a = listen(layer('a'), 'a');
      const source = listen(a.getSource(), 'source');
      const formula = listen(new carto.dataview.Formula(source, 'c'), 'formula');
      await settle('one', one.addLayer(a));
      await settle('two', two.addDataview(formula));
      await idle();
      await settle('query', source.setQuery('SELECT 2'));
      await wait(200);
      await idle();
    },
  },
  {
    name: 'a layer of one client in another is drawn in both, and its setters act on the first',
    rows: ['C-501'],
    async page({ carto, client, layer, listen, settle, wait, idle, log }) {
      const [one, two] = [listen(client(), 'one'), listen(client({ apiKey: 'second' }), 'two')];
      const [a, b] = ['a', 'b'].map((id) => listen(layer(id), id));
      await settle('one', one.addLayers([a, b]));
      await settle('two', two.addLayer(a));
      await idle();
      log(one.getLayers(), two.getLayers());
      await settle('text', a.getStyle().setContent('#layer { a: 2; }'));
      await settle('columns', a.setFeatureClickColumns(['x']));
      await settle('source', a.setSource(new carto.source.Dataset('t')));
      await settle('order', a.setOrder(1));
      await wait(200);
      await idle();
      log('second alone', one.getLayers(), two.getLayers());
      await settle('refresh', two.addLayers([]));
      await idle();
      await settle('removed', two.removeLayer(a));
      await settle('columns', a.setFeatureClickColumns(['y']));
      await idle();
      log(one.getLayers(), two.getLayers());
    },
  },
  {
    name: 'a hidden layer of two clients is hidden in both',
    rows: ['C-501', 'C-445'],
    async page({ client, layer, listen, tag, settle, idle, log, map }) {
      const [one, two] = [listen(client(), 'one'), listen(client({ apiKey: 'second' }), 'two')];
      const a = tag(layer('a'), 'a');
      const natives = [one, two].map((each) => each.getLeafletLayer().addTo(map()));
      const shown = () => natives.map((native) => [...native.getContainer().querySelectorAll('img')].some(({ src }) => src.startsWith('http')));
      await settle('one', one.addLayer(a));
      await settle('two', two.addLayer(a));
      await idle();
      log(shown());
      a.hide();
      log(shown());
      a.show();
      log(shown());
      await idle();
    },
  },
  {
    name: 'a dataview of one client in another asks after the requests of either',
    rows: ['C-502'],
    async page({ carto, client, layer, listen, settle, wait, idle, log }) {
      const [one, two] = [listen(client(), 'one'), listen(client({ apiKey: 'second' }), 'two')];
      const formula = listen(new carto.dataview.Formula(new carto.source.SQL('SELECT 1'), 'c'), 'formula');
      await settle('one', one.addDataview(formula));
      await idle();
      await settle('two', two.addDataview(formula));
      await idle();
      log(one.getDataviews(), two.getDataviews());
      await settle('layer of two', two.addLayer(layer('b')));
      await idle();
      await settle('layer of one', one.addLayer(layer('a')));
      await idle();
      formula.setColumn('d');
      await wait(200);
      await idle();
      log(formula.getData());
    },
  },
  {
    name: 'setters refuse sources and styles of another client',
    rows: ['C-503'],
    async page({ carto, client, layer, listen, settle, attempt, idle, log }) {
      const [one, two] = [listen(client(), 'one'), listen(client(), 'two')];
      const [a, b] = ['a', 'b'].map((id) => listen(layer(id), id));
      await settle('one', one.addLayer(a));
      await settle('two', two.addLayer(b));
      attempt('source', () => a.setSource(b.getSource()));
      attempt('style', () => a.setStyle(b.getStyle()));
      await idle();
      // A layer of nobody takes either, and brings it along.
      const c = listen(layer('c'), 'c');
      await settle('unattached source', c.setSource(b.getSource()));
      log(c.getSource() === b.getSource());
      const dataset = new carto.source.Dataset('t');
      await settle('free source', a.setSource(dataset));
      attempt('now of one', () => b.setSource(dataset));
      await idle();
    },
  },
  {
    name: 'a layer with the style of another client is refused whole',
    rows: ['C-503', 'C-501'],
    async page({ carto, client, layer, listen, settle, attempt, idle, log }) {
      const [one, two] = [client(), client()];
      const a = listen(layer('a'), 'a');
      await settle('one', one.addLayer(a));
      const b = listen(new carto.layer.Layer(new carto.source.Dataset('t'), a.getStyle(), { id: 'b' }), 'b');
      attempt('add', () => two.addLayer(b));
      log(two.getLayers());
      await idle();
    },
    differs: {
      quirks: ['Q-50', 'plain `Error`s'],
      check({ reference, ours, assert, equal }) {
        equal('maps');
        assert.deepEqual(reference.log.at(-2), ['add', 'throws', { Error: 'CartoCSS engine cannot be changed' }]);
        assert.deepEqual(reference.log.at(-1), [['<b>']]);
        const [, how, { CartoError }] = ours.log.at(-2);
        assert.deepEqual([how, CartoError?.message], ['throws', 'CartoCSS engine cannot be changed']);
        assert.deepEqual(ours.log.at(-1), [[]]);
      },
    },
  },
  {
    name: 'a removed layer keeps what it has and can be added again, on top',
    rows: ['C-504'],
    async page({ client, layer, listen, settle, wait, idle, log }) {
      const map = listen(client(), 'client');
      const [a, b, c] = ['a', 'b', 'c'].map((id) => listen(layer(id), id));
      await settle('add', map.addLayers([a, b, c]));
      await settle('remove', map.removeLayer(b));
      await idle();
      log(b.getId(), b.getSource().getQuery(), b.getStyle().getContent(), b.isVisible());
      await settle('add again', map.addLayer(b));
      log(map.getLayers());
      await settle('text', b.getStyle().setContent('#layer { b: 3; }'));
      await wait(200);
      await idle();
    },
  },
  {
    name: 'removed layers come back in the order in which they are added',
    rows: ['C-504', 'C-083'],
    async page({ client, layer, listen, settle, log }) {
      const map = listen(client(), 'client');
      const [a, b, c] = ['a', 'b', 'c'].map((id) => listen(layer(id), id));
      await settle('add', map.addLayers([a, b, c]));
      await settle('out', map.removeLayer(b));
      await settle('back', map.addLayer(b));
      await settle('all out', map.removeLayers(map.getLayers()));
      await settle('in other order', map.addLayers([c, b, a]));
      log(map.getLayers());
    },
    differs: {
      quirks: ['Q-09'],
      check({ reference, ours, assert, equal }) {
        equal('log');
        const order = ({ maps }) => maps.at(-1).config.layers.map(({ id }) => id).join();
        assert.deepEqual([order(reference), order(ours)], ['c,a,b', 'c,b,a']);
      },
    },
  },
  {
    name: 'setters of a removed layer still ask for the map',
    rows: ['C-504'],
    async page({ carto, client, layer, listen, settle, wait, idle, log }) {
      const map = listen(client(), 'client');
      const [a, b] = ['a', 'b'].map((id) => listen(layer(id), id));
      await settle('add', map.addLayers([a, b]));
      await settle('remove', map.removeLayer(b));
      await idle();
      const steps = {
        query: () => b.getSource().setQuery('SELECT 2'), text: () => b.getStyle().setContent('#layer { b: 3; }'), columns: () => b.setFeatureClickColumns(['x']),
        source: () => b.setSource(new carto.source.Dataset('t')), style: () => b.setStyle(new carto.style.CartoCSS('#layer {}')),
      };
      for (const [label, step] of Object.entries(steps)) {
        await settle(label, step());
        await wait(200);
        await idle();
        // Something else in between: CARTO.js refuses the fourth equal request.
        await a.getStyle().setContent(`#layer { ${label}: 1; }`);
      }
      log(b.getSource().getTableName?.(), b.getStyle().getContent(), b.getFeatureClickColumns());
    },
  },
  {
    name: 'a removed dataview is disabled, and asks again when it was added and enabled',
    rows: ['C-505', 'C-087'],
    async page({ carto, client, listen, settle, wait, idle, log }) {
      const map = listen(client(), 'client');
      const source = new carto.source.SQL('SELECT 1');
      const category = listen(new carto.dataview.Category(source, 'c', { limit: 3 }), 'category');
      await settle('add', map.addDataview(category));
      await idle();
      await settle('remove', map.removeDataview(category));
      await idle();
      log(category.isEnabled(), category.getStatus(), map.getDataviews());
      category.setLimit(2);
      await wait(200);
      await idle();
      log(category.getLimit(), category.getData()?.categories.length);
      await settle('add again', map.addDataview(category));
      await wait(200);
      await idle();
      log('enabled', category.isEnabled());
      category.enable();
      await wait(200);
      await idle();
      log(category.isEnabled(), category.getStatus(), map.getDataviews());
    },
  },
];
