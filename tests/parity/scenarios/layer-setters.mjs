// What changes a carto.layer.Layer: sources, styles, columns (spec 2.7).
export default [
  {
    name: 'setSource of a layer on no client is done at once',
    rows: ['C-128', 'C-129', 'C-147'],
    async page({ carto, layer, listen, attempt, settle, idle, log, tag }) {
      const a = listen(layer('a'), 'a');
      const [old, next] = [tag(a.getSource(), 'old'), tag(new carto.source.Dataset('t'), 'next')];
      log(a.getSource() === old, a.getSource());
      const done = settle('set', a.setSource(next));
      log('at once', a.getSource());
      await done;
      await settle('same', a.setSource(next));
      for (const [label, wrong] of Object.entries({ nothing: undefined, null: null, text: 'SELECT 1', object: {}, style: a.getStyle(), layer: a })) attempt(label, () => a.setSource(wrong));
      log(a.getSource());
      await idle();
    },
  },
  {
    name: 'setStyle of a layer on no client is done at once',
    rows: ['C-130', 'C-131', 'C-146'],
    async page({ carto, layer, listen, attempt, settle, idle, log, tag }) {
      const a = listen(layer('a'), 'a');
      const [old, next] = [tag(a.getStyle(), 'old'), tag(new carto.style.CartoCSS('#layer { b: 1; }'), 'next')];
      log(a.getStyle() === old, a.getStyle());
      const done = settle('set', a.setStyle(next));
      log('at once', a.getStyle());
      await done;
      await settle('same', a.setStyle(next));
      for (const [label, wrong] of Object.entries({ nothing: undefined, null: null, text: '#layer {}', object: {}, source: a.getSource(), layer: a })) attempt(label, () => a.setStyle(wrong));
      log(a.getStyle());
      await idle();
    },
  },
  {
    name: 'setSource of a layer on a map switches when the map is there',
    rows: ['C-128', 'C-129', 'C-147'],
    async page({ carto, client, layer, listen, attempt, settle, idle, log }) {
      const map = listen(client(), 'client');
      const [a, b] = ['a', 'b'].map((id) => listen(layer(id), id));
      const [first, second] = [listen(a.getSource(), 'first'), listen(new carto.source.Dataset('t'), 'second')];
      await settle('add', map.addLayers([a, b]));
      const done = settle('set', a.setSource(second));
      log('at once', a.getSource());
      await done;
      log('then', a.getSource());
      await idle();
      await settle('same', a.setSource(second));
      await settle('source of another layer', a.setSource(b.getSource()));
      log(a.getSource() === b.getSource());
      attempt('no source', () => a.setSource('SELECT 1'));
      await settle('back', a.setSource(first));
      await idle();
      // The new source belongs to the map now: its changes are drawn.
      await settle('query', first.setQuery('SELECT 2'));
      await idle();
      log(a.getSource(), a.getSource().getQuery());
    },
  },
  {
    name: 'setStyle of a layer on a map switches when the map is there',
    rows: ['C-130', 'C-131', 'C-146'],
    async page({ carto, client, layer, listen, attempt, settle, idle, log }) {
      const map = listen(client(), 'client');
      const [a, b] = ['a', 'b'].map((id) => listen(layer(id), id));
      const [first, second] = [listen(a.getStyle(), 'first'), listen(new carto.style.CartoCSS('#layer { b: 1; }'), 'second')];
      await settle('add', map.addLayers([a, b]));
      const done = settle('set', a.setStyle(second));
      log('at once', a.getStyle());
      await done;
      log('then', a.getStyle());
      await idle();
      await settle('same', a.setStyle(second));
      await settle('style of another layer', a.setStyle(b.getStyle()));
      log(a.getStyle() === b.getStyle());
      attempt('no style', () => a.setStyle('#layer {}'));
      await settle('back', a.setStyle(first));
      await idle();
      log(a.getStyle(), a.getStyle().getContent());
    },
  },
  {
    name: 'a style that was set later stays connected',
    rows: ['C-131'],
    async page({ carto, client, layer, settle, idle, log }) {
      const map = client();
      const a = layer('a', { css: '#layer { first: 1; }' });
      const [first, second] = [a.getStyle(), new carto.style.CartoCSS('#layer { second: 1; }')];
      await settle('add', map.addLayer(a));
      await settle('set', a.setStyle(second));
      await idle();
      await settle('second', second.setContent('#layer { second: 2; }'));
      await idle();
      await settle('first', first.setContent('#layer { first: 2; }'));
      await idle();
      log(first.getContent(), second.getContent(), a.getStyle() === second);
    },
    differs: {
      quirks: ['Q-11'],
      check({ reference, ours, assert, equal }) {
        equal('log');
        const texts = ({ maps }) => maps.map(({ config }) => config.layers[0].options.cartocss.replace(/#layer \{ (.*); \}/, '$1'));
        assert.deepEqual(texts(reference), ['first: 1', 'second: 1', 'second: 1', 'first: 2']);
        assert.deepEqual(texts(ours), ['first: 1', 'second: 1', 'second: 2', 'second: 2']);
      },
    },
  },
  {
    name: 'sources and styles of another client are refused',
    rows: ['C-129', 'C-131', 'C-332', 'C-333'],
    async page({ client, layer, attempt, settle, idle, log }) {
      const [one, two] = [client(), client()];
      const [a, b] = ['a', 'b'].map((id) => layer(id));
      const before = [a.getSource(), a.getStyle()];
      await settle('one', one.addLayer(a));
      await settle('two', two.addLayer(b));
      attempt('source', () => a.setSource(b.getSource()));
      attempt('style', () => a.setStyle(b.getStyle()));
      log(a.getSource() === before[0], a.getStyle() === before[1]);
      await idle();
    },
  },
  {
    name: 'setSource that fails leaves the old one in the getter',
    rows: ['C-128', 'C-129', 'C-149', 'C-147'],
    async page({ carto, client, layer, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const a = listen(layer('a'), 'a');
      const [old, bad, good] = [listen(a.getSource(), 'old'), ...['no_such_table', 'good'].map((name) => listen(new carto.source.Dataset(name), name))];
      await settle('add', map.addLayer(a));
      await settle('bad', a.setSource(bad));
      log(a.getSource(), a.getSource() === old);
      await idle();
      await settle('good', a.setSource(good));
      log(a.getSource());
      await idle();
    },
  },
  {
    name: 'after a setSource that failed the old source can be set again',
    rows: ['C-129'],
    async page({ carto, client, layer, settle, idle, log }) {
      const map = client();
      const a = layer('a');
      const old = a.getSource();
      await settle('add', map.addLayer(a));
      await settle('bad', a.setSource(new carto.source.Dataset('no_such_table')));
      await idle();
      await settle('old again', a.setSource(old));
      await settle('refresh', map.addLayers([]));
      await idle();
      log(a.getSource() === old);
    },
    differs: {
      quirks: ['Q-12'],
      check({ reference, ours, assert }) {
        const sent = ({ maps }) => maps.map(({ config }) => config.analyses.map(({ params }) => params.query.split(' ').pop()).join());
        assert.deepEqual(sent(reference), ['a', 'no_such_table', 'no_such_table']);
        assert.deepEqual([sent(ours)[0], sent(ours)[1], sent(ours).at(-1)], ['a', 'no_such_table', 'a']);
        assert.deepEqual([reference, ours].map(({ log }) => log.at(-2).slice(0, 2)), [['refresh', 'rejects'], ['refresh', 'resolves']]);
        assert.deepEqual(ours.log.at(-1), reference.log.at(-1));
      },
    },
  },
  {
    name: 'setStyle that fails leaves the old one in the getter and rejects',
    rows: ['C-130', 'C-131', 'C-149', 'C-146'],
    async page({ carto, client, layer, listen, settle, idle, log, tag }) {
      const map = listen(client(), 'client');
      const a = tag(layer('a'), 'a');
      const old = tag(a.getStyle(), 'old');
      a.on('styleChanged', (...values) => log('styleChanged', ...values));
      await settle('add', map.addLayer(a));
      const errors = [];
      a.on('error', (error) => errors.push(error));
      await settle('bad', a.setStyle(new carto.style.CartoCSS('#layer { no_such_column: 1; }')));
      log(a.getStyle() === old);
      await idle();
      // CARTO.js tells it twice: of what is told once, both say the same.
      log('told', errors.length > 0, errors[0].errorCode, errors[0].message);
      await settle('good', a.setStyle(new carto.style.CartoCSS('#layer { c: 1; }')));
      log(a.getStyle().getContent());
    },
  },
  {
    name: 'after a setter that failed the old value can be set again',
    rows: ['C-131', 'C-133', 'C-135', 'C-132', 'C-134'],
    async page({ carto, client, layer, settle, idle, log, wait }) {
      const map = client();
      const a = layer('a', { featureClickColumns: ['a'], featureOverColumns: ['b'] });
      const style = a.getStyle();
      await settle('add', map.addLayer(a));
      await settle('bad style', a.setStyle(new carto.style.CartoCSS('#layer { no_such_column: 1; }')));
      await settle('old style', a.setStyle(style));
      await settle('next style', a.setStyle(new carto.style.CartoCSS('#layer { c: 1; }')));
      await settle('bad click', a.setFeatureClickColumns(['forbidden']));
      log(a.getFeatureClickColumns());
      await settle('old click', a.setFeatureClickColumns(['a']));
      await settle('next click', a.setFeatureClickColumns(['c']));
      await settle('bad over', a.setFeatureOverColumns(['forbidden']));
      log(a.getFeatureOverColumns());
      await settle('old over', a.setFeatureOverColumns(['b']));
      await settle('refresh', map.addLayers([]));
      await wait(200);
      await idle();
      log(a.getStyle().getContent(), a.getFeatureClickColumns(), a.getFeatureOverColumns());
    },
    answers({ kind, config }) {
      if (kind !== 'map' || !config.layers[0].options.interactivity.includes('forbidden')) return undefined;
      const error = { type: 'layer', message: 'column "forbidden" is not there', layer: { id: 'a', index: 0, type: 'mapnik' } };
      return { status: 400, body: { errors: [error.message], errors_with_context: [error] } };
    },
    differs: {
      quirks: ['Q-12'],
      check({ reference, ours, assert }) {
        const how = ({ log }) => Object.fromEntries(log.filter(([, what]) => what === 'resolves' || what === 'rejects').map(([label, what]) => [label, what]));
        const both = {
          'add': 'resolves', 'bad style': 'rejects', 'old style': 'resolves', 'next style': 'resolves', 'bad click': 'rejects', 'old click': 'resolves', 'next click': 'resolves',
          'bad over': 'rejects', 'old over': 'resolves',
        };
        assert.deepEqual(how(reference), { ...both, refresh: 'rejects' });
        assert.deepEqual(how(ours), { ...both, refresh: 'resolves' });
        const last = ({ maps }) => maps.at(-1).config.layers[0].options.interactivity;
        assert.deepEqual([last(reference), last(ours)], [['cartodb_id', 'c', 'forbidden'], ['cartodb_id', 'c', 'b']]);
        const getters = ({ log }) => log.filter(([label, what]) => what !== 'resolves' && what !== 'rejects' && label);
        assert.deepEqual(getters(ours), getters(reference));
      },
    },
  },
  {
    name: 'setters of columns refuse other elements than texts',
    rows: ['C-133', 'C-135', 'C-331'],
    async page({ layer, attempt, settle, log, client }) {
      const map = client();
      const [a, b] = ['a', 'b'].map((id) => layer(id, { featureClickColumns: ['x'] }));
      await settle('add', map.addLayer(a));
      for (const [where, one] of Object.entries({ 'on a map': a, 'on none': b })) {
        for (const name of ['setFeatureClickColumns', 'setFeatureOverColumns']) {
          for (const wrong of [[1], ['a', null], [undefined], [['a']], [{}], [true, 'a']]) attempt(`${where} ${name}`, () => one[name](wrong));
        }
        log(one.getFeatureClickColumns(), one.getFeatureOverColumns());
      }
    },
  },
  {
    name: 'setters of columns refuse other things than lists',
    rows: ['C-133', 'C-135'],
    async page({ layer, attempt }) {
      const a = layer('a');
      for (const name of ['setFeatureClickColumns', 'setFeatureOverColumns']) {
        for (const wrong of [undefined, null]) attempt(name, () => a[name](wrong));
      }
    },
    differs: {
      quirks: ['TypeErrors for missing settings and wrong arguments'],
      check({ reference, ours, assert }) {
        for (const [, how, what] of reference.log) assert.deepEqual([how, what], ['throws', { TypeError: true }]);
        for (const [, how, { CartoError }] of ours.log) assert.deepEqual([how, CartoError?.code], ['throws', 'validation:layer:non-valid-columns']);
      },
    },
  },
  {
    name: 'setters of columns of a layer on no client are done at once',
    rows: ['C-132…C-135', 'C-141'],
    async page({ layer, listen, settle, log }) {
      const a = listen(layer('a'), 'a');
      const done = [settle('click', a.setFeatureClickColumns(['x', 'y'])), settle('over', a.setFeatureOverColumns(['z']))];
      log(a.getFeatureClickColumns(), a.getFeatureOverColumns(), a.isInteractive());
      await Promise.all(done);
      await settle('none', a.setFeatureClickColumns([]));
      log(a.isInteractive());
      await settle('none', a.setFeatureOverColumns([]));
      log(a.isInteractive(), a.getFeatureClickColumns(), a.getFeatureOverColumns());
    },
  },
  {
    name: 'setters of columns of a layer on a map ask for it if the set of columns changes, and switch when it is there',
    rows: ['C-132…C-135', 'C-141'],
    async page({ client, layer, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const a = listen(layer('a', { featureClickColumns: ['x', 'y'], featureOverColumns: ['z'] }), 'a');
      await settle('add', map.addLayer(a));
      for (const [set, get] of [['setFeatureClickColumns', 'getFeatureClickColumns'], ['setFeatureOverColumns', 'getFeatureOverColumns']]) {
        for (const columns of [['a', 'b'], ['b', 'a'], ['a', 'b'], ['a', 'a'], ['a'], ['a', 'cartodb_id'], [], []]) {
          const done = settle(set, a[set](columns));
          log('at once', a[get]());
          await done;
          log('then', a[get](), a.isInteractive());
          await idle();
        }
      }
    },
  },
  {
    name: 'setters of columns that fail tell the layer and reject',
    rows: ['C-133', 'C-135', 'C-149'],
    async page({ client, layer, listen, tag, settle, idle, log }) {
      const map = listen(client(), 'client');
      const a = tag(layer('a'), 'a');
      const errors = [];
      a.on('error', (error) => errors.push(error));
      await settle('add', map.addLayer(a));
      await settle('click', a.setFeatureClickColumns(['forbidden']));
      await idle();
      log(errors.length > 0, errors[0].errorCode, errors[0].message, a.getFeatureClickColumns());
      errors.length = 0;
      await settle('good', a.setFeatureClickColumns(['good']));
      await settle('over', a.setFeatureOverColumns(['forbidden', 'b']));
      await idle();
      log(errors.length > 0, errors[0].errorCode, errors[0].message, a.getFeatureOverColumns());
    },
    answers({ kind, config }) {
      if (kind !== 'map' || !config.layers[0].options.interactivity.includes('forbidden')) return undefined;
      const error = { type: 'layer', message: 'column "forbidden" does not exist', layer: { id: 'a', index: 0, type: 'mapnik' } };
      return { status: 400, body: { errors: [error.message], errors_with_context: [error] } };
    },
  },
  {
    name: 'a setter that fails tells the layer at least once',
    rows: ['C-149'],
    async page({ client, layer, tag, settle, idle, log }) {
      const a = tag(layer('a'), 'a');
      a.on('error', ({ errorCode }) => log('error', errorCode));
      const map = client();
      await settle('add', map.addLayer(a));
      await map.getLayers()[0].setFeatureClickColumns(['forbidden']).catch(() => {});
      await idle();
    },
    answers({ kind, config }) {
      if (kind !== 'map' || !config.layers[0].options.interactivity.includes('forbidden')) return undefined;
      const error = { type: 'layer', message: 'column "forbidden" does not exist', layer: { id: 'a', index: 0, type: 'mapnik' } };
      return { status: 400, body: { errors: [error.message], errors_with_context: [error] } };
    },
  },
];
