// The native layer as Leaflet's users handle it, and the pointer over it.
import assert from 'node:assert/strict';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Answers, pageFor } from './answers.mjs';
import { launch } from './browser.mjs';

/** Waits in vain at most as long as a test may take. */
const until = async (check) => {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 5));
};

describe('the Leaflet layer', { timeout: 240_000 }, () => {
  let answers, browser, page, seen;

  before(async () => {
    answers = await Answers.start();
    browser = await launch();
    ({ page, seen } = await pageFor(browser, answers));
    await page.evaluate(() => {
      window.makeMap = (options) => {
        window.shown?.remove();
        window.shown = L.map('map', { fadeAnimation: false, zoomAnimation: false, ...options }).setView([0, 0], 2);
        return window.shown;
      };
      window.fire = (name, lat, lng) => {
        const latlng = L.latLng(lat, lng);
        window.shown.fire(name, { latlng, containerPoint: window.shown.latLngToContainerPoint(latlng), layerPoint: window.shown.latLngToLayerPoint(latlng) });
      };
      window.tiles = () => [...document.querySelectorAll('.leaflet-tile-container img')].map((tile) => tile.src);
      window.told = (layer) => {
        const log = [];
        layer.on('all', (name, event) => name.startsWith('feature') && log.push([name, event]));
        return log;
      };
    });
  });
  beforeEach(() => page.evaluate(() => void window.makeMap()));
  afterEach(() => answers.reset());
  after(async () => {
    await browser?.close();
    answers?.stop();
  });

  test('is a tile layer with defaults of its own, which options override', async () => {
    const result = await page.evaluate(() => {
      const [plain, other] = [window.makeClient(), window.makeClient()];
      const native = plain.getLeafletLayer();
      const given = other.getLeafletLayer({ opacity: 0.5, maxZoom: 9, attribution: 'Ours', zIndex: 7, className: 'mine' });
      const pick = ({ options: { opacity, maxZoom, attribution, zIndex, className } }) => [opacity, maxZoom, attribution, zIndex, className];
      return {
        kind: native instanceof L.TileLayer,
        same: plain.getLeafletLayer({ opacity: 0 }) === native,
        plain: pick(native),
        given: pick(given),
        setUrl: native.setUrl,
        chained: native.addTo(window.shown) === native && native.remove() === native,
        prototype: L.TileLayer.prototype.options.opacity,
      };
    });
    const { plain, ...rest } = result;
    assert.deepEqual(plain.slice(0, 2), [0.99, 30]);
    assert.match(plain[2], /OpenStreetMap.*CARTO/);
    assert.deepEqual(rest, { kind: true, same: true, given: [0.5, 9, 'Ours', 7, 'mine'], setUrl: undefined, chained: true, prototype: 1 });
  });

  test('may be on the map before there is anything to show, and shows who is to be named', async () => {
    const steps = await page.evaluate(async () => {
      const client = window.makeClient();
      const native = client.getLeafletLayer().addTo(window.shown);
      const attribution = document.querySelector('.leaflet-control-attribution').textContent;
      const early = window.tiles().map((src) => src.slice(0, 14));
      const loaded = new Promise((resolve) => native.on('load', () => native._url.startsWith('http') && resolve()));
      const layer = window.makeLayer();
      await client.addLayer(layer);
      await loaded;
      const there = window.tiles();
      layer.hide();
      await window.until(() => window.tiles().length && window.tiles().every((src) => src.startsWith('data:')));
      native.remove();
      return { attribution, early: [...new Set(early)], there: there.length, real: there.every((src) => src.startsWith('http')), gone: document.querySelector('.leaflet-control-attribution').textContent };
    });
    assert.match(steps.attribution, /OpenStreetMap contributors, © CARTO/);
    assert.doesNotMatch(steps.gone, /CARTO/);
    assert.deepEqual([steps.early, steps.real], [['data:image/gif'], true]);
    assert.ok(steps.there >= 4);
  });

  for (const [what, add, remove] of [
    ['its own methods', 'native.addTo(map)', 'native.remove()'],
    ["the map's methods", 'map.addLayer(native)', 'map.removeLayer(native)'],
    ['a group', 'window.group = L.layerGroup([native]).addTo(map)', 'window.group.remove()'],
    ['removeFrom', 'native.addTo(map)', 'native.removeFrom(map)'],
  ]) {
    test(`comes, goes and comes again by ${what}, and the pointer with it`, async () => {
      const counts = await page.evaluate(
        async ([addText, removeText]) => {
          const map = window.shown;
          const client = window.makeClient();
          const layer = window.makeLayer('a', { featureOverColumns: ['name'] });
          const native = client.getLeafletLayer();
          const [add, remove] = [addText, removeText].map((text) => new Function('map', 'native', text).bind(null, map, native));
          const log = window.told(layer);
          const before = ['mousemove', 'click', 'mouseout'].map((name) => map.listens(name));
          await client.addLayer(layer);
          const counts = [];
          for (let round = 0; round < 3; round++) {
            add();
            window.fire('mousemove', 10, 10);
            await window.until(() => log.length > 0);
            counts.push(log.length, window.tiles().length > 0);
            log.length = 0;
            remove();
            log.length = 0;
            window.fire('mousemove', 10, 10);
            window.fire('click', 10, 10);
            await window.wait(20);
            counts.push(log.length, window.tiles().length > 0);
          }
          return { counts, before, after: ['mousemove', 'click', 'mouseout'].map((name) => map.listens(name)) };
        },
        [add, remove],
      );
      assert.deepEqual(counts.counts, [1, true, 0, false, 1, true, 0, false, 1, true, 0, false]);
      assert.deepEqual(counts.after, counts.before, 'no listener stays on the map');
    });
  }

  test('takes tiles and grids from the hosts that the server names', async () => {
    answers.instead = ({ kind, config }) =>
      kind === 'map'
        ? { body: {
            layergroupid: 'cdn:1',
            metadata: { layers: config.layers.map(({ id }) => ({ type: 'mapnik', id })) },
            cdn_url: { http: 'nowhere.test', https: 'nowhere.test', templates: { http: { url: `${answers.origin}/host-{s}`, subdomains: ['a', 'b', 'c'] } } },
          } }
        : undefined;
    await page.evaluate(async () => {
      const client = window.makeClient();
      const layer = window.makeLayer('a', { featureOverColumns: ['name'] });
      const native = client.getLeafletLayer().addTo(window.shown);
      await client.addLayer(layer);
      await new Promise((resolve) => native.once('load', resolve));
      const over = new Promise((resolve) => layer.on('featureOver', resolve));
      window.fire('mousemove', 10, 10);
      await over;
    });
    const hosts = new Set(answers.of('tile').map(({ pathname }) => /^\/host-(\w)\/u\/api\/v1\/map\/cdn:1\/0\//.exec(pathname)?.[1]));
    assert.ok(hosts.size >= 2 && !hosts.has(undefined), `${[...hosts]}`);
    assert.match(answers.of('grid')[0].pathname, /^\/host-a\/u\/api\/v1\/map\/cdn:1\/0\/2\/2\/1\.grid\.json$/);
  });

  test('a tile that fails is an error of the client, once for each', async () => {
    // An address that no tile came from before, or the browser would take it from its memory.
    const map = { layergroupid: 'failing:1', metadata: { layers: [{ type: 'mapnik', id: 'layer0' }] } };
    answers.instead = ({ kind }) => (kind === 'tile' ? { status: 500, body: '' } : { body: map });
    const { events, errors, failed } = await page.evaluate(async () => {
      const client = window.makeClient();
      const errors = [];
      let failed = 0;
      client.on('error', (error) => errors.push(error));
      const native = client.getLeafletLayer().addTo(window.shown);
      native.on('tileerror', () => failed++);
      await client.addLayer(window.makeLayer());
      await window.until(() => errors.length >= 4 && errors.length === failed);
      return { events: errors.map((error) => `${error.errorCode} ${error.message} ${error instanceof carto.CartoError}`), errors: errors.length, failed };
    });
    assert.equal(errors, failed);
    assert.deepEqual([...new Set(events)], ['windshaft:tile:generic-tile-error Some tiles might not be rendering correctly. true']);
    seen.console.length = 0;
  });

  test('tiles that failed come when the server is back, and errors say why they failed', async () => {
    const map = { layergroupid: 'outage:1', metadata: { layers: [{ type: 'mapnik', id: 'layer0' }] } };
    let isDown = true;
    answers.instead = ({ kind }) => (kind === 'map' ? { body: map } : kind === 'tile' && isDown ? { status: 502, body: '' } : undefined);
    const by = (what) => answers.of('tile').filter(({ headers }) => headers['sec-fetch-dest'] === what).length;
    const errors = await page.evaluate(async () => {
      const client = window.makeClient();
      const errors = [];
      window.outage = { told: [], errors, native: client.getLeafletLayer().addTo(window.shown) };
      client.on('success', () => window.outage.told.push('success'));
      client.on('error', ({ errorCode, status, reason, hint, message }) => errors.push([errorCode, status, reason, typeof hint, message]));
      await client.addLayer(window.makeLayer());
      await window.until(() => errors.length >= 4 && errors.length === window.tiles().length);
      return errors;
    });
    const { length: tiles } = errors;
    assert.deepEqual([...new Set(errors.map(String))], ['windshaft:tile:generic-tile-error,502,not-json,string,Some tiles might not be rendering correctly.']);
    assert.deepEqual([by('image'), by('empty')], [tiles, 1]);
    // While the server is down one tile is tried at a time, without a word.
    await page.evaluate(() => dispatchEvent(new Event('online')));
    await until(() => by('empty') === 2);
    assert.equal(by('image'), tiles + 1);
    isDown = false;
    const { told, loaded, all } = await page.evaluate(async () => {
      const { told, native, errors } = window.outage;
      // Nobody sees the page, then somebody does.
      Object.defineProperty(document, 'hidden', { configurable: true, value: true });
      dispatchEvent(new Event('online'));
      const hidden = told.length;
      await window.wait(100);
      delete document.hidden;
      document.dispatchEvent(new Event('visibilitychange', { bubbles: true }));
      await window.until(() => told.length === 2);
      const images = Object.values(native._tiles).map(({ el }) => el);
      const loaded = images.filter((image) => image.complete && image.naturalWidth).length;
      native.remove();
      return { told: [hidden, ...told], loaded, all: errors.length };
    });
    assert.deepEqual(told, [1, 'success', 'success'], 'of the map, and of the tiles');
    assert.deepEqual([loaded, all], [tiles, tiles]);
    seen.console.length = 0;
  });

  test('tiles that the server refuses, or that went off the map, are not asked for again', async () => {
    const map = (layergroupid) => ({ layergroupid, metadata: { layers: [{ type: 'mapnik', id: 'layer0' }] } });
    let status = 403;
    answers.instead = ({ kind, number }) => (kind === 'map' ? { body: map(`refusing${number}:1`) } : kind === 'tile' && status ? { status, body: '' } : undefined);
    await page.evaluate(async () => {
      window.outage = { errors: 0, client: window.makeClient() };
      window.outage.client.on('error', () => window.outage.errors++);
      window.outage.native = window.outage.client.getLeafletLayer().addTo(window.shown);
      window.outage.layer = window.makeLayer();
      await window.outage.client.addLayer(window.outage.layer);
      await window.until(() => window.outage.errors >= 4 && window.outage.errors === window.tiles().length);
      // Those that failed after the first answer are tried once.
      dispatchEvent(new Event('online'));
      await window.wait(100);
      dispatchEvent(new Event('online'));
    });
    const tiles = await page.evaluate(() => window.tiles().length);
    status = 500;
    await page.evaluate(async (tiles) => {
      const { layer, native, errors } = window.outage;
      await layer.getSource().setQuery('SELECT 2');
      await window.until(() => window.outage.errors === errors + tiles);
      native.remove();
      await window.wait(50);
    }, tiles);
    const of = (map) => answers.of('tile').filter(({ url }) => url.includes(map)).length;
    const second = of('/refusing2:1/');
    await page.evaluate(async () => {
      dispatchEvent(new Event('online'));
      await window.wait(100);
    });
    assert.ok(of('/refusing1:1/') <= tiles + 3, 'one question, and one that is tried with its own');
    assert.equal(of('/refusing2:1/'), second);
    seen.console.length = 0;
  });

  test('a grid of a server that was down comes when the pointer needs it', async () => {
    let isDown = true;
    answers.instead = ({ kind }) => (kind === 'grid' && isDown ? { status: 502, body: '' } : undefined);
    const names = () => page.evaluate(() => window.log.map(([name]) => name));
    await page.evaluate(async () => {
      const client = window.makeClient();
      const layer = window.makeLayer('a', { featureOverColumns: ['name'] });
      client.getLeafletLayer().addTo(window.shown);
      await client.addLayer(layer);
      window.log = window.told(layer);
      window.fire('mousemove', 10, 10);
      await window.until(() => window.log.length > 0);
      window.fire('mousemove', 10, 11);
      dispatchEvent(new Event('online'));
      window.fire('mousemove', 10, 12);
    });
    await until(() => answers.of('grid').length === 2);
    isDown = false;
    await page.evaluate(async () => {
      for (let at = 0; !window.log[1]; at = (at + 1) % 10) {
        await window.wait(50);
        dispatchEvent(new Event('online'));
        window.fire('mousemove', 10, 10 + at / 10);
      }
    });
    assert.deepEqual((await names()).slice(0, 2), ['featureError', 'featureOver']);
    assert.equal(answers.of('grid').length, 3);
    seen.console.length = 0;
  });

  test('a grid that fails is told once, and is asked for again with the next map', async () => {
    answers.instead = ({ kind, number }) => (kind === 'grid' && number === 1 ? { status: 400, body: { errors: ['no'] } } : undefined);
    const log = await page.evaluate(async () => {
      const client = window.makeClient();
      const layer = window.makeLayer('a', { featureOverColumns: ['name'] });
      const errors = [];
      client.on('error', (error) => errors.push(error.errorCode));
      layer.on('error', (error) => errors.push(error.errorCode));
      client.getLeafletLayer().addTo(window.shown);
      await client.addLayer(layer);
      const log = window.told(layer);
      window.fire('mousemove', 10, 10);
      await window.until(() => log.length > 0);
      window.fire('mousemove', 10, 11);
      const first = log.length;
      await layer.getSource().setQuery('SELECT 2');
      window.fire('mousemove', 10, 10);
      await window.until(() => log.length > 1);
      return { first, names: log.map(([name]) => name), errors };
    });
    assert.deepEqual(log, { first: 1, names: ['featureError', 'featureOver'], errors: [] });
    seen.console.length = 0;
  });

  test('finds features in other copies of the world and between zoom levels', async () => {
    const found = await page.evaluate(async () => {
      window.makeMap({ zoomSnap: 0 });
      const client = window.makeClient();
      const layer = window.makeLayer('a', { featureOverColumns: ['name'] });
      client.getLeafletLayer().addTo(window.shown);
      await client.addLayer(layer);
      const log = window.told(layer);
      const at = async (lng) => {
        log.length = 0;
        window.fire('mousemove', 10, lng);
        await window.until(() => log.length > 0);
        const [name, { data, latLng }] = log[0];
        return [name, data?.name ?? null, latLng?.lng ?? null];
      };
      const found = [await at(10), await at(370), await at(-350), await at(80)];
      window.shown.setView([0, 0], 2.4);
      found.push(await at(10), await at(80));
      return found;
    });
    assert.deepEqual(found, [
      ['featureOver', 'Here', 10], ['featureOver', 'Here', 370], ['featureOver', 'Here', -350], ['featureOut', null, null],
      ['featureOver', 'Here', 10], ['featureOut', null, null],
    ]);
    const asked = new Set(answers.of('grid').map(({ pathname }) => /\d+\/\d+\/\d+\.grid/.exec(pathname)[0]));
    assert.deepEqual([...asked], ['2/2/1.grid'], 'one grid serves all of them');
  });

  test('a click of the mouse itself is a click', async () => {
    await page.evaluate(async () => {
      const client = window.makeClient();
      const layer = window.makeLayer('a', { featureClickColumns: ['name'] });
      client.getLeafletLayer().addTo(window.shown);
      await client.addLayer(layer);
      window.log = window.told(layer);
    });
    const box = await page.evaluate(() => document.querySelector('#map').getBoundingClientRect().toJSON());
    const [x, y] = [box.x + box.width / 2 + 20, box.y + box.height / 2 - 20];
    await page.mouse.move(x, y);
    await page.waitForFunction(() => window.log.length > 0);
    await page.mouse.down();
    await page.mouse.up();
    await page.waitForFunction(() => window.log.some(([name]) => name === 'featureClicked'));
    const clicked = await page.evaluate(() => window.log.find(([name]) => name === 'featureClicked')[1]);
    assert.deepEqual(clicked.data, { cartodb_id: 1, name: 'Here' });
    assert.deepEqual(clicked.position, { x: Math.round(box.width / 2 + 20), y: Math.round(box.height / 2 - 20) });
    await page.mouse.move(x + 4, y);
    await page.waitForFunction(() => window.log.at(-1)[0] === 'featureOver');
    await page.mouse.move(box.x + box.width + 30, box.y + box.height + 30);
    await page.waitForFunction(() => window.log.at(-1)[0] === 'featureOut');
  });

  test('needs Leaflet 1, or a map of an imported one, and says so', async () => {
    const messages = await page.evaluate(() => {
      const { L } = window;
      const message = (call) => { try { call(); return null; } catch (error) { return error.message; } };
      const both = () => [message(() => window.makeClient().getLeafletLayer()), message(() => new carto.filter.BoundingBoxLeaflet(window.shown))];
      const messages = [message(() => new carto.filter.BoundingBoxLeaflet({ getBounds() {} }))];
      window.L = { ...L, version: '0.7.7' };
      messages.push(...both());
      delete window.L;
      messages.push(...both(), message(() => new carto.filter.BoundingBoxLeaflet({ getBounds() {} })));
      window.L = L;
      return messages;
    });
    const [old, none] = ['Leaflet +1.0 is required', 'Leaflet is required'];
    assert.deepEqual(messages, ['Bounding box requires a Leaflet map but got: [object Object]', old, old, none, null, none]);
  });

  test('nothing else reached the console', () => {
    assert.deepEqual([seen.errors, seen.console], [[], []]);
  });
});
