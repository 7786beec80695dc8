// client.getLeafletLayer (spec 5.1).
export default [
  {
    name: 'the layer is a tile layer with defaults of its own, and options of the first call count',
    rows: ['C-089', 'C-459…C-464'],
    async page({ client, L, log, map }) {
      const shown = client();
      const native = shown.getLeafletLayer({ minZoom: 1, zIndex: 7, className: 'mine', pane: 'overlayPane', crossOrigin: true, errorTileUrl: 'data:,' });
      log(native instanceof L.TileLayer, native === shown.getLeafletLayer({ opacity: 0.1 }), native.setUrl);
      const { opacity, maxZoom, attribution, minZoom, zIndex, className, pane, crossOrigin, errorTileUrl, tileSize, tms } = native.options;
      log({ opacity, maxZoom, attribution, minZoom, zIndex, className, pane, crossOrigin, errorTileUrl, tileSize, tms });
      const other = client().getLeafletLayer({ opacity: 0.5, maxZoom: 5, attribution: 'mine' });
      log(other.options.opacity, other.options.maxZoom, other.options.attribution, client().getLeafletLayer().options.opacity);
      for (const name of ['addTo', 'remove', 'removeFrom', 'setOpacity', 'setZIndex', 'bringToFront', 'bringToBack', 'redraw', 'getContainer']) log(name, typeof native[name]);
      const place = map();
      native.addTo(place);
      other.addTo(place);
      log(place.attributionControl.getContainer().innerHTML.includes(carto.ATTRIBUTION.split('&copy; ')[1].split('</a>')[0]), place.attributionControl.getContainer().textContent.includes('mine'));
    },
  },
  {
    name: 'nothing is shown before there is something to show; then tiles come, and change only with their address',
    rows: ['C-465', 'C-469', 'C-470', 'C-471', 'C-453', 'C-454'],
    async page({ client, layer, map, log, idle }) {
      const shown = client();
      const native = shown.getLeafletLayer();
      const place = map();
      const tiles = () => [...new Set([...place.getContainer().querySelectorAll('img.leaflet-tile')].map(({ src }) => (src.startsWith('data:') ? src : 'tile')))];
      let redrawn = 0;
      log(native.addTo(place) === native);
      log(tiles());
      native.on('loading', () => (redrawn += 1));
      const [one, two] = [layer('one'), layer('two')];
      await shown.addLayers([one, two]);
      await idle(600);
      log(tiles(), native._url.split('/').slice(-4), native.options.subdomains);
      const before = redrawn;
      await one.getSource().setQuery(one.getSource().getQuery());
      await idle(600);
      log('the same map again', redrawn - before);
      one.hide();
      await idle(600);
      log('hidden', native._url.split('/').at(-4), redrawn - before > 0);
      two.hide();
      await idle(600);
      log('all hidden', native._url, tiles());
      one.show();
      await idle(600);
      log('shown', native._url.split('/').at(-4), tiles());
    },
  },
  {
    name: 'tiles come from the hosts that the server names',
    rows: ['C-469', 'C-451', 'C-455'],
    answers(request, usual) {
      if (request.kind !== 'map') return undefined;
      const answer = usual();
      const [host] = /127\.0\.0\.1:\d+/.exec(JSON.stringify(answer.body)) ?? [''];
      answer.body.cdn_url = { http: host, https: host, templates: { http: { url: `http://${host}/{s}/user`, subdomains: ['a', 'b'] }, https: { url: 'https://{s}.test', subdomains: ['c'] } } };
      return answer;
    },
    async page({ client, layer, map, log, idle }) {
      const shown = client();
      const native = shown.getLeafletLayer().addTo(map());
      await shown.addLayer(layer('one'));
      await idle(600);
      log(native._url, native.options.subdomains);
    },
  },
  {
    name: 'the layer leaves the map, and comes back, without features in between',
    rows: ['C-466', 'C-468'],
    async page({ client, layer, map, log, idle, L }) {
      const shown = client();
      const one = layer('one', { featureClickColumns: ['name'] });
      const told = [];
      one.on('featureClicked', ({ data }) => told.push(data.name));
      const native = shown.getLeafletLayer();
      const place = map();
      native.addTo(place);
      await shown.addLayer(one);
      await idle(600);
      const click = (lat, lng) => {
        const latlng = L.latLng(lat, lng);
        place.fire('click', { latlng, containerPoint: place.latLngToContainerPoint(latlng), layerPoint: place.latLngToLayerPoint(latlng) });
      };
      click(10, 10);
      await idle(600);
      log(told.splice(0), native.remove() === native, place.hasLayer(native));
      click(10, 12);
      await idle(600);
      log('off', told.splice(0));
      native.addTo(place);
      click(10, 14);
      await idle(600);
      log('on again', told.splice(0), place.getContainer().querySelectorAll('img.leaflet-tile').length > 0);
    },
    differs: {
      quirks: ['grids of a layer that comes back'],
      check({ reference, ours, assert, equal }) {
        for (const what of ['log', 'maps', 'errors']) equal(what);
        assert.deepEqual([reference.grids.length, ours.grids.length], [2, 1]);
      },
    },
  },
  {
    name: 'the map itself may add and remove the layer',
    rows: ['C-467', 'C-468'],
    async page({ client, layer, map, log, idle, L, attempt }) {
      const shown = client();
      const one = layer('one', { featureClickColumns: ['name'] });
      const told = [];
      one.on('featureClicked', ({ data }) => told.push(data.name));
      const native = shown.getLeafletLayer();
      const place = map();
      await shown.addLayer(one);
      const click = (lng) => {
        const latlng = L.latLng(10, lng);
        place.fire('click', { latlng, containerPoint: place.latLngToContainerPoint(latlng), layerPoint: place.latLngToLayerPoint(latlng) });
      };
      attempt('map.addLayer', () => void place.addLayer(native));
      await idle(600);
      click(10);
      await idle(600);
      log(told.splice(0));
      attempt('map.removeLayer', () => void place.removeLayer(native));
      click(12);
      await idle(600);
      log(told.splice(0));
      attempt('group', () => void L.layerGroup([native]).addTo(place));
      click(14);
      await idle(600);
      log(told.splice(0));
    },
    differs: {
      quirks: ['Q-57'],
      check({ reference, ours, assert }) {
        assert.deepEqual(reference.log[0], ['map.addLayer', 'throws', { TypeError: true }]);
        assert.deepEqual(ours.log, [
          ['map.addLayer', 'gives', '<undefined>'], [['feature of 0']], ['map.removeLayer', 'gives', '<undefined>'], [[]], ['group', 'gives', '<undefined>'], [['feature of 0']],
        ]);
      },
    },
  },
  {
    name: 'Leaflet must be there, and be new enough',
    rows: ['C-409', 'C-410', 'C-413'],
    async page({ carto, client, attempt, map, tag }) {
      const place = tag(map(), 'map');
      const { L } = window;
      attempt('no map', () => new carto.filter.BoundingBoxLeaflet('map'));
      window.L = { ...L, version: '0.7.7' };
      attempt('old layer', () => client().getLeafletLayer());
      attempt('old filter', () => new carto.filter.BoundingBoxLeaflet(place));
      delete window.L;
      attempt('no layer', () => client().getLeafletLayer());
      attempt('no filter', () => new carto.filter.BoundingBoxLeaflet({}));
      window.L = L;
    },
  },
];
