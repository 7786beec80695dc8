// A page with all six widgets in the engine that CARTO_ENGINE names: what they show and mark, by mouse and by keyboard.
/* global all */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { colours, ENGINE, launch, near, PAGE, SERVER, until, watchedPage } from '../browser.mjs';

const SETTINGS = { apiKey: 'default_public', username: 'demo', serverUrl: `${SERVER}/user/{username}` };
// One of the thousand cities that the page has, in the middle of its map.
const CITY = 'SELECT name, ST_Y(the_geom) AS lat, ST_X(the_geom) AS lng FROM cities WHERE cartodb_id = 997';

/** The page: one source, a layer, four dataviews, and a widget for each of them. */
async function build([settings, { lat, lng }]) {
  document.documentElement.lang = 'en';
  document.body.style.margin = '0';
  document.querySelector('#map').style.cssText = 'position:absolute;width:600px;height:600px';
  const main = document.createElement('main');
  // Cells of one size: a widget that grows must not move the others from under the pointer.
  main.style.cssText = 'position:absolute;left:620px;width:640px;display:grid;grid:repeat(3,260px)/1fr 1fr';
  document.body.append(main);
  const made = (tag, properties) => {
    const widget = Object.assign(document.createElement(tag), { theme: 'light', ...properties });
    main.append(widget);
    return widget;
  };
  const client = new carto.Client(settings);
  const source = new carto.source.SQL(`SELECT *, cartodb_id % 100 AS hundred, (timestamp '1990-01-01' + (cartodb_id % 10) * interval '1 year') AS founded,
    CASE WHEN (cartodb_id - 1) / 100 % 5 = 0 THEN 'fifth' ELSE 'others' END AS kind FROM cities WHERE cartodb_id <= 1000`);
  const style = new carto.style.CartoCSS('#l { marker-width: 24; marker-allow-overlap: true; marker-line-width: 0; marker-fill: ramp([pop_max], (#cc0000, #0000cc), quantiles(2)); }');
  const layer = new carto.layer.Layer(source, style, { featureClickColumns: ['name', 'pop_max'] });
  const map = L.map('map', { fadeAnimation: false, zoomAnimation: false, zoomControl: false }).setView([lat, lng], 8);
  const { Formula, Category, Histogram, TimeSeries } = carto.dataview;
  const dataviews = {
    formula: new Formula(source, 'cartodb_id'),
    category: new Category(source, 'kind'),
    histogram: new Histogram(source, 'hundred', { bins: 10 }),
    series: new TimeSeries(source, 'founded', { aggregation: 'year' }),
  };
  window.all = {
    formula: made('carto-formula', { heading: 'Cities', dataview: dataviews.formula }),
    category: made('carto-category', { heading: 'Kinds', dataview: dataviews.category, filters: source }),
    histogram: made('carto-histogram', { heading: 'Hundreds', dataview: dataviews.histogram, filters: source }),
    series: made('carto-time-series', { heading: 'Founded', dataview: dataviews.series, filters: source }),
    legend: made('carto-legend', { heading: 'Legend', layer, labels: { pop_max: 'People' } }),
    popup: made('carto-popup', { map, layer, titleColumn: 'name', labels: { pop_max: 'People' } }),
  };
  client.getLeafletLayer().addTo(map);
  await Promise.all([client.addLayer(layer), client.addDataviews(Object.values(dataviews))]);
}

