// client.getGoogleMapsMapType and BoundingBoxGoogleMaps (spec 5.2, 2.16), on a stand-in of Google's documented interface.
export default [
  {
    name: 'the map type gives images: empty ones, then tiles, once each, wrapped around the world',
    rows: ['C-090', 'C-474…C-477'],
    async page({ client, layer, google, log, idle }) {
      const shown = client();
      const map = new google.maps.Map(document.body);
      const type = shown.getGoogleMapsMapType(map);
      log(type === shown.getGoogleMapsMapType(new google.maps.Map(document.body)), type.tileSize);
      const tile = (x, y, zoom) => {
        const image = type.getTile({ x, y }, zoom, document);
        const { nodeName, width, height, src } = image;
        return { nodeName, width, height, src: src.startsWith('data:') ? src : src.split('/').slice(-4).join('/'), key: image.getAttribute('gTileKey') };
      };
      log(tile(0, 0, 2));
      map.overlayMapTypes.push(type);
      await shown.addLayers([layer('one'), layer('two')]);
      await idle(600);
      log(tile(1, 2, 2), tile(5, 1, 2), tile(-1, 1, 2), tile(0, 9, 2));
      log(type.getTile({ x: 1, y: 1 }, 2, document) === type.getTile({ x: 1, y: 1 }, 2, document));
      log(tile(1, -1, 2).src);
      await idle(600);
    },
  },
  {
    name: 'new tiles and visibility set the map type anew at its place',
    rows: ['C-478', 'C-481'],
    async page({ client, layer, google, log, idle }) {
      const [one, two] = [client(), client()];
      const map = new google.maps.Map(document.body);
      map.overlayMapTypes.push('another');
      for (const shown of [one, two]) map.overlayMapTypes.push(shown.getGoogleMapsMapType(map));
      const set = [];
      map.overlayMapTypes.addListener('set_at', (index) => set.push(index));
      const [first, second] = [layer('first'), layer('second')];
      await one.addLayer(first);
      await idle(600);
      log('first map of one', set.splice(0));
      await two.addLayer(second);
      await idle(600);
      log('first map of two', set.splice(0));
      second.hide();
      await idle(600);
      log('hidden', set.splice(0), one.getGoogleMapsMapType(map).getTile({ x: 0, y: 0 }, 1, document).src.startsWith('http'), two.getGoogleMapsMapType(map).getTile({ x: 0, y: 0 }, 1, document).src.slice(0, 5));
      map.overlayMapTypes.removeAt(1);
      first.hide();
      await idle(600);
      log('not on the map', set.splice(0), map.overlayMapTypes.getLength());
    },
  },
  {
    name: 'a tile that fails is an error of the client',
    rows: ['C-479', 'C-399'],
    answers: ({ kind }) => (kind === 'tile' ? { status: 500, body: '' } : undefined),
    async page({ client, layer, google, listen, idle }) {
      const shown = client();
      const map = new google.maps.Map(document.body);
      const type = shown.getGoogleMapsMapType(map);
      map.overlayMapTypes.push(type);
      await shown.addLayer(layer('one'));
      await idle(600);
      listen(shown, 'client');
      document.body.append(type.getTile({ x: 0, y: 0 }, 1, document));
      await idle(600);
    },
  },
  {
    name: 'features are found under the pointer, and the cursor shows it',
    rows: ['C-480', 'C-482', 'C-490', 'C-492…C-494', 'C-498'],
    async page({ client, layer, google, log, idle }) {
      const shown = client();
      const map = new google.maps.Map(document.body, { zoom: 2 });
      map.overlayMapTypes.push(shown.getGoogleMapsMapType(map));
      const one = layer('one', { featureOverColumns: ['name'] });
      let told = false;
      for (const name of ['featureOver', 'featureOut', 'featureClicked']) one.on(name, (event) => told && log(name, event.data, event.latLng && [event.latLng.lat, event.latLng.lng].map(Math.round), event.position));
      await shown.addLayer(one);
      await idle(600);
      const fire = async (name, lat, lng) => {
        const domEvent = new MouseEvent(name);
        const latLng = new google.maps.LatLng(lat, lng);
        const over = new google.maps.OverlayView();
        over.setMap(map);
        google.maps.event.trigger(map, name, { latLng, pixel: over.getProjection().fromLatLngToContainerPixel(latLng), domEvent, da: domEvent });
        await idle(600);
        told && log(name, lat, lng, map.options.draggableCursor);
      };
      // The first move only fetches the grid: Q-95.
      await fire('mousemove', 10, 10);
      told = true;
      await fire('mousemove', 10, 10);
      await fire('mousemove', 10, 80);
      await fire('mousemove', 10, 12);
      await fire('click', 10, 12);
      await fire('click', 10, 80);
    },
  },
  {
    name: 'a click on features of several layers is told to all of them',
    rows: ['C-498', 'C-483'],
    async page({ client, layer, google, log, idle }) {
      const shown = client();
      const map = new google.maps.Map(document.body, { zoom: 2 });
      map.overlayMapTypes.push(shown.getGoogleMapsMapType(map));
      const layers = ['low', 'high'].map((id) => layer(id, { featureClickColumns: ['name'] }));
      for (const one of layers) one.on('featureClicked', () => log(one.getId()));
      await shown.addLayers(layers);
      await idle(600);
      for (let round = 0; round < 2; round++) {
        const domEvent = new MouseEvent('click');
        google.maps.event.trigger(map, 'click', { latLng: new google.maps.LatLng(10, 10), pixel: new google.maps.Point(7, 8), domEvent, da: domEvent });
        await idle(600);
      }
    },
    differs: {
      quirks: ['Q-62'],
      check({ reference, ours, assert }) {
        assert.ok(reference.log.length < 4, 'CARTO.js tells one');
        assert.deepEqual(ours.log.map(([id]) => id).sort(), ['high', 'high', 'low', 'low']);
      },
    },
  },
  {
    name: 'Google Maps must be there, and be new enough',
    rows: ['C-411', 'C-412', 'C-414'],
    async page({ carto, client, google, attempt, tag }) {
      const map = tag(new google.maps.Map(document.body), 'map');
      attempt('no map', () => new carto.filter.BoundingBoxGoogleMaps('map'));
      const { version } = google.maps;
      for (const old of ['2.9.9', '3.0.0', '3.30.9']) {
        google.maps.version = old;
        attempt(old, () => client().getGoogleMapsMapType(map));
      }
      google.maps.version = undefined;
      attempt('unknown', () => typeof client().getGoogleMapsMapType(map));
      google.maps.version = version;
      window.google = {};
      attempt('without maps', () => client().getGoogleMapsMapType(map));
      attempt('filter without maps', () => new carto.filter.BoundingBoxGoogleMaps(map));
      delete window.google;
      attempt('without Google', () => client().getGoogleMapsMapType(map));
    },
  },
];
