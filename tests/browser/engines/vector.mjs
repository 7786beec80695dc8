// Vector mode in the engine that CARTO_ENGINE names: the worker, its drawing, and what needs no server any more.
/* global client, native */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { blankPage, colours, ENGINE, launch, near, SERVER, until } from '../browser.mjs';

const SETTINGS = { apiKey: 'default_public', username: 'demo', serverUrl: `${SERVER}/user/{username}` };
const RED = '#cc0000';
const BLUE = '#0000cc';
/** The middle of the map of a blank page, on which a city is. */
const MIDDLE = { x: 370, y: 270, width: 60, height: 60 };

describe(`vector mode in ${ENGINE}`, { timeout: 240_000 }, () => {
  let browser, page, seen;

  before(async () => {
    browser = await launch();
    ({ page, seen } = await blankPage(browser));
    await page.evaluate(async (settings) => {
      // Without the page's margin the map is where its pixels are.
      document.body.style.setProperty('margin', '0');
      await new Promise((loaded, failed) => document.head.append(Object.assign(document.createElement('script'), { src: '/pkg/carto.vector.js', onload: loaded, onerror: failed })));
      window.client = new carto.Client(settings);
      window.map = L.map('map', { fadeAnimation: false, zoomAnimation: false, zoomControl: false }).setView([40.4165, -3.70256], 8);
      window.style = new carto.style.CartoCSS("#l { marker-width: 8; marker-fill: #ccc; marker-line-width: 0; marker-allow-overlap: true; [name = 'Madrid'] { marker-width: 40; marker-fill: #c00; marker-fill-opacity: 1; } }");
      window.source = new carto.source.SQL("SELECT * FROM cities WHERE iso_a2 IN ('ES', 'PT')");
      const layer = new carto.layer.Layer(window.source, window.style, { featureClickColumns: ['name', 'pop_max'], featureOverColumns: ['name'] });
      layer.on('featureClicked', (event) => (window.clicked = event));
      layer.on('featureOver', (event) => (window.over = event));
      window.native = window.client.getLeafletLayer({ render: 'vector' });
      window.native.addTo(window.map);
      await window.client.addLayer(layer);
    }, SETTINGS);
  });
  after(() => browser?.close());

  const requests = () => seen.requests.filter(({ url }) => url.startsWith(SERVER)).map(({ url }) => new URL(url).pathname);
  const drawn = (colour) => until(async () => near(await colours(page, MIDDLE), colour, 40) > 900, `pixels of ${colour}`);

  test('draws tiles in the browser', async () => {
    await drawn(RED);
    assert.equal(await page.evaluate(() => client.getLayers()[0].getRenderMode()), 'vector');
    assert.ok(!requests().some((path) => path.endsWith('.png')), requests().join('\n'));
    // What a worker asks for is not seen by WebKit's driver.
    assert.equal(requests().some((path) => path.endsWith('.mvt')), ENGINE !== 'webkit');
    await page.waitForFunction(() => !native.isLoading());
  });

  test('draws a new style, tells a click and the feature below the pointer, and asks nobody', async () => {
    const before = requests().length;
    await page.evaluate(() => window.style.setContent(window.style.getContent().replace('#c00', '#00c')));
    await drawn(BLUE);
    assert.equal(near(await colours(page, MIDDLE), RED, 40), 0);
    await page.mouse.move(MIDDLE.x + 30, MIDDLE.y + 30);
    await page.waitForFunction(() => window.over?.data.name === 'Madrid');
    await page.mouse.click(MIDDLE.x + 32, MIDDLE.y + 32);
    await page.waitForFunction(() => window.clicked);
    const { name, people, lat } = await page.evaluate(() => ({ name: window.clicked.data.name, people: window.clicked.data.pop_max, lat: window.clicked.latLng.lat }));
    assert.equal(name, 'Madrid');
    assert.ok(people > 1e6 && Math.abs(lat - 40.4165) < 0.1, `${people} people, ${lat} degrees`);
    assert.deepEqual(requests().slice(before), []);
  });

  test('tells dataviews of what is in view as the server does', async () => {
    const bounds = { west: -4.2, south: 40, east: -3.2, north: 40.8 };
    const both = await page.evaluate(async ([settings, box]) => {
      const told = async (client, source) => {
        const people = new carto.dataview.Formula(source, 'pop_max', { operation: carto.operation.SUM });
        const filter = new carto.filter.BoundingBox();
        people.addFilter(filter);
        await client.addDataview(people);
        const data = new Promise((resolve) => people.on('dataChanged', resolve));
        filter.setBounds(box);
        return (await data).result;
      };
      const plain = new carto.Client(settings);
      const source = new carto.source.SQL(window.source.getQuery());
      return [await told(window.client, window.source), await told(plain, source)];
    }, [SETTINGS, bounds]);
    assert.ok(both[0] > 1e6, `${both[0]} people`);
    assert.equal(both[0], both[1]);
    const asked = seen.requests.filter(({ url }) => url.includes('/dataview/') && url.includes('bbox='));
    assert.ok(asked.length <= 3, asked.map(({ url }) => url).join('\n'));
  });

  test('said nothing to the console', async () => {
    await page.evaluate(() => {});
    assert.deepEqual([seen.errors, seen.console], [[], []]);
  });
});
