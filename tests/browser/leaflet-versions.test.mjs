// Every Leaflet that pages have, from 1.0 to the module of 2.0: tiles that fail and come, features, bounds, and off again.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { Answers } from './answers.mjs';
import { launch, PAGE, watchedPage } from './browser.mjs';

const SCRIPTS = { '1.0.3': 'leaflet-1.0', '1.3.4': 'leaflet-1.3', '1.7.1': 'leaflet-1.7', '1.9.4': 'leaflet' };
const MODULE = { '2.0.0-alpha.1': 'leaflet-2/dist/leaflet-src.js' };

const file = (path) => readFile(new URL(`../../node_modules/${path}`, import.meta.url), 'utf8');

/** What a page does with a map; runs in the page. Version 2 speaks of pointers where version 1 speaks of the mouse. */
async function play({ origin, version, move }) {
  const { L } = window;
  const fail = (what) => {
    throw new Error(`waited in vain for ${what}`);
  };
  const until = async (check, what) => {
    for (const end = Date.now() + 30_000; !check(); await new Promise((resolve) => setTimeout(resolve, 20))) if (Date.now() > end) fail(what);
  };
  const options = { fadeAnimation: false, zoomAnimation: false, center: [0, 0], zoom: 2 };
  const map = version.startsWith('2') ? new L.Map('map', options) : L.map('map', options);
  const client = new carto.Client({ apiKey: 'default_public', username: 'u', serverUrl: `${origin}/user/{username}` });
  const source = new carto.source.SQL('SELECT 1');
  const layer = new carto.layer.Layer(source, new carto.style.CartoCSS('#l {}'), { featureClickColumns: ['name'] });
  const told = [];
  for (const name of ['featureOver', 'featureOut', 'featureClicked']) layer.on(name, ({ data }) => told.push([name, data?.name]));
  let errors = 0;
  client.on('error', () => errors++);
  const native = client.getLeafletLayer({ leaflet: L, opacity: 0.5 }).addTo(map);
  await client.addLayer(layer);
  // The server fails once for each.
  await until(() => errors > 3, 'errors');
  globalThis.dispatchEvent(new Event('online'));
  await until(() => document.querySelectorAll('.leaflet-tile-loaded').length > 3, 'tiles');
  const images = [...document.querySelectorAll('.leaflet-tile')].map(({ src }) => new URL(src).pathname);
  const at = (kind, lat, lng) => {
    const latlng = version.startsWith('2') ? new L.LatLng(lat, lng) : L.latLng(lat, lng);
    const point = map.latLngToContainerPoint(latlng);
    const { left, top } = map.getContainer().getBoundingClientRect();
    const init = { clientX: left + point.x, clientY: top + point.y, bubbles: true };
    map.getContainer().dispatchEvent(kind === 'click' ? new MouseEvent('click', init) : new (kind.startsWith('pointer') ? PointerEvent : MouseEvent)(kind, init));
  };
  at(move, 10, 10);
  await until(() => told.length === 1, 'featureOver');
  const hand = map.getContainer().style.cursor;
  at(move, 10, 80);
  at('click', 10, 10);
  await until(() => told.length === 4, 'featureClicked');
  const formula = new carto.dataview.Formula(source, 'a');
  formula.addFilter(new carto.filter.BoundingBoxLeaflet(map));
  await client.addDataview(formula);
  await until(() => formula.isLoaded(), 'data');
  native.remove();
  at(move, 10, 10);
  const left = document.querySelectorAll('.leaflet-tile').length;
  native.addTo(map);
  await until(() => document.querySelectorAll('.leaflet-tile-loaded').length > 3, 'tiles again');
  map.removeLayer(native);
  client.dispose();
  return { version: L.version, told, hand, left, opacity: native.options.opacity, tiles: images.every((path) => /^\/user\/u\/api\/v1\/map\/group1:1\/0\/2\/\d\/\d\.png$/.test(path)), setUrl: native.setUrl };
}

describe('versions of Leaflet', { timeout: 240_000 }, () => {
  let answers, browser;

  before(async () => {
    answers = await Answers.start();
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    answers?.stop();
  });

  const EXPECTED = {
    told: [['featureOver', 'Here'], ['featureOut', undefined], ['featureOut', undefined], ['featureClicked', 'Here']],
    hand: 'pointer', left: 0, opacity: 0.5, tiles: true, setUrl: undefined,
  };

  /** Begins anew: each tile fails once. */
  function reset() {
    answers.reset();
    const failed = new Set();
    answers.instead = ({ kind, url }) => (kind === 'tile' && failed.size < failed.add(url).size ? { status: 500, body: '' } : undefined);
  }

  /** A page with one Leaflet, as a script tag or as a module that leaves no global. */
  async function pageWith(leaflet) {
    const { page, seen } = await watchedPage(browser, { viewport: { width: 700, height: 600 } });
    await page.goto(`${PAGE}/config.json`);
    await page.setContent(`<!doctype html><link rel="icon" href="data:,"><link rel="stylesheet" href="/vendor/leaflet/leaflet.css">
      <div id="map" style="width:512px;height:512px"></div><script src="/pkg/carto.js"></script><script>window.there = typeof carto.Client</script>`);
    await leaflet(page);
    seen.console.length = 0;
    return { page, seen };
  }

  for (const [version, name] of Object.entries(SCRIPTS)) {
    test(`${version} as a script`, async () => {
      reset();
      const script = await file(`${name}/dist/leaflet.js`);
      const { page, seen } = await pageWith((page) => page.addScriptTag({ content: script }));
      const played = await page.evaluate(play, { origin: answers.origin, version, move: 'mousemove' });
      assert.match(played.version, new RegExp(`^${version.replaceAll('.', '\\.')}`));
      assert.deepEqual({ ...played, version: undefined }, { ...EXPECTED, version: undefined });
      assert.match(answers.of('dataview')[0].query.bbox, /^-90,-?\d/);
      assert.deepEqual([seen.errors, seen.console.filter((line) => !/500 \(/.test(line))], [[], []]);
      await page.close();
    });
  }

  for (const [version, path] of Object.entries(MODULE)) {
    test(`${version} as a module`, async () => {
      reset();
      const source = await file(path);
      const { page, seen } = await pageWith((page) =>
        page.evaluate(async (text) => {
          // The page's own variable, not the global that scripts leave.
          const imported = await import(URL.createObjectURL(new Blob([text], { type: 'text/javascript' })));
          Object.defineProperty(window, 'L', { configurable: true, get: () => (window.asking ? undefined : imported) });
        }, source));
      const played = await page.evaluate(
        async ([text, options]) => {
          // The library sees no global: what it needs is handed over.
          const run = new Function('window', `return (${text})`)({ L: window.L });
          window.asking = true;
          return run(options);
        },
        [play.toString(), { origin: answers.origin, version, move: 'pointermove' }],
      );
      assert.equal(played.version, version);
      assert.deepEqual({ ...played, version: undefined }, { ...EXPECTED, version: undefined });
      assert.match(answers.of('dataview')[0].query.bbox, /^-90,-?\d/);
      assert.deepEqual([seen.errors, seen.console.filter((line) => !/500 \(/.test(line))], [[], []]);
      await page.close();
    });
  }
});
