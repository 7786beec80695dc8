// What a page needs of its browser, in the engine that CARTO_ENGINE names: this file's own page and demo against the sandbox, and
// the files of tests/browser/ that use nothing of Chromium.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { blankPage, colours, ENGINE, launch, near, PAGE, SERVER, until, watchedPage } from '../browser.mjs';

const SETTINGS = { apiKey: 'default_public', username: 'demo', serverUrl: `${SERVER}/user/{username}` };
const RED = '#cc0000';
const BLUE = '#0000cc';
// The middle of the map of a blank page, on which a city is.
const MIDDLE = { x: 370, y: 270, width: 60, height: 60 };

// From here to the end, so that the files below find the browser running.
let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

describe(`a page in ${ENGINE}`, { timeout: 240_000 }, () => {
  let page, seen;

  before(async () => {
    ({ page, seen } = await blankPage(browser));
    // Without the page's margin the map is where its pixels are.
    await page.evaluate(() => document.body.style.setProperty('margin', '0'));
  });

  test('has the library complete after its script tag', async () => {
    assert.equal(await page.evaluate(() => window.there), 'function');
  });

  for (const file of ['carto.mjs', 'slim.mjs']) {
    test(`has it as a module, by ${file}`, async () => {
      const found = await page.evaluate(async ([path, settings]) => {
        const module = await import(path);
        // The small one loads its WebAssembly when asked to.
        const carto = path.includes('slim') ? await module.load() : module.default;
        const formula = new carto.dataview.Formula(new carto.source.Dataset('cities'), 'pop_max');
        const data = new Promise((resolve) => formula.on('dataChanged', resolve));
        await new carto.Client(settings).addDataview(formula);
        return (await data).result;
      }, [`/pkg/${file}`, SETTINGS]);
      assert.ok(found > 40_000, `${found} cities`);
    });
  }

  test('shows tiles, tells a click of the mouse with its city, and draws a new style', async () => {
    await page.evaluate(async (settings) => {
      window.client = new carto.Client(settings);
      window.map = L.map('map', { fadeAnimation: false, zoomAnimation: false, zoomControl: false }).setView([40.4165, -3.70256], 8);
      window.style = new carto.style.CartoCSS('#l { marker-width: 40; marker-fill: #c00; marker-fill-opacity: 1; marker-line-width: 0; marker-allow-overlap: true; }');
      const madrid = new carto.source.SQL("SELECT * FROM cities WHERE name = 'Madrid' AND iso_a2 = 'ES'");
      const layer = new carto.layer.Layer(madrid, window.style, { featureClickColumns: ['name', 'pop_max'] });
      layer.on('featureClicked', (event) => (window.clicked = event));
      window.client.getLeafletLayer().addTo(window.map);
      await window.client.addLayer(layer);
    }, SETTINGS);
    const drawn = (colour) => until(async () => near(await colours(page, MIDDLE), colour, 40) > 900, `pixels of ${colour}`);
    await drawn(RED);
    const sizes = await page.evaluate(() => [...document.querySelectorAll('.leaflet-tile-loaded')].map((tile) => tile.naturalWidth));
    assert.ok(sizes.length >= 4 && sizes.every((width) => width === 256), `${sizes}`);
    await page.mouse.click(MIDDLE.x + 32, MIDDLE.y + 32);
    await page.waitForFunction(() => window.clicked);
    const { name, lat } = await page.evaluate(() => ({ name: window.clicked.data.name, lat: window.clicked.latLng.lat }));
    assert.equal(name, 'Madrid');
    assert.ok(Math.abs(lat - 40.4165) < 0.1, `${lat}`);
    await page.evaluate(() => window.style.setContent(window.style.getContent().replace('#c00', '#00c')));
    await drawn(BLUE);
    assert.equal(near(await colours(page, MIDDLE), RED, 40), 0);
  });

  test('has dataviews that follow the map', async () => {
    const [there, away] = await page.evaluate(async (settings) => {
      const client = new carto.Client(settings);
      const cities = new carto.source.Dataset('cities');
      const people = new carto.dataview.Formula(cities, 'pop_max', { operation: carto.operation.SUM });
      const countries = new carto.dataview.Category(cities, 'iso_a2');
      const both = () => Promise.all([people, countries].map((dataview) => new Promise((resolve) => dataview.on('dataChanged', resolve))));
      const seen = ([sum, { categories }]) => ({ people: sum.result, country: categories.find(({ group }) => !group).name });
      const first = both();
      for (const dataview of [people, countries]) dataview.addFilter(new carto.filter.BoundingBoxLeaflet(window.map));
      await client.addDataviews([people, countries]);
      const there = seen(await first);
      const second = both();
      window.map.setView([36, 138], 6, { animate: false });
      return [there, seen(await second)];
    }, SETTINGS);
    assert.deepEqual([there.country, away.country], ['ES', 'JP']);
    assert.ok(there.people > 1e6 && away.people > there.people, `${there.people}, ${away.people}`);
  });

  test('is told with a hint what a key lacks', async () => {
    const refused = await page.evaluate(async (settings) => {
      const keys = await (await fetch(`${settings.serverUrl.split('/user')[0]}/demo/keys.json`)).json();
      const client = new carto.Client({ ...settings, apiKey: keys.restricted });
      const layer = new carto.layer.Layer(new carto.source.Dataset('world_countries'), new carto.style.CartoCSS('#l { polygon-fill: #000; }'));
      const error = await client.addLayer(layer).catch((reason) => reason);
      return { status: error.status, reason: error.reason, hint: error.hint };
    }, SETTINGS);
    assert.deepEqual([refused.status, refused.reason], [403, 'dataset-not-granted']);
    assert.match(refused.hint, /world_countries/);
  });

  test('said nothing to the console', async () => {
    await page.evaluate(() => {});
    assert.deepEqual([seen.errors, seen.console.filter((line) => !/403|Failed to load resource/.test(line))], [[], []]);
  });
});

