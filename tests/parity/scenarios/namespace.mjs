// The global `carto` and everything below it (spec 1).
export default [
  {
    name: 'the global carto is there on the line after the script, and leaves the page as it was',
    rows: ['C-001', 'C-004'],
    async page({ carto, log }) {
      log(typeof window.carto, window.carto === carto, Object.keys(window).includes('carto'));
      for (const name of ['fetch', 'Promise']) log(name, /\[native code\]/.test(Function.prototype.toString.call(window[name])));
      // A second script tag runs in one go: what follows it may call at once.
      delete window.carto;
      const again = document.createElement('script');
      again.textContent = await (await fetch('/carto.js')).text();
      document.head.append(again);
      log(typeof window.carto, new window.carto.source.SQL('SELECT 1').getQuery());
    },
  },
  {
    name: 'no other global appears',
    rows: ['C-001'],
    async page({ client, layer, log }) {
      await client().addLayer(layer());
      const frame = document.createElement('iframe');
      document.body.append(frame);
      const before = new Set([...Object.getOwnPropertyNames(frame.contentWindow), 'L', 'leaflet', 'google', 'parity', 'parityIdle']);
      log(Object.getOwnPropertyNames(window).filter((name) => !before.has(name) && !/^(\d+|__|_cdbc_)/.test(name)).sort());
    },
    differs: {
      quirks: ['Q-68'],
      check({ reference, ours, assert, equal }) {
        assert.ok(reference.log[0][0].includes('Backbone'));
        assert.deepEqual(ours.log, [[['carto']]]);
        equal('maps');
      },
    },
  },
  {
    name: 'it loads without Leaflet and Google Maps, which only the members that need them ask for',
    rows: ['C-003'],
    async page({ L, google, attempt, log, server }) {
      for (const name of ['L', 'google', 'carto']) delete window[name];
      const again = document.createElement('script');
      again.textContent = await (await fetch('/carto.js')).text();
      document.head.append(again);
      const { Client, source, style, layer, filter } = window.carto;
      const client = new Client({ apiKey: 'k', username: 'u', serverUrl: `${server}/user/u` });
      await client.addLayer(new layer.Layer(new source.Dataset('t'), new style.CartoCSS('#layer {}')));
      log(client.getLayers().length);
      attempt('Leaflet layer', () => client.getLeafletLayer());
      attempt('Leaflet filter', () => new filter.BoundingBoxLeaflet({}));
      attempt('Google filter', () => new filter.BoundingBoxGoogleMaps({}));
      attempt('Google map type', () => client.getGoogleMapsMapType({}));
      // What comes later is found.
      Object.assign(window, { L, google });
      attempt('Leaflet layer', () => client.getLeafletLayer() instanceof L.TileLayer);
    },
  },
  {
    name: 'trackJs is told of every error that is made',
    rows: ['C-005'],
    async page({ carto, client, layer, attempt, settle, idle, log }) {
      window.trackJs = { track: (error) => log('track', error) };
      attempt('no key', () => new carto.Client({}));
      attempt('no query', () => new carto.source.SQL());
      attempt('bad layer', () => client().addLayer({}));
      await settle('bad query', client().addLayer(layer('a', { sql: 'SELECT * FROM no_such_table' })));
      await idle();
      const tracked = [];
      window.trackJs = { track: (error) => tracked.push(error.message) };
      const map = client();
      map.on('error', () => log('error'));
      await settle('bad text', map.addLayer(layer('a', { css: '#layer { bad-rule: 1; }' })));
      log('some', tracked.length > 0, [...new Set(tracked)]);
    },
  },
  {
    name: 'a trackJs that throws or is something else harms nobody',
    rows: ['C-005'],
    async page({ carto, attempt }) {
      window.trackJs = {
        track() {
          throw new Error('of trackJs');
        },
      };
      attempt('no key', () => new carto.Client({}));
      for (const other of [{}, 1, 'x', null, { track: 1 }]) {
        window.trackJs = other;
        attempt('no key', () => new carto.Client({}));
      }
    },
  },
  {
    name: 'the whole tree of names and constants',
    rows: ['C-006', 'C-008…C-042'],
    async page({ carto, log }) {
      const tree = (value) => {
        if (typeof value === 'function') {
          const own = Object.keys(value).sort();
          return ['function', Object.fromEntries(own.map((key) => [key, tree(value[key])]))];
        }
        return typeof value === 'object' ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, tree(value[key])])) : value;
      };
      const { version, CartoError, auth, ...rest } = carto;
      // What ours adds (see "What it adds" in the docs of differences) is taken out; CARTO.js has none of it.
      void [CartoError, auth];
      const { BoundingBoxMapLibre, BoundingBoxOpenLayers, ...filter } = rest.filter;
      void [BoundingBoxMapLibre, BoundingBoxOpenLayers];
      rest.filter = filter;
      log('version', typeof version);
      log(tree(rest));
      const { status, timeAggregation } = carto.dataview;
      const { operation, placement } = carto.layer.Aggregation;
      for (const group of [carto.events, carto.operation, status, timeAggregation, carto.layer.events, operation, placement]) log(group);
      log(carto.ATTRIBUTION);
    },
  },
  {
    name: 'names that documentation suggests are not there',
    rows: ['C-006'],
    async page({ carto, client, layer, log }) {
      const { source, style, layer: layers, dataview, filter } = carto;
      log([source.Base, style.Base, layers.Base, layers.metadata, dataview.Base, filter.Base, filter.SQLBase, filter.FiltersCollection, carto.isGoogleMaps]);
      log([carto.layer.Aggregation.operation.COUNT, dataview.timeAggregation.SECOND, client().removeDataviews, client().getSource, layer().remove]);
    },
  },
  {
    name: 'constants and namespaces can be written to',
    rows: ['C-006'],
    async page({ carto, log }) {
      log(['events', 'operation', 'source', 'style', 'layer', 'dataview', 'filter'].map((name) => Object.isFrozen(carto[name])), Object.isFrozen(carto));
      carto.operation.MEDIAN = 'median';
      carto.mine = 1;
      log(carto.operation.MEDIAN, carto.mine);
    },
  },
  {
    name: 'the version is that of the client parameter',
    rows: ['C-007'],
    async page({ carto, client, layer, log }) {
      const sent = [];
      const note = (url) => sent.push(new URL(url, location.href).searchParams.get('client'));
      const asked = window.fetch;
      window.fetch = (what, ...rest) => (note(what.url ?? what), asked(what, ...rest));
      new MutationObserver((records) => {
        for (const { addedNodes } of records) for (const node of addedNodes) if (node.src) note(node.src);
      }).observe(document, { childList: true, subtree: true });
      await client().addLayer(layer());
      log(carto.version, /^\d+\.\d+\.\d+/.test(carto.version), sent.filter(Boolean), sent.some((name) => name?.endsWith(`-${carto.version}`)));
    },
    differs: {
      quirks: ['`client` parameter `js-4.2.2`, `carto.version` 4.2.2'],
      check({ reference, ours, assert, equal }) {
        assert.deepEqual(reference.log, [['4.2.2', true, ['js-4.2.2'], true]]);
        const [[version, form, sent, same]] = ours.log;
        assert.deepEqual([form, sent, same], [true, [`wasm-${version}`], true]);
        equal('maps');
      },
    },
  },
  {
    name: 'every class makes instances of itself with its methods',
    rows: ['C-043…C-061'],
    async page({ carto, google, settings, map, attempt, log }) {
      const { source, style, layer, dataview, filter } = carto;
      const sql = new source.SQL('SELECT 1');
      const google_map = new google.maps.Map(document.createElement('div'), { center: { lat: 0, lng: 0 }, zoom: 2 });
      const makers = {
        Client: [carto.Client, () => new carto.Client(settings())],
        Dataset: [source.Dataset, () => new source.Dataset('t')],
        SQL: [source.SQL, () => sql],
        CartoCSS: [style.CartoCSS, () => new style.CartoCSS('#layer {}')],
        Layer: [layer.Layer, () => new layer.Layer(sql, new style.CartoCSS('#layer {}'))],
        Formula: [dataview.Formula, () => new dataview.Formula(sql, 'c')],
        CategoryView: [dataview.Category, () => new dataview.Category(sql, 'c')],
        Histogram: [dataview.Histogram, () => new dataview.Histogram(sql, 'c')],
        TimeSeries: [dataview.TimeSeries, () => new dataview.TimeSeries(sql, 'c')],
        BoundingBox: [filter.BoundingBox, () => new filter.BoundingBox()],
        BoundingBoxLeaflet: [filter.BoundingBoxLeaflet, () => new filter.BoundingBoxLeaflet(map())],
        BoundingBoxGoogleMaps: [filter.BoundingBoxGoogleMaps, () => new filter.BoundingBoxGoogleMaps(google_map)],
        Circle: [filter.Circle, () => new filter.Circle()],
        Polygon: [filter.Polygon, () => new filter.Polygon()],
        Category: [filter.Category, () => new filter.Category('c', { in: ['x'] })],
        Range: [filter.Range, () => new filter.Range('c', { lt: 1 })],
        AND: [filter.AND, () => new filter.AND([])],
        OR: [filter.OR, () => new filter.OR([])],
      };
      // Documented and inherited members of all classes: each object has those of its class, and no others.
      const members = `on off once trigger listenTo listenToOnce stopListening bind unbind addLayer addLayers removeLayer removeLayers moveLayer getLayers
        addDataview addDataviews removeDataview getDataviews getLeafletLayer getGoogleMapsMapType getId getFilters addFilter addFilters removeFilter removeFilters
        getTableName setTableName getQuery setQuery getContent setContent getSource setSource getStyle setStyle getFeatureClickColumns setFeatureClickColumns
        getFeatureOverColumns setFeatureOverColumns hide show toggle isVisible isHidden isInteractive setOrder bringToBack bringToFront getStatus isLoading isLoaded
        hasError enable disable isEnabled getColumn setColumn hasFilter getData getOperation setOperation getLimit setLimit getOperationColumn setOperationColumn
        getBins setBins getStart getEnd setStartEnd getDistributionType getAggregation setAggregation getOffset setOffset useLocalTimezone isUsingLocalTimezone
        setBounds resetBounds getBounds setCircle resetCircle getCircle setPolygon resetPolygon getPolygon set setFilters resetFilters count`.split(/\s+/);
      for (const [name, [type, make]] of Object.entries(makers)) {
        const made = attempt(name, () => make());
        if (!made) continue;
        log(name, made instanceof type, made instanceof Object, Object.values(makers).filter(([other]) => other && made instanceof other).length);
        log(name, members.filter((member) => typeof made[member] === 'function'));
      }
      const plain = new layer.Aggregation({ threshold: 1, resolution: 4 });
      log('Aggregation', plain instanceof layer.Aggregation, Object.getPrototypeOf(plain) === Object.prototype, plain);
    },
  },
  {
    name: 'a client, dataviews and filters of rows need new',
    rows: ['C-043', 'C-049…C-052', 'C-058…C-061'],
    async page({ carto, settings, attempt }) {
      const { source, dataview, filter } = carto;
      const sql = new source.SQL('SELECT 1');
      const calls = {
        Client: () => carto.Client(settings()), Formula: () => dataview.Formula(sql, 'c'), Category: () => dataview.Category(sql, 'c'),
        Histogram: () => dataview.Histogram(sql, 'c'), TimeSeries: () => dataview.TimeSeries(sql, 'c'),
        FilterCategory: () => filter.Category('c', {}), Range: () => filter.Range('c', {}), AND: () => filter.AND([]), OR: () => filter.OR([]),
      };
      for (const [name, call] of Object.entries(calls)) attempt(name, call);
    },
  },
  {
    name: 'sources, styles, layers and spatial filters need new',
    rows: ['C-044…C-047', 'C-053', 'C-056', 'C-057'],
    async page({ carto, attempt, log }) {
      const { source, style, layer, filter } = carto;
      const sql = new source.SQL('SELECT 1');
      const css = new style.CartoCSS('#layer {}');
      const calls = {
        Dataset: () => source.Dataset('t'), SQL: () => source.SQL('SELECT 1'), CartoCSS: () => style.CartoCSS('#layer {}'), Layer: () => layer.Layer(sql, css),
        BoundingBox: () => filter.BoundingBox(), Circle: () => filter.Circle(), Polygon: () => filter.Polygon(),
      };
      for (const [name, call] of Object.entries(calls)) attempt(name, call);
      log(Object.keys(style).length, Object.keys(source).length);
    },
    differs: {
      quirks: ['called without `new`'],
      check({ reference, ours, assert }) {
        assert.deepEqual(reference.log.slice(0, 7).map(([, how, value]) => [how, value]), Array(7).fill(['gives', '<undefined>']));
        assert.ok(reference.log[7][0] > 1 && reference.log[7][1] > 2);
        assert.deepEqual(ours.log.slice(0, 7).map(([, how, value]) => [how, value]), Array(7).fill(['throws', { TypeError: true }]));
        assert.deepEqual(ours.log[7], [1, 2]);
      },
    },
  },
  {
    name: 'classes can be extended',
    rows: ['C-045', 'C-047'],
    async page({ carto, client, settle, log }) {
      class Query extends carto.source.SQL {
        half() {
          return this.getQuery().slice(0, 6);
        }
      }
      class Mine extends carto.layer.Layer {
        getId() {
          return `mine ${super.getId()}`;
        }
      }
      const query = new Query('SELECT 1');
      const mine = new Mine(query, new carto.style.CartoCSS('#layer {}'), { id: 'a' });
      log(query.half(), query instanceof carto.source.SQL, query instanceof Query, mine.getId(), mine instanceof carto.layer.Layer, mine.getSource() === query);
      await settle('add', client().addLayer(mine));
    },
  },
];