describe(`widgets in ${ENGINE}`, { timeout: 240_000 }, () => {
  let browser, page, seen, city;

  before(async () => {
    const answer = await fetch(`${SERVER}/user/demo/api/v2/sql?q=${encodeURIComponent(CITY)}`);
    [city] = (await answer.json()).rows;
    browser = await launch();
    ({ page, seen } = await watchedPage(browser));
    // A document of HTML: in the one of a JSON file no element is upgraded.
    await page.goto(`${PAGE}/examples/index.html`);
    await page.setContent(`<!doctype html><html lang="en"><title>Widgets</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/vendor/leaflet/leaflet.css">
      <script src="/vendor/leaflet/leaflet.js"></script><script src="/pkg/carto.js"></script><script src="/pkg/carto.widgets.js"></script><div id="map"></div></html>`);
    await page.evaluate(build, [SETTINGS, city]);
    await page.waitForFunction(() => ['formula', 'category', 'histogram', 'series', 'legend'].every((name) => all[name].state === 'loaded'));
  });
  after(() => browser?.close());

  const texts = (name, part) => page.evaluate(([widget, of]) => [...all[widget].shadowRoot.querySelectorAll(`[part~=${of}]`)].map((element) => element.textContent.trim()), [name, part]);
  const box = (name, selector) =>
    page.evaluate(([widget, what]) => {
      const element = all[widget].shadowRoot.querySelector(what);
      element.scrollIntoView({ block: 'nearest' });
      const { x, y, width, height } = element.getBoundingClientRect();
      return { x, y, width, height };
    }, [name, selector]);
  const count = (expected) => until(async () => (await texts('formula', 'value'))[0] === expected, `a count of ${expected}`);
  const clickOn = async (name, selector) => {
    const { x, y, width, height } = await box(name, selector);
    await page.mouse.click(x + width / 2, y + height / 2);
  };

  test('show their data', async () => {
    assert.deepEqual(await texts('formula', 'value'), ['1,000']);
    assert.deepEqual(await texts('category', 'name'), ['others', 'fifth']);
    assert.deepEqual([(await texts('histogram', 'bar')).length, (await texts('series', 'bar')).length], [10, 10]);
    assert.deepEqual(await texts('legend', 'title'), ['People']);
    assert.equal((await texts('legend', 'label')).length, 2);
    for (const name of ['category', 'histogram', 'series']) {
      const { width, height } = await box(name, '[part~=bar]');
      assert.ok(width > 5 && height > 2, `${name}: a bar of ${width} × ${height}`);
    }
  });

  test('a category is taken by mouse and given back by keyboard', async () => {
    await clickOn('category', 'li:nth-child(2) button.row');
    await count('200');
    assert.deepEqual(await page.evaluate(() => all.category.selection), ['fifth']);
    // The click has the focus on the row, where the engine lets buttons have it.
    await page.evaluate(() => [...all.category.shadowRoot.querySelectorAll('button.row')].at(-1).focus());
    await page.keyboard.press('Enter');
    await count('1,000');
  });

  test('a histogram is brushed by mouse and keyboard', async () => {
    const { x, y, width, height } = await box('histogram', '[part=brush]');
    const colour = async () => near(await colours(page, { x: Math.ceil(x), y: Math.ceil(y), width: Math.floor(width), height: Math.floor(height) }), '#ffffff', 2);
    const before = await colour();
    await page.mouse.move(x + width * 0.22, y + height / 2);
    await page.mouse.down();
    for (const share of [0.3, 0.4, 0.48]) await page.mouse.move(x + width * share, y + height / 2);
    await page.mouse.up();
    await count('300');
    assert.notEqual(await colour(), before, 'the selection shows');
    await page.evaluate(() => all.histogram.shadowRoot.querySelector('.handle:last-child').focus());
    await page.keyboard.press('ArrowRight');
    await count('400');
    await page.keyboard.press('Escape');
    await count('1,000');
  });

  test('a time series plays', async () => {
    await page.evaluate(() => void Object.assign(all.series, { interval: 100, selection: [Date.UTC(1992) / 1000, Date.UTC(1994) / 1000] }));
    await count('200');
    await page.evaluate(() => all.series.play());
    await page.waitForFunction(() => all.series.selection[0] >= Date.UTC(1993) / 1000);
    await page.evaluate(() => void Object.assign(all.series, { playing: false, selection: null }));
    await count('1,000');
  });

  test('a popup opens at a click and closes by Escape', async () => {
    // The map without the filter of before may be on its way.
    await until(async () => {
      await page.mouse.click(302, 302);
      return page.evaluate(() => all.popup.isOpen && all.popup.shadowRoot.querySelector('[part=title]') !== null);
    }, 'the popup');
    assert.deepEqual(await texts('popup', 'title'), [city.name]);
    assert.deepEqual(await texts('popup', 'name'), ['People']);
    const { x, y, width, height } = await box('popup', '[part=box]');
    assert.ok(x > 0 && y > 0 && x + width < 600 && y + height < 300, `it is above the city: ${[x, y, width, height]}`);
    await page.keyboard.press('Escape');
    assert.equal(await page.evaluate(() => all.popup.isOpen), false);
  });

  test('said nothing to the console', () => assert.deepEqual([seen.errors, seen.console], [[], []]));
});