describe(`the demo in ${ENGINE}`, { timeout: 240_000 }, () => {
  for (const [render, drawn] of [['raster', 'by the server'], ['vector', 'in the browser']]) {
    test(`connects, opens the popup of a city and says nothing to the console, drawn ${drawn}`, async () => {
      const { page, seen } = await watchedPage(browser);
      // A document of HTML: in the one of a JSON file no element is upgraded.
      await page.goto(`${PAGE}/examples/index.html?render=${render}`);
      // The test needs the map itself, to know where a city is; scripts with `defer` run in their order.
      const hook = '<script defer src="data:text/javascript,L.Map.addInitHook(function () { window.testedMap = this; })"></script>';
      const html = await (await fetch(`${PAGE}/`)).text();
      await page.setContent(html.replace(/<script src="\/vendor\/leaflet\/leaflet.js" defer><\/script>/, `$&${hook}`));
      const text = (id) => page.evaluate((name) => document.querySelector(`[data-testid=${name}]`)?.textContent, id);
      await until(async () => /Connected as/.test(await text('status')), 'the connection');
      // What widgets show is in their shadow roots.
      const inside = (id, part) => page.evaluate(([name, of]) => document.getElementById(name).shadowRoot?.querySelector(`[part=${of}]`)?.textContent ?? '', [id, part]);
      await until(async () => /\d/.test(await inside('formula-population', 'value')), 'the number of people');
      const at = await page.evaluate(() => {
        window.testedMap.setView([52.52437, 13.41053], 8, { animate: false });
        const { left, top, width, height } = window.testedMap.getContainer().getBoundingClientRect();
        return { x: left + width / 2, y: top + height / 2 };
      });
      const tiles = render === 'vector' ? 'canvas.leaflet-tile' : 'img.leaflet-tile';
      await page.waitForFunction((selector) => {
        const all = [...document.querySelectorAll(selector)];
        return all.length > 3 && all.every((tile) => tile.classList.contains('leaflet-tile-loaded') && (tile.naturalWidth ?? tile.width) >= 256);
      }, tiles);
      await page.mouse.click(at.x, at.y);
      await until(async () => (await text('city-name')) === 'Berlin', "Berlin's popup");
      await until(async () => (await inside('ranking', 'name')) === 'Germany', 'Germany to lead');
      // What a worker asks for is not seen by WebKit's driver.
      const has = (kind) => seen.requests.some(({ url }) => new RegExp(`/\\d+\\.${kind}\\b`).test(url));
      if (render === 'vector') assert.deepEqual([has('mvt'), has('png')], [ENGINE !== 'webkit', false]);
      assert.deepEqual([seen.errors, seen.console], [[], []]);
      await page.close();
    });
  }
});

await import('./vector.mjs');
await import('./widgets.mjs');
for (const file of ['library', 'events', 'errors', 'receivers', 'requests', 'transport', 'leaflet']) await import(`../${file}.test.mjs`);
