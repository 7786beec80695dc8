// carto.core.js in a page: a map, a click, the hint of a refusal, and what it says of what it has not.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { blankPage, launch, SERVER, until } from './browser.mjs';

const SETTINGS = { apiKey: 'default_public', username: 'demo', serverUrl: `${SERVER}/user/{username}` };

describe('carto.core.js', { timeout: 240_000 }, () => {
  let browser, page, seen;

  before(async () => {
    browser = await launch();
    ({ page, seen } = await blankPage(browser, { script: 'carto.core.js', viewport: { width: 800, height: 600 } }));
  });
  after(() => browser?.close());

  test('is complete on the line after its script tag', async () => {
    assert.equal(await page.evaluate(() => window.there), 'function');
    assert.deepEqual(await page.evaluate(() => Object.keys(carto)), ['version', 'ATTRIBUTION', 'Client', 'CartoError', 'source', 'style', 'layer', 'events']);
    assert.deepEqual(await page.evaluate(() => [carto.Client, carto.source.SQL, carto.source.Dataset, carto.style.CartoCSS, carto.layer.Layer].map(({ name }) => name)), ['Client', 'SQL', 'Dataset', 'CartoCSS', 'Layer']);
  });

  test('shows a map, and tells what was clicked', async () => {
    await page.evaluate(async (settings) => {
      // Near enough for Paris to be under the pointer.
      const map = L.map('map', { fadeAnimation: false, zoomAnimation: false }).setView([48.86, 2.35], 5);
      const client = (window.client = new carto.Client(settings));
      const cities = new carto.source.SQL('SELECT * FROM cities WHERE pop_max > 300000');
      const dots = new carto.style.CartoCSS('#l { marker-width: 14; marker-fill: #c00; marker-allow-overlap: true; }');
      const layer = (window.layer = new carto.layer.Layer(cities, dots, { featureClickColumns: ['name'] }));
      layer.on('featureClicked', ({ data, latLng }) => { window.clicked = { name: data.name, isNear: Math.abs(latLng.lat - 48.86) < 1 }; });
      client.getLeafletLayer().addTo(map);
      await client.addLayer(layer);
    }, SETTINGS);
    const isShown = () => page.evaluate(() => [...document.querySelectorAll('img.leaflet-tile')].some((tile) => tile.complete && tile.naturalWidth === 256 && tile.src.includes('/api/v1/map/')));
    await until(isShown, 'tiles');
    await until(async () => {
      await page.mouse.move(409, 300);
      await page.mouse.move(400, 300);
      await page.mouse.click(400, 300);
      return page.evaluate(() => window.clicked);
    }, 'the click on Paris');
    assert.deepEqual(await page.evaluate(() => window.clicked), { name: 'Paris', isNear: true });
    assert.deepEqual([seen.errors, seen.console], [[], []]);
  });

  test('refuses and explains as carto.js does', async () => {
    const told = await page.evaluate(async (settings) => {
      const layer = () => new carto.layer.Layer(new carto.source.Dataset('cities'), new carto.style.CartoCSS('#l { marker-width: 1; }'));
      const caught = (call) => { try { return void call(); } catch (error) { return error; } };
      const local = caught(() => new carto.Client({ ...settings, serverUrl: 'http://localhost:8182/user/{username}' }));
      const placeholder = await new carto.Client({ ...settings, apiKey: 'YOUR_API_KEY' }).addLayer(layer()).catch((error) => error);
      const unknown = await new carto.Client({ ...settings, apiKey: 'n0SuchKeyAnywhere_123' }).addLayer(layer()).catch((error) => error);
      const parts = ({ errorCode, forbidden, reason, hint }) => [errorCode, forbidden, reason, hint];
      return [local, placeholder, unknown].map((error) => error instanceof carto.CartoError && parts(error));
    }, SETTINGS);
    const [local, placeholder, unknown] = told;
    assert.equal(local[0], 'validation:client:non-valid-server-url');
    assert.match(local[3], /^Write http:\/\/127\.0\.0\.1:8182/);
    assert.deepEqual(placeholder.slice(1, 3), [true, 'malformed-key']);
    assert.match(placeholder[3], /is a placeholder, not a key/);
    assert.deepEqual(unknown.slice(1, 3), [true, 'unknown-key']);
    assert.match(unknown[3], /check the username/);
  });

  test('says where everything is that it has not', async () => {
    const said = await page.evaluate(() => {
      const message = (call) => { try { return void call(); } catch (error) { return error instanceof Error && error.message; } };
      const lists = {
        carto: ['dataview', 'filter', 'auth', 'operation'].map((name) => [`carto.${name}`, () => carto[name].anything]),
        layer: [['carto.layer.Aggregation', () => new carto.layer.Aggregation({})]],
        client: ['addDataview', 'addDataviews', 'removeDataview', 'getDataviews', 'getGoogleMapsMapType', 'sql', 'checkKey'].map((name) => [`client.${name}`, () => window.client[name]()]),
        source: ['addFilter', 'addFilters', 'removeFilter', 'removeFilters', 'getFilters'].map((name) => [`source.${name}`, () => window.layer.getSource()[name]()]),
      };
      return Object.values(lists).flat().map(([what, call]) => [what, message(call)]);
    });
    assert.equal(said.length, 17);
    for (const [what, message] of said) {
      assert.equal(message, `${what} is not in carto.core.js but in carto.js: load that script in place of this one, or import 'carto-wasm' in place of 'carto-wasm/core'.`);
    }
    // To look at a namespace or an object as a whole is no mistake.
    assert.equal(await page.evaluate(() => Object.keys({ ...carto, ...carto.layer, ...window.client }).length > 0 && 'dataview' in carto), true);
  });
});
