// carto.layer.Layer (spec 2.7).
export default [
  {
    name: 'a layer takes a source, then a style, then options, and checks them in this order',
    rows: ['C-119', 'C-329', 'C-330'],
    async page({ carto, attempt }) {
      const { source, style, layer } = carto;
      const [sql, dataset, css] = [new source.SQL('SELECT 1'), new source.Dataset('t'), new style.CartoCSS('#layer {}')];
      const make = (...values) => new layer.Layer(...values) instanceof layer.Layer;
      for (const [label, values] of Object.entries({
        'query': [sql, css], 'table': [dataset, css], 'no options': [sql, css, undefined], 'empty options': [sql, css, {}], 'unknown options': [sql, css, { foo: 1 }],
        'nothing': [], 'text as source': ['SELECT 1', css], 'null as source': [null, css], 'object as source': [{}, css], 'style as source': [css, css],
        'both exchanged': [css, sql], 'class as source': [source.SQL, css], 'no style': [sql], 'null as style': [sql, null], 'text as style': [sql, '#layer {}'],
        'object as style': [sql, {}], 'source as style': [sql, dataset], 'both wrong': [{}, {}], 'both wrong, and options': [{}, {}, null], 'style wrong, and options': [sql, {}, null],
        'number as options': [sql, css, 5], 'text as options': [sql, css, 'id'],
        'source before agreement': [{}, css, { featureClickColumns: ['a'], aggregation: { columns: { b: {} } } }],
        'style before agreement': [sql, {}, { featureClickColumns: ['a'], aggregation: { columns: { b: {} } } }],
      })) attempt(label, () => make(...values));
    },
  },
  {
    name: 'options that are null are a TypeError',
    rows: ['C-119'],
    async page({ carto, attempt }) {
      attempt('null', () => new carto.layer.Layer(new carto.source.SQL('SELECT 1'), new carto.style.CartoCSS('#layer {}'), null));
    },
    differs: {
      quirks: ['`null` in place of options is as good as none'],
      check({ reference, ours, assert }) {
        assert.deepEqual(reference.log, [['null', 'throws', { TypeError: true }]]);
        assert.deepEqual(ours.log, [['null', 'gives', '<object with events>']]);
      },
    },
  },
  {
    name: 'layers without an id are numbered, those that were refused too',
    rows: ['C-120', 'C-127'],
    async page({ carto, client, layer, attempt, settle, log }) {
      const style = new carto.style.CartoCSS('#layer {}');
      const source = new carto.source.Dataset('t');
      const make = (options) => new carto.layer.Layer(source, style, options);
      log(make().getId(), make({}).getId(), make({ id: 'mine' }).getId(), make({ visible: false }).getId());
      attempt('refused', () => new carto.layer.Layer({}, style));
      log(make().getId());
      attempt('refused for its columns', () => make({ featureClickColumns: ['a'], aggregation: { columns: { b: {} } } }));
      log(make().getId());
      for (const id of ['', 0, null, undefined, false, NaN, 5, true, 'L1', 'with blank', 'ü']) log(id, make({ id }).getId());
      const map = client();
      await settle('add', map.addLayers([make({ id: 7 }), make({ id: 'seven' }), make(), layer('named')]));
      log(map.getLayers().map((one) => one.getId()));
    },
  },
  {
    name: 'a client refuses a layer whose id it has',
    rows: ['C-120', 'C-127'],
    async page({ client, layer, attempt, settle, log }) {
      const map = client();
      const a = layer('a');
      await settle('add', map.addLayers([a, layer('5')]));
      attempt('the same layer', () => map.addLayer(a));
      attempt('another layer', () => map.addLayer(layer('a')));
      attempt('two of one list', () => client().addLayers([layer('b'), layer('b')]));
      await settle('remove', map.removeLayer(a));
      await settle('its id is free', map.addLayer(layer('a')));
      log(map.getLayers().map((one) => one.getId()));
    },
  },
  {
    name: 'columns for clicks are columns of grids and attributes, those for hovering of grids only',
    rows: ['C-121', 'C-122', 'C-132', 'C-134', 'C-141'],
    async page({ client, layer, log, settle }) {
      const columns = {
        none: {}, empty: { featureClickColumns: [], featureOverColumns: [] }, click: { featureClickColumns: ['a', 'b'] }, over: { featureOverColumns: ['c', 'b'] },
        both: { featureClickColumns: ['a', 'b'], featureOverColumns: ['b', 'c', 'a'] }, twice: { featureClickColumns: ['a', 'a'], featureOverColumns: ['a', 'b', 'b'] },
        id: { featureClickColumns: ['cartodb_id', 'a'], featureOverColumns: ['cartodb_id'] },
        undefined: { featureClickColumns: undefined, featureOverColumns: undefined },
      };
      const all = Object.entries(columns).map(([id, options]) => layer(id, options));
      for (const one of all) log(one.getId(), one.isInteractive(), one.getFeatureClickColumns(), one.getFeatureOverColumns());
      await settle('add', client().addLayers(all));
    },
  },
  {
    name: 'columns of the options are not checked',
    rows: ['C-121', 'C-122', 'C-132', 'C-134'],
    async page({ client, layer, log, settle }) {
      const a = layer('a', { featureClickColumns: [1, '2'], featureOverColumns: [3] });
      log(a.getFeatureClickColumns(), a.getFeatureOverColumns());
      await settle('add', client().addLayer(a));
    },
    differs: {
      quirks: ['columns of a new layer that are no texts'],
      check({ reference, ours, assert }) {
        assert.deepEqual([reference.log[0], ours.log[0]], [[[1, '2'], [3]], [['2'], []]]);
        const sent = ({ maps }) => maps[0].config.layers[0].options;
        assert.deepEqual([sent(reference).interactivity, sent(ours).interactivity].map((list) => list && [].concat(list)), [['cartodb_id', 1, '2', 3], ['cartodb_id', '2']]);
      },
    },
  },
  {
    name: 'getters of columns give the list that was set',
    rows: ['C-132', 'C-134'],
    async page({ client, layer, log, settle }) {
      const [click, over, next, last] = [['a'], ['b'], ['c'], ['d']];
      const a = layer('a', { featureClickColumns: click, featureOverColumns: over });
      log(a.getFeatureClickColumns() === click, a.getFeatureOverColumns() === over, a.getFeatureOverColumns() === a.getFeatureOverColumns());
      await a.setFeatureClickColumns(next);
      log(a.getFeatureClickColumns() === next);
      await settle('add', client().addLayer(a));
      await settle('set', a.setFeatureOverColumns(last));
      log(a.getFeatureClickColumns() === next, a.getFeatureOverColumns() === last);
    },
  },
  {
    name: 'visible counts if it is a boolean, and hidden layers are sent like others',
    rows: ['C-123', 'C-139', 'C-140'],
    async page({ client, layer, settle, log }) {
      const all = [true, false, undefined, null, 0, 1, '', 'no', [], {}].map((visible, index) => layer(`l${index}`, { visible }));
      for (const one of all) log(one.isVisible(), one.isHidden());
      await settle('add', client().addLayers(all));
      for (const one of all) log(one.isVisible(), one.isHidden());
    },
  },
  {
    name: 'options of aggregation are sent as they are, unless they are empty',
    rows: ['C-124'],
    async page({ carto, client, layer, settle }) {
      const { Aggregation } = carto.layer;
      const columns = { n: { aggregateFunction: 'sum', aggregatedColumn: 'x' } };
      const options = {
        made: new Aggregation({ threshold: 1, resolution: 4, placement: 'centroid', columns }), least: new Aggregation({ threshold: 5, resolution: 0.5 }),
        plain: { threshold: 1, resolution: 8, columns: { n: { aggregate_function: 'avg', aggregated_column: 'y' } } }, other: { foo: 'bar', threshold: 'x' }, empty: {}, none: undefined,
      };
      const all = Object.entries(options).map(([id, aggregation]) => layer(id, { aggregation }));
      await settle('add', client().addLayers(all));
    },
  },
  {
    name: 'columns of events must be columns of the aggregation, which only the constructor checks',
    rows: ['C-124', 'C-334', 'C-133', 'C-135'],
    async page({ client, layer, attempt, settle, idle, log }) {
      const aggregation = { threshold: 1, resolution: 4, columns: { a: { aggregate_function: 'sum', aggregated_column: 'x' }, b: { aggregate_function: 'avg', aggregated_column: 'y' } } };
      const make = (options) => layer('l', { aggregation, ...options }).getId();
      for (const [label, options] of Object.entries({
        'no columns': {}, 'all there': { featureClickColumns: ['a', 'b'], featureOverColumns: ['b'] }, 'one missing': { featureClickColumns: ['a', 'c'] },
        'several missing': { featureClickColumns: ['c', 'a', 'd', 'e'] }, 'missing for over': { featureOverColumns: ['c', 'd'] }, 'both missing': { featureClickColumns: ['c'], featureOverColumns: ['d'] },
        'over missing': { featureClickColumns: ['a'], featureOverColumns: ['cartodb_id'] }, 'cartodb_id': { featureClickColumns: ['cartodb_id'] }, 'the aggregated column': { featureClickColumns: ['x'] },
        'inherited name': { featureClickColumns: ['constructor'] },
        'aggregation without columns': { aggregation: { threshold: 1, resolution: 1 }, featureClickColumns: ['c'] }, 'without any columns': { aggregation: { columns: {} }, featureOverColumns: ['c'] },
        'no aggregation': { aggregation: {}, featureClickColumns: ['c'] }, 'undefined': { aggregation: undefined, featureClickColumns: ['c'] },
      })) attempt(label, () => make(options));
      const map = client();
      const a = layer('a', { aggregation, featureClickColumns: ['a'] });
      await settle('add', map.addLayer(a));
      await settle('click', a.setFeatureClickColumns(['c']));
      await settle('over', a.setFeatureOverColumns(['d']));
      await idle();
      log(a.getFeatureClickColumns(), a.getFeatureOverColumns());
    },
  },
  {
    name: 'minzoom is always sent, maxzoom if it is set',
    rows: ['C-125', 'C-126'],
    async page({ client, layer, settle }) {
      const zooms = [
        {}, { minzoom: 3 }, { maxzoom: 12 }, { minzoom: 2, maxzoom: 9 }, { minzoom: 0, maxzoom: 0 }, { minzoom: null, maxzoom: null }, { minzoom: undefined, maxzoom: undefined },
        { minzoom: 9, maxzoom: 2 }, { minzoom: 1.5, maxzoom: 30.5 }, { minzoom: -1, maxzoom: -1 }, { minzoom: false, maxzoom: false },
      ];
      await settle('add', client().addLayers(zooms.map((options, index) => layer(`l${index}`, options))));
    },
  },
  {
    name: 'zooms are sent as they are given',
    rows: ['C-125', 'C-126'],
    async page({ client, layer, settle }) {
      await settle('add', client().addLayer(layer('a', { minzoom: '4', maxzoom: '8' })));
    },
  },
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
  {
    name: 'hide and show change the tiles at once and ask for no map',
    rows: ['C-136', 'C-137', 'C-138', 'C-139', 'C-140'],
    async page({ client, layer, settle, idle, log, map, tag }) {
      const maps = client();
      const native = maps.getLeafletLayer().addTo(map());
      const [a, b, c] = ['a', 'b', 'c'].map((id) => tag(layer(id), id));
      const drawn = () => log('drawn', [...new Set([...native.getContainer().querySelectorAll('img')].map(({ src }) => (/\/([^/]+)\/\d+\/\d+\/\d+\.png/.exec(src) ?? [src])[1]))]);
      await settle('add', maps.addLayers([a, b, c]));
      await idle();
      drawn();
      log(b.hide(), b.isVisible(), b.isHidden());
      drawn();
      log(b.hide(), a.toggle(), a.isVisible(), a.isHidden());
      drawn();
      log(c.hide());
      drawn();
      log(b.show(), b.show(), b.isVisible(), b.isHidden(), c.toggle(), a.toggle());
      drawn();
      await idle();
      drawn();
      // A hidden layer stays hidden over requests.
      c.hide();
      await settle('query', c.getSource().setQuery('SELECT 2'));
      drawn();
      log(a.isVisible(), b.isVisible(), c.isVisible());
      await idle();
    },
  },
  {
    name: 'hide and show before the layer is on a map',
    rows: ['C-136…C-140'],
    async page({ client, layer, settle, idle, log, tag, map }) {
      const [a, b] = ['a', 'b'].map((id) => tag(layer(id, { visible: id === 'a' }), id));
      log(a.hide(), a.isVisible(), b.show(), b.isVisible(), b.toggle(), b.isVisible(), b.toggle(), b.isVisible());
      const maps = client();
      maps.getLeafletLayer().addTo(map());
      await settle('add', maps.addLayers([a, b]));
      await idle();
      log(a.isVisible(), b.isVisible());
    },
  },
  {
    name: 'visibilityChanged comes once per change',
    rows: ['C-148'],
    async page({ client, layer, settle, idle, log }) {
      const a = layer('a');
      a.on('visibilityChanged', () => log('visibilityChanged', a.isVisible()));
      a.show().hide().hide().show().show().toggle().toggle();
      await settle('add', client().addLayer(a));
      a.show().hide().hide().show().show().toggle().toggle();
      await idle();
    },
  },
  {
    name: 'visibilityChanged carries the visibility',
    rows: ['C-148'],
    async page({ layer, listen }) {
      listen(layer('a'), 'a').hide().show().toggle();
      listen(layer('b', { visible: false }), 'b').show().hide();
    },
    differs: {
      quirks: ['Q-01'],
      check({ reference, ours, assert }) {
        const told = (values) => ['a', 'a', 'a', 'b', 'b'].map((name, index) => [name, 'visibilityChanged', values[index]]);
        assert.deepEqual(reference.log, told([false, false, false, false, false]));
        assert.deepEqual(ours.log, told([false, true, false, true, false]));
      },
    },
  },
  {
    name: 'setOrder, bringToBack and bringToFront move a layer of a client',
    rows: ['C-142…C-144'],
    async page({ client, layer, listen, attempt, settle, idle, log, tag }) {
      const map = listen(client(), 'client');
      const [a, b, c] = ['a', 'b', 'c'].map((id) => tag(layer(id), id));
      await settle('add', map.addLayers([a, b, c]));
      const steps = {
        'a to 1': () => a.setOrder(1), 'a to 1 again': () => a.setOrder(1), 'c to the back': () => c.bringToBack(), 'again': () => c.bringToBack(),
        'c to the front': () => c.bringToFront(), 'and again': () => c.bringToFront(), 'b to 2': () => b.setOrder(2),
      };
      for (const [label, step] of Object.entries(steps)) {
        await settle(label, step());
        log(map.getLayers());
        await idle();
      }
      for (const wrong of [undefined, null, '1', -1, 3, 99]) attempt(`to ${wrong}`, () => a.setOrder(wrong));
      log(map.getLayers());
    },
  },
  {
    name: 'setOrder and bringToBack of a layer on no client resolve and check nothing',
    rows: ['C-142', 'C-143'],
    async page({ layer, settle }) {
      const a = layer('a');
      await settle('1', a.setOrder(1));
      await settle('wrong', a.setOrder('wrong'));
      await settle('nothing', a.setOrder());
      await settle('back', a.bringToBack());
    },
  },
  {
    name: 'bringToFront of a layer on no client resolves',
    rows: ['C-144'],
    async page({ layer, attempt, settle, log }) {
      const promise = attempt('front', () => layer('a').bringToFront());
      if (promise) await settle('front', promise);
      log('done');
    },
    differs: {
      quirks: ['Q-48'],
      check({ reference, ours, assert }) {
        assert.deepEqual(reference.log, [['front', 'throws', { TypeError: true }], ['done']]);
        assert.deepEqual(ours.log, [['front', 'gives', '<promise>'], ['front', 'resolves', '<undefined>'], ['done']]);
      },
    },
  },
  {
    name: 'errors of a layer go to the layer, those that speak of style to its style',
    rows: ['C-149', 'C-116'],
    async page({ client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const [a, b] = ['a', 'b'].map((id) => listen(layer(id), id));
      for (const one of [a, b]) {
        listen(one.getStyle(), `style of ${one.getId()}`);
        listen(one.getSource(), `source of ${one.getId()}`);
      }
      await settle('1', map.addLayers([a, b]));
      for (let number = 2; number < 8; number += 1) {
        await settle(`${number}`, a.getSource().setQuery(`SELECT ${number}`));
        await idle();
      }
    },
    answers({ kind, number }) {
      const of = (id, message) => ({ type: 'layer', message, layer: { id, index: 0, type: 'mapnik' } });
      const all = {
        2: [of('a', 'something of a')], 3: [of('a', 'something of a'), of('b', 'style0:1:2 something')], 4: [of('b', 'the column lifestyle is wrong')],
        5: [of('a', 'STYLE is not style in capitals: Style')], 6: [of('nobody', 'of nobody')], 7: [of('a', 'STYLE')],
      };
      if (kind !== 'map' || !all[number]) return undefined;
      return { status: 400, body: { errors: all[number].map(({ message }) => message), errors_with_context: all[number] } };
    },
  },
  {
    name: 'feature events tell what is under the pointer',
    rows: ['C-150…C-152', 'C-141'],
    async page({ client, layer, settle, idle, map, L, log }) {
      const maps = client();
      const target = map();
      maps.getLeafletLayer().addTo(target);
      const layers = [layer('clicks', { featureClickColumns: ['name'] }), layer('hovers', { featureOverColumns: ['name'] }), layer('none')];
      for (const one of layers) {
        for (const event of ['featureClicked', 'featureOver', 'featureOut', 'featureError']) one.on(event, (...values) => log(one.getId(), event, ...values));
      }
      await settle('add', maps.addLayers(layers));
      await idle();
      // The left half of each tile is a feature.
      const send = async (type, x, y) => {
        log(type, x, y);
        const containerPoint = L.point(x, y);
        target.fire(type, { latlng: target.containerPointToLatLng(containerPoint), layerPoint: target.containerPointToLayerPoint(containerPoint), containerPoint });
        await idle();
      };
      await send('mousemove', 10, 10);
      await send('mousemove', 200, 10);
      await send('mousemove', 20, 30);
      await send('click', 20, 30);
      await send('click', 200, 30);
      await send('mousemove', 10, 10);
      layers[0].hide();
      await send('mousemove', 10, 10);
      layers[0].show();
      await send('click', 20, 10);
      // What a page removed hears nothing.
      layers[1].off('featureOver');
      await send('mousemove', 20, 20);
    },
  },
  {
    name: 'a grid that cannot be read is a featureError',
    rows: ['C-153'],
    async page({ client, layer, listen, settle, idle, map, L }) {
      const maps = client();
      const target = map();
      maps.getLeafletLayer().addTo(target);
      const a = listen(layer('a', { featureClickColumns: ['name'] }), 'a');
      await settle('add', maps.addLayer(a));
      await idle();
      const containerPoint = L.point(10, 10);
      target.fire('mousemove', { latlng: target.containerPointToLatLng(containerPoint), layerPoint: target.containerPointToLayerPoint(containerPoint), containerPoint });
      await idle();
    },
    answers: ({ kind }) => (kind === 'grid' ? { status: 429, body: { errors: ['You are over platform\'s limits.'], errors_with_context: [{ type: 'limit', subtype: 'render', message: 'You are over platform\'s limits.' }] } } : undefined),
    differs: {
      quirks: ['Q-54'],
      check({ reference, ours, assert, equal }) {
        equal('maps');
        const errors = ({ log }) => log.filter(([, event]) => event === 'featureError').map(([, , { CartoError }]) => [CartoError.code, CartoError.origin]);
        assert.deepEqual(errors(reference), []);
        assert.deepEqual(errors(ours), [['windshaft:limit:over-platform-limits', 'windshaft']]);
      },
    },
  },
];
