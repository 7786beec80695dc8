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
        assert.deepEqual(ours.log, reference.log);
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
];
