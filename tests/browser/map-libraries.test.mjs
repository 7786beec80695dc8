// MapLibre and OpenLayers, every version that pages have: tiles, features, bounds, another style, and off again.
/* global client, told, source, style, cities, shown, lib, popup */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { colours, launch, openDocument, PAGE, SERVER, until, watchedPage, WEBGL } from './browser.mjs';

const SETTINGS = { apiKey: 'default_public', username: 'demo', serverUrl: `${SERVER}/user/{username}` };
const SIZE = { width: 600, height: 500 };

const MAPLIBRE = {
  'MapLibre 4': { files: 'maplibre-gl-4/dist', script: 'maplibre-gl.js', css: 'maplibre-gl.css', version: /^4\./ },
  'MapLibre 5': { files: 'maplibre-gl-5/dist', script: 'maplibre-gl.js', css: 'maplibre-gl.css', version: /^5\./ },
  'MapLibre 6': { files: 'maplibre-gl/dist', module: 'maplibre-gl.mjs', css: 'maplibre-gl.css', version: /^6\./ },
};
const OPENLAYERS = {
  'OpenLayers 9': { files: 'ol-9', script: 'dist/ol.js', css: 'ol.css', version: /^9\./ },
  'OpenLayers 10': { files: 'ol', script: 'dist/ol.js', css: 'ol.css', version: /^10\./ },
};

/** What a page does with each library, by the same names. */
const helpers = {
  maplibre() {
    const { maplibregl } = window;
    const style = { version: 8, sources: {}, layers: [{ id: 'sea', type: 'background', paint: { 'background-color': '#00ffff' } }] };
    const map = new maplibregl.Map({ container: 'map', style, center: [2.35, 48.86], zoom: 4, attributionControl: { compact: false } });
    window.lib = {
      version: maplibregl.version ?? maplibregl.getVersion?.(),
      map,
      layer: (client, options) => client.getMapLibreLayer(options).addTo(map),
      remove: (layer) => layer.remove(),
      isShown: (layer) => Boolean(map.getLayer(layer.id)),
      rest: () => map.areTilesLoaded() && map.isStyleLoaded() && !map.isMoving(),
      at: (lng, lat) => map.project([lng, lat]),
      jump: (lng, lat, zoom) => map.jumpTo({ center: [lng, lat], zoom: zoom - 1 }),
      turn: () => map.jumpTo({ bearing: 90, pitch: 40 }),
      box: () => new carto.filter.BoundingBoxMapLibre(map),
      restyle: () => map.setStyle({ ...style, layers: [{ ...style.layers[0], paint: { 'background-color': '#ffff00' } }] }, { diff: false }),
      cursor: () => map.getCanvas().style.cursor,
    };
  },
  openlayers() {
    const { ol } = window;
    const view = new ol.View({ center: ol.proj.fromLonLat([2.35, 48.86]), zoom: 5 });
    const map = new ol.Map({ target: 'map', view });
    let isResting = false;
    map.on('rendercomplete', () => (isResting = true));
    window.lib = {
      version: ol.util?.VERSION ?? ol.VERSION,
      map,
      layer(client, options) {
        const layer = client.getOpenLayersLayer(options);
        map.addLayer(layer);
        return layer;
      },
      remove: (layer) => map.removeLayer(layer),
      isShown: (layer) => map.getLayers().getArray().includes(layer),
      rest: () => isResting,
      at: (lng, lat) => {
        const [x, y] = map.getPixelFromCoordinate(ol.proj.fromLonLat([lng, lat]));
        return { x, y };
      },
      jump(lng, lat, zoom) {
        isResting = false;
        view.setCenter(ol.proj.fromLonLat([lng, lat]));
        view.setZoom(zoom);
      },
      turn: () => view.setRotation(Math.PI / 2),
      box: () => new carto.filter.BoundingBoxOpenLayers(map),
      cursor: () => map.getViewport().style.cursor,
    };
  },
};

