// The native layers, events and promises of carto.Client (spec 2.3).
const TILE_ERROR = (request) => (request.kind === 'tile' ? { status: 404, body: { errors: ['no tile'] } } : undefined);

export default [
  {
    name: 'getLeafletLayer gives one layer with the options of the first call',
    rows: ['C-089', 'C-094'],
    async page({ L, carto, client, log }) {
      const map = client();
      const layer = map.getLeafletLayer({ opacity: 0.5, minZoom: 2, attribution: 'mine' });
      log(layer instanceof L.TileLayer, layer === map.getLeafletLayer(), layer === map.getLeafletLayer({ opacity: 1 }));
      log(layer.options.opacity, layer.options.minZoom, layer.options.maxZoom, layer.options.attribution);
      // Leaflet 1.8 and later give each layer options of its own: Q-58 was seen with older ones.
      const plain = client().getLeafletLayer();
      log(plain === layer, plain.options.opacity, plain.options.maxZoom, plain.options.minZoom, plain.options.attribution === carto.ATTRIBUTION);
    },
  },
  {
    name: 'getLeafletLayer needs Leaflet 1.0 when it is called, not before',
    rows: ['C-089', 'C-003'],
    async page({ L, carto, client, attempt, log }) {
      const version = L.version;
      delete window.L;
      const map = client();
      attempt('without', () => map.getLeafletLayer());
      attempt('filter without', () => new carto.filter.BoundingBoxLeaflet({}));
      window.L = L;
      for (const other of ['0.7.7', '0.9', '1.0.0-rc.1', '1.0.0', '1.3.4', '1.9.4']) {
        L.version = other;
        attempt(other, () => client().getLeafletLayer() instanceof L.TileLayer);
      }
      L.version = version;
      attempt('with', () => map.getLeafletLayer() instanceof L.TileLayer);
      log(map.getLeafletLayer() === map.getLeafletLayer());
    },
  },
  {
    name: 'getGoogleMapsMapType gives one map type per client',
    rows: ['C-090'],
    async page({ google, client, log, attempt }) {
      const div = document.createElement('div');
      document.body.append(div);
      const [one, two] = [new google.maps.Map(div, { center: { lat: 0, lng: 0 }, zoom: 2 }), new google.maps.Map(div, { center: { lat: 0, lng: 0 }, zoom: 2 })];
      const map = client();
      const type = map.getGoogleMapsMapType(one);
      log(type === map.getGoogleMapsMapType(one), type === map.getGoogleMapsMapType(two), type === map.getGoogleMapsMapType());
      log(type.tileSize.width, type.tileSize.height, typeof type.getTile, client().getGoogleMapsMapType(one) === type);
      attempt('without a map', () => typeof client().getGoogleMapsMapType());
    },
  },
  {
    name: 'getGoogleMapsMapType needs Google Maps 3.31',
    rows: ['C-090', 'C-003'],
    async page({ google, carto, client, attempt }) {
      const div = document.createElement('div');
      const target = new google.maps.Map(div, { center: { lat: 0, lng: 0 }, zoom: 2 });
      const version = google.maps.version;
      delete window.google;
      attempt('without', () => client().getGoogleMapsMapType(target));
      attempt('filter without', () => new carto.filter.BoundingBoxGoogleMaps(target));
      window.google = {};
      attempt('other google', () => client().getGoogleMapsMapType(target));
      window.google = google;
      for (const other of [undefined, '3.30.9', '3.31.0', '3.47.2', '3.9']) {
        google.maps.version = other;
        if (other !== '3.9') attempt(`${other}`, () => typeof client().getGoogleMapsMapType(target));
      }
      google.maps.version = version;
    },
  },
  {
    name: 'Google Maps 3.100 is newer than 3.31',
    rows: ['C-090'],
    async page({ google, client, attempt }) {
      const target = new google.maps.Map(document.createElement('div'), { center: { lat: 0, lng: 0 }, zoom: 2 });
      google.maps.version = '3.100.1';
      attempt('3.100', () => typeof client().getGoogleMapsMapType(target));
    },
    differs: {
      quirks: ['Q-67'],
      check({ reference, ours, assert }) {
        assert.deepEqual(reference.log, [['3.100', 'throws', { Error: 'Google Maps version should be >= 3.31' }]]);
        assert.deepEqual(ours.log, [['3.100', 'gives', 'object']]);
      },
    },
  },
  {
    name: 'success has no arguments and comes once per good answer, before promises',
    rows: ['C-091', 'C-093'],
    async page({ client, layer, log, idle }) {
      const map = client();
      map.on('success', (...values) => log('success', values.length));
      map.on('error', (...values) => log('error', values.length));
      const a = layer('a');
      const promises = [map.addLayer(a), map.addLayer(layer('b')), a.getSource().setQuery('SELECT 2')];
      promises.forEach((promise) => promise.then((value) => log('resolved', value)));
      await Promise.all(promises);
      await idle();
      await map.addLayer(layer('c')).then((value) => log('resolved', value));
      await idle();
    },
  },
  {
    name: 'error tells what the server said, with the layer that it named',
    rows: ['C-092', 'C-093', 'C-321'],
    async page({ client, layer, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const bad = listen(layer('bad', { css: '#layer { bad-rule: 1; }' }), 'bad');
      map.on('error', (error) => log(error.layer === bad, error.name, Object.keys(error).includes('layer')));
      await settle('add', map.addLayers([listen(layer('good'), 'good'), bad]));
      await idle();
      await settle('mend', map.removeLayer(bad));
      await idle();
    },
  },
  {
    name: 'error tells each image that could not be loaded',
    rows: ['C-092'],
    async page({ client, layer, listen, settle, idle, map }) {
      const carto = listen(client(), 'client');
      await settle('add', carto.addLayer(listen(layer('a'), 'a')));
      carto.getLeafletLayer().addTo(map());
      await idle(600);
    },
    answers: TILE_ERROR,
  },
  {
    name: 'promises do not wait for tiles',
    rows: ['C-093'],
    async page({ client, layer, map, log, idle }) {
      const carto = client();
      carto.getLeafletLayer().addTo(map());
      const loaded = () => [...document.querySelectorAll('.leaflet-tile')].filter(({ src, complete }) => src.startsWith('http') && complete).length;
      await carto.addLayer(layer('a'));
      log('when resolved', loaded());
      await idle();
      log('later', loaded() > 0);
    },
    // Tiles come long after the answer of the map.
    answers: (request, usual) => (request.kind === 'tile' ? { ...usual(), delay: 1500 } : undefined),
  },
  {
    name: 'a client without connection tells an error without detail',
    rows: ['C-092', 'C-093', 'C-325'],
    async page({ client, layer, listen, settle, idle }) {
      // Nothing listens at port 9.
      const map = listen(client({ serverUrl: 'http://127.0.0.1:9/user/u' }), 'client');
      await settle('add', map.addLayer(layer('a')));
      await idle();
    },
  },
  {
    name: 'two clients have lists, requests and answers of their own',
    rows: ['C-094'],
    async page({ carto, client, layer, listen, settle, idle, log }) {
      const one = listen(client(), 'one');
      const two = listen(client({ apiKey: 'other' }), 'two');
      await settle('one', one.addLayer(listen(layer('a'), 'a1')));
      await settle('two', two.addLayer(listen(layer('a', { sql: 'SELECT 2' }), 'a2')));
      const formula = listen(new carto.dataview.Formula(new carto.source.SQL('SELECT 3'), 'c'), 'formula');
      await settle('two', two.addDataview(formula));
      await idle();
      log(one.getLayers(), two.getLayers(), one.getDataviews(), two.getDataviews());
      await settle('bad', two.addLayer(listen(layer('b', { sql: 'SELECT * FROM no_such_table' }), 'b')));
      await idle();
      await settle('one', one.getLayers()[0].getSource().setQuery('SELECT 4'));
      await idle();
      log(one.getLeafletLayer() === two.getLeafletLayer());
    },
  },
  {
    name: 'layers and sources of all clients are numbered together',
    rows: ['C-094'],
    async page({ client, layer, log, settle }) {
      const [one, two] = [client(), client()];
      const layers = [layer(), layer(), layer()];
      log(layers.map((each) => [each.getId(), each.getSource().getId()]));
      // Which of two clients is answered first is the network's.
      const added = [one.addLayer(layers[0]), two.addLayers(layers.slice(1))];
      await settle('one', added[0]);
      await settle('two', added[1]);
    },
  },
];