describe('map libraries', { timeout: 300_000 }, () => {
  let browser;

  before(async () => {
    browser = await launch(WEBGL);
  });
  after(() => browser?.close());

  async function pageWith({ files, script, module, css, render }, begin) {
    const { page, seen } = await watchedPage(browser, { viewport: SIZE });
    await page.route('**/libraries/**', (route) => {
      const path = new URL(route.request().url()).pathname.split('/libraries/')[1];
      return route.fulfill({ path: fileURLToPath(new URL(`../../node_modules/${path}`, import.meta.url)) });
    });
    await openDocument(page);
    const tag = script ? `<script src="/libraries/${files}/${script}"></script>` : '';
    await page.setContent(`<!doctype html><link rel="icon" href="data:,"><link rel="stylesheet" href="/libraries/${files}/${css}">
      <style>body { margin: 0 } #map { width: 600px; height: 500px }</style><div id="map"></div>${tag}<script src="/pkg/carto.js"></script><script src="/pkg/carto.vector.js"></script>
      <carto-popup></carto-popup><script src="/pkg/carto.widgets.js"></script>`);
    if (module) {
      await page.evaluate(async (base) => {
        const library = await import(`${base}/maplibre-gl.mjs`);
        library.setWorkerUrl?.(`${base}/maplibre-gl-worker.mjs`);
        window.maplibregl = library;
      }, `${PAGE.replace(/\/$/, '')}/libraries/${files}`);
    }
    await page.evaluate(begin);
    await page.evaluate(([settings, render]) => {
      window.told = [];
      window.client = new carto.Client(settings);
      client.on('error', ({ message }) => told.push(message));
      window.source = new carto.source.SQL('SELECT * FROM cities WHERE pop_max > 2000000');
      window.style = new carto.style.CartoCSS('#l { marker-width: 30; marker-fill: #ff0000; marker-line-width: 0; marker-allow-overlap: true; }');
      window.cities = new carto.layer.Layer(source, style, { featureClickColumns: ['name'] });
      cities.on('featureClicked', ({ data, latLng }) => told.push([data.name, Math.abs(latLng.lat - 48.86) < 1.5 && Math.abs(latLng.lng - 2.35) < 1.5]));
      window.popup = Object.assign(document.querySelector('carto-popup'), { titleColumn: 'name', layer: cities, map: lib.map });
      /** What the popup says, and how far its tip is from a place. */
      popup.look = ([lng, lat]) => {
        const box = popup.shadowRoot.querySelector('[part="box"]');
        if (!box) return undefined;
        const [{ left, bottom }, at] = [box.getBoundingClientRect(), lib.at(lng, lat)];
        return [box.ariaLabel, Math.hypot(left + parseFloat(box.style.getPropertyValue('--_tip')) - at.x, bottom + 12 - at.y) < 3];
      };
      window.shown = lib.layer(client, { render });
      return client.addLayer(cities);
    }, [SETTINGS, render]);
    seen.console.length = 0;
    return { page, seen };
  }

  const red = async (page, at, expected, what) => {
    await until(async () => {
      const { x, y } = await page.evaluate(([lng, lat]) => lib.at(lng, lat), at);
      const [[colour] = []] = Object.entries(await colours(page, { x: Math.round(x) - 2, y: Math.round(y) - 2, width: 4, height: 4 })).sort(([, a], [, b]) => b - a);
      return colour === expected;
    }, what);
  };
  const PARIS = [2.35, 48.86];

  async function walk(name, library, begin) {
    const { page, seen } = await pageWith(library, begin);
    assert.match(await page.evaluate(() => lib.version), library.version);
    await red(page, PARIS, '#ff0000', `${name}: Paris in red`);

    const { x, y } = await page.evaluate(([lng, lat]) => lib.at(lng, lat), PARIS);
    await page.mouse.move(x + 60, y + 60);
    await until(async () => {
      await page.mouse.move(x + 3, y + 3);
      await page.mouse.move(x, y);
      return (await page.evaluate(() => lib.cursor())) === 'pointer';
    }, `${name}: a hand over Paris`);
    await page.mouse.click(x, y);
    await until(() => page.evaluate(() => told.length), `${name}: the click on Paris`);
    assert.deepEqual(await page.evaluate(() => told.splice(0)), [['Paris', true]]);

    // The popup is there, goes with its place, and leaves when the map is clicked elsewhere.
    const isAt = async (what) => {
      await until(async () => JSON.stringify(await page.evaluate((at) => popup.look(at), PARIS)) === '["Paris",true]', `${name}: the popup ${what}`);
    };
    await isAt('over Paris');
    await page.evaluate(() => lib.jump(0, 47, 5));
    await isAt('on a map that moved');
    await page.evaluate(() => lib.jump(2.35, 48.86, 5));
    await isAt('on a map that moved back');
    await page.mouse.click(x + 90, y + 90);
    await until(() => page.evaluate(() => !popup.isOpen), `${name}: no popup`);
    await page.mouse.move(x + 90, y + 91);
    await until(async () => (await page.evaluate(() => lib.cursor())) === '', `${name}: no hand beside Paris`);

    // Under a map that is turned the same place is elsewhere.
    await page.evaluate(() => lib.turn());
    await red(page, PARIS, '#ff0000', `${name}: Paris on a map that is turned`);
    const turned = await page.evaluate(([lng, lat]) => lib.at(lng, lat), PARIS);
    await until(async () => {
      await page.mouse.click(turned.x, turned.y);
      // A second click would be told, too, when the popup is closed already.
      return page.waitForFunction(() => told.length, null, { timeout: 3000 }).then(() => true, () => false);
    }, `${name}: the click on a map that is turned`);
    assert.deepEqual((await page.evaluate(() => told.splice(0)))[0], ['Paris', true]);
    // Its shadow lies over the place.
    await page.evaluate(() => popup.close());

    const counts = await page.evaluate(async () => {
      const seen = [];
      const count = new carto.dataview.Formula(source, 'cartodb_id', { operation: carto.operation.COUNT });
      count.on('dataChanged', ({ result }) => seen.push(result));
      count.addFilter(lib.box());
      await client.addDataview(count);
      const until = async (length) => {
        for (const end = Date.now() + 30_000; seen.length < length; await new Promise((done) => setTimeout(done, 20))) if (Date.now() > end) throw new Error(`data ${length}`);
      };
      await until(1);
      lib.jump(-150, -40, 6);
      await until(2);
      client.removeDataview(count);
      return seen;
    });
    assert.ok(counts[0] > 0 && counts.at(-1) === 0, `${name}: cities in view: ${counts}`);

    await page.evaluate(() => lib.jump(2.35, 48.86, 5));
    const images = () => seen.requests.filter(({ url }) => url.startsWith(SERVER) && /\.(png|mvt)\?/.test(url)).map(({ url }) => url.match(/\.(png|mvt)\?/)[1]);
    const maps = () => seen.requests.filter(({ url }) => /\/api\/v1\/map\?/.test(url)).length;
    if (library.render) {
      assert.deepEqual([...new Set(images())], ['mvt'], `${name}: what is asked for`);
      await until(() => page.evaluate(() => lib.rest()), `${name}: a map at rest`);
    }
    const asked = [images().length, maps()];
    await page.evaluate(() => style.setContent('#l { marker-width: 30; marker-fill: #0000ff; marker-line-width: 0; marker-allow-overlap: true; }'));
    await red(page, PARIS, '#0000ff', `${name}: Paris in blue`);
    if (library.render) assert.deepEqual([images().length, maps()], asked, `${name}: another style asks nobody`);

    // A copy of the world shows the same.
    await page.evaluate(() => lib.jump(362.35, 48.86, 5));
    await red(page, [362.35, 48.86], '#0000ff', `${name}: Paris once around the world`);

    const both = await page.evaluate(async (settings) => {
      const other = new carto.Client(settings);
      const layer = lib.layer(other, { opacity: 0.5 });
      await other.addLayer(new carto.layer.Layer(new carto.source.Dataset('cities'), new carto.style.CartoCSS('#l { marker-width: 3; }')));
      const isSame = shown === (client.getMapLibreLayer && lib.map.getCanvas ? client.getMapLibreLayer() : client.getOpenLayersLayer());
      const before = [lib.isShown(layer), lib.isShown(shown)];
      other.dispose();
      return [isSame, before, [lib.isShown(layer), lib.isShown(shown)]];
    }, SETTINGS);
    assert.deepEqual(both, [true, [true, true], [false, true]], name);

    const gone = await page.evaluate(() => {
      lib.remove(shown);
      const removed = lib.isShown(shown);
      lib.layer(client);
      const again = lib.isShown(shown);
      client.dispose();
      return [removed, again, lib.isShown(shown)];
    });
    assert.deepEqual(gone, [false, true, false], name);
    assert.deepEqual([seen.errors, seen.console.filter((line) => !/GPU stall|Performance|swiftshader/i.test(line)), await page.evaluate(() => told)], [[], [], []], name);
    return page;
  }

  for (const [name, library, begin] of [
    ['MapLibre 6', MAPLIBRE['MapLibre 6'], helpers.maplibre],
    ['OpenLayers 10', OPENLAYERS['OpenLayers 10'], helpers.openlayers],
  ]) {
    test(`${name}, drawn here`, async () => {
      const page = await walk(`${name}, drawn here`, { ...library, render: 'vector' }, begin);
      await page.close();
    });
  }

  for (const [name, library] of Object.entries(MAPLIBRE)) {
    test(name, async () => {
      const page = await walk(name, library, helpers.maplibre);
      // The map may go first.
      const error = await page.evaluate(async (settings) => {
        const client = new carto.Client(settings);
        client.getMapLibreLayer({ id: 'ours' }).addTo(lib.map);
        await client.addLayer(new carto.layer.Layer(new carto.source.Dataset('cities'), new carto.style.CartoCSS('#l { marker-width: 3; }')));
        lib.restyle();
        await new Promise((done) => lib.map.once('idle', done));
        const isBack = Boolean(lib.map.getLayer('ours'));
        lib.map.remove();
        client.dispose();
        return isBack ? '' : 'it did not come back after setStyle';
      }, SETTINGS);
      assert.equal(error, '');
      await page.close();
    });
  }

  test('any other library, by an adapter', async () => {
    const { page, seen } = await pageWith(OPENLAYERS['OpenLayers 10'], helpers.openlayers);
    const log = await page.evaluate(async () => {
      const log = [];
      const until = async (check) => {
        for (const end = Date.now() + 30_000; !check(); await new Promise((done) => setTimeout(done, 20))) if (Date.now() > end) throw new Error('waited in vain');
      };
      const connection = client.connectMap({
        showTiles: (addresses) => log.push(addresses.map((address) => /\/0\/{z}\/{x}\/{y}\.png\?/.test(address))),
        showCursor: (cursor) => log.push(cursor),
        remove: () => log.push('remove'),
      });
      const paris = { lat: 48.86, lng: 2.35, x: 1, y: 2, zoom: 5 };
      connection.pointerMoved(paris);
      await until(() => log.includes('pointer'));
      connection.clicked({ ...paris, lng: 722.35 });
      await until(() => told.length);
      log.push(told.pop()[0]);
      connection.pointerMoved({ ...paris, lat: 40 });
      connection.pointerMoved(paris);
      connection.pointerLeft();
      const tile = { address: 'http://127.0.0.1:9/', isShown: () => true, reload: () => log.push('reload') };
      connection.tileFailed(tile);
      await until(() => told.length);
      dispatchEvent(new Event('online'));
      await until(() => log.includes('reload'));
      connection.tileLoaded(tile);
      await style.setContent('#l { marker-width: 1; }');
      connection.disconnect();
      await style.setContent('#l { marker-width: 2; }');
      client.connectMap({ showTiles: () => {} });
      client.dispose();
      return log;
    });
    assert.deepEqual(log, [[true], 'pointer', 'auto', 'Paris', 'pointer', 'auto', 'reload', 'auto', [true]]);
    assert.deepEqual(seen.errors, []);
    await page.close();
  });

  for (const [name, library] of Object.entries(OPENLAYERS)) {
    test(name, async () => {
      const page = await walk(name, library, helpers.openlayers);
      const [without, other] = await page.evaluate(async (settings) => {
        const caught = (call) => {
          try {
            call();
          } catch (error) {
            return error.message;
          }
        };
        const { ol } = window;
        lib.map.setTarget(null);
        const client = new carto.Client(settings);
        window.ol = undefined;
        const without = caught(() => client.getOpenLayersLayer());
        const layer = client.getOpenLayersLayer({ TileLayer: ol.layer.Tile, XYZ: ol.source.XYZ, zIndex: 3 });
        const map = new ol.Map({ view: new ol.View({ projection: 'EPSG:4326', center: [0, 0], zoom: 1 }) });
        return [without, [layer.getZIndex(), caught(() => new carto.filter.BoundingBoxOpenLayers(map))]];
      }, SETTINGS);
      assert.equal(without, 'OpenLayers is required: give TileLayer of ol/layer/Tile and XYZ of ol/source/XYZ.');
      assert.deepEqual(other, [3, 'A map in Web Mercator (EPSG:3857) is needed, this one is in EPSG:4326.']);
      await page.close();
    });
  }
});
