// <carto-popup>: clicks and hover, several features, where it lies, and what it makes of hostile data. The real map libraries
// other than Leaflet are in map-libraries.test.mjs.
/* global box, client, events, layers, made, makeClient, makeLayer, map, popup, rows, texts, tip */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, describe, test } from 'node:test';
import { Answers } from './answers.mjs';
import { launch, until } from './browser.mjs';
import { complaints, widgetsPage } from './widgets-page.mjs';

// The left half of each tile is a feature; the middle of the map is a corner of tiles, at 400, 300.
const GRID = Array(64).fill('!'.repeat(32) + ' '.repeat(32));
const ON = [450, 350];
const OFF = [600, 350];

describe('the popup', { timeout: 240_000 }, () => {
  let answers, browser, page, seen;

  before(async () => {
    answers = await Answers.start();
    browser = await launch();
    ({ page, seen } = await widgetsPage(browser, answers));
    await page.evaluate(() => {
      document.body.style.margin = '0';
      window.map = L.map('map', { fadeAnimation: false, zoomAnimation: false, inertia: false });
      document.body.insertAdjacentHTML('beforeend', '<main><h1>Popup</h1><button id="before">Before</button></main>');
      window.made = async (properties, ids = ['one']) => {
        map.setView([0, 0], 2, { animate: false });
        document.querySelector('carto-popup')?.remove();
        window.client?.dispose();
        window.client = makeClient();
        window.layers = ids.map((id) => makeLayer(id, { featureClickColumns: ['name'], featureOverColumns: ['name'] }));
        client.getLeafletLayer().addTo(map);
        await client.addLayers(layers);
        window.popup = Object.assign(document.createElement('carto-popup'), { map, layers, ...properties });
        window.events = [];
        for (const type of ['carto-popup-open', 'carto-popup-close']) popup.addEventListener(type, ({ detail }) => events.push(detail?.data.name ?? null));
        document.querySelector('main').append(popup);
        await popup.updateComplete;
      };
      window.box = () => popup.shadowRoot.querySelector('[part="box"]');
      window.texts = (name) => [...popup.shadowRoot.querySelectorAll(`[part~="${name}"]`)].map((element) => element.textContent.trim());
      window.rows = () => texts('name').map((name, at) => [name, texts('value')[at]]);
      /** Where the tip is, and whether it points up. */
      window.tip = () => {
        const { left, top, bottom } = box().getBoundingClientRect();
        const isBelow = box().hasAttribute('data-below');
        return [Math.round(left + parseFloat(box().style.getPropertyValue('--_tip'))), Math.round(isBelow ? top : bottom), isBelow];
      };
    });
  });
  afterEach(() => {
    answers.reset();
    assert.deepEqual(seen.errors.splice(0), []);
  });
  after(async () => {
    await browser?.close();
    answers?.stop();
  });

  /** Lets the features of the layers have this data, the bottom layer's first. */
  const features = (...all) => {
    answers.instead = ({ kind, pathname }) => {
      const layer = Number(/\/(\d+)\/\d+\/\d+\/\d+\.grid\.json$/.exec(pathname)?.[1] ?? 0);
      return kind === 'grid' ? { body: { grid: GRID, keys: ['', '1'], data: { 1: { cartodb_id: 1, ...all[layer] } } } } : undefined;
    };
  };
  const isOpen = () => page.evaluate(() => popup.isOpen && Boolean(box()));
  /** Clicks until the grids are there. */
  const click = async ([x, y] = ON, count = 1) => {
    await page.mouse.move(x - 5, y);
    await page.mouse.click(x, y);
    await until(() => page.evaluate((count) => popup.isOpen && box() && events.length && popup.shadowRoot && texts('count').join().endsWith(count > 1 ? `of ${count}` : ''), count), 'the popup');
  };

  test('shows what was clicked, and gives the focus back', async () => {
    features({ name: 'Here', people: 12345, since: '2020-02-29T00:00:00Z', none: null });
    await page.evaluate(() => made({ titleColumn: 'name', labels: { people: 'People' } }));
    await page.focus('#before');
    await click();
    const shown = await page.evaluate(() => ({ rows: rows(), role: box().role, name: box().ariaLabel, focus: popup.shadowRoot.activeElement === box(), tip: tip(), events, top: box().matches(':popover-open') }));
    assert.deepEqual(shown, {
      rows: [['People', '12,345'], ['since', 'Feb 29, 2020'], ['none', 'No value']],
      role: 'dialog',
      name: 'Here',
      focus: true,
      tip: [450, 338, false],
      events: ['Here'],
      top: true,
    });
    assert.deepEqual(await complaints(page, 'carto-popup'), []);
    await page.keyboard.press('Escape');
    assert.deepEqual(await page.evaluate(async () => [await popup.updateComplete, popup.isOpen, box(), events]), [true, false, null, ['Here', null]]);
    // Leaflet's map took the focus when it was clicked.
    assert.equal(await page.evaluate(() => document.activeElement.id), 'map');
    await click();
    await page.getByRole('button', { name: 'Close' }).click();
    assert.equal(await isOpen(), false);
  });

  test('has the features of all layers, the upper one first', async () => {
    features({ name: 'Lower' }, { name: 'Upper' });
    await page.evaluate(() => made({ titleColumn: 'name' }, ['one', 'two']));
    await click(ON, 2);
    const seen = [await page.evaluate(() => [texts('title'), texts('count')])];
    await page.getByRole('button', { name: 'Next' }).focus();
    await page.keyboard.press('Enter');
    seen.push(await page.evaluate(async () => [await popup.updateComplete && texts('title'), texts('count')]));
    await page.getByRole('button', { name: 'Next' }).click();
    seen.push(await page.evaluate(async () => [await popup.updateComplete && texts('title'), texts('count')]));
    assert.deepEqual(seen, [[['Upper'], ['1 of 2']], [['Lower'], ['2 of 2']], [['Upper'], ['1 of 2']]]);
    assert.deepEqual(await complaints(page, 'carto-popup'), []);
    // What is hidden is not shown any more; another click at the same place is another one.
    assert.deepEqual(await page.evaluate(async () => [layers[1].hide(), await popup.updateComplete, texts('title')].slice(1)), [true, ['Lower']]);
  });

  test('keeps its place while the map moves, and stays inside it', async () => {
    features({ name: 'Here' });
    await page.evaluate(() => made({ titleColumn: 'name' }));
    await click();
    const seen = await page.evaluate(() => {
      const seen = [];
      const move = (x, y) => {
        map.panBy([x, y], { animate: false });
        seen.push(getComputedStyle(box()).visibility === 'hidden' ? 'gone' : tip());
      };
      move(100, 0);
      move(0, 330);
      move(0, -330);
      move(345, 0);
      seen.push(box().getBoundingClientRect().left);
      move(100, 0);
      move(-100, 0);
      map.setView([0, 0], 3, { animate: false });
      seen.push(tip());
      return seen;
    });
    const [moved, below, back, edge, left, gone, again, zoomed] = seen;
    assert.deepEqual([moved, below, back, gone], [[350, 338, false], [350, 32, true], [350, 338, false], 'gone']);
    // The tip does not come nearer to the corner of the popup.
    assert.deepEqual([left, edge[0], again], [8, 22, edge]);
    assert.deepEqual(zoomed, [500, 388, false]);
    await page.evaluate(() => map.setView([0, 0], 2, { animate: false }));
    await page.mouse.click(...OFF);
    await until(async () => !(await isOpen()), 'a click beside it that closes');
  });

  test('on hover it follows the pointer, out of the way of keyboard and pointer', async () => {
    features({ name: 'Here' });
    await page.evaluate(() => made({ on: 'hover' }));
    await until(async () => {
      await page.mouse.move(ON[0] - 3, ON[1]);
      await page.mouse.move(...ON);
      return isOpen();
    }, 'the popup');
    const look = () => page.evaluate(() => [box().role, getComputedStyle(box()).pointerEvents, popup.shadowRoot.querySelectorAll('button').length, document.activeElement === popup, rows(), Math.round(box().getBoundingClientRect().bottom)]);
    assert.deepEqual(await look(), ['tooltip', 'none', 0, false, [['name', 'Here']], 334]);
    await page.mouse.move(ON[0], ON[1] + 20);
    await until(async () => (await look()).at(-1) === 354, 'the popup to follow');
    assert.deepEqual(await page.evaluate(() => events), ['Here']);
    assert.deepEqual(await complaints(page, 'carto-popup'), []);
    await page.mouse.move(...OFF);
    await until(async () => !(await isOpen()), 'the pointer to leave');
  });

  test('shows columns as the page wants them, and data as text', async () => {
    const script = '<img src=x onerror="window.hacked = 1">';
    const data = { name: script, [script]: script, year: 1998, share: 0.012345, deep: { a: [1] }, day: '2021-13-45', time: '2021-03-04 05:06:07+00', long: 'x'.repeat(5000), yes: true };
    features(data);
    await page.evaluate(() => made({ titleColumn: 'name' }));
    await click();
    const all = await page.evaluate(() => [window.hacked, popup.shadowRoot.querySelector('img'), texts('title'), rows()]);
    assert.deepEqual(all.slice(0, 3), [undefined, null, [script]]);
    const named = Object.fromEntries(all[3]);
    assert.deepEqual({ ...named, long: named.long.length, time: named.time.replace(/\s/g, ' ') }, { [script]: script, year: '1998', share: '0.0123', deep: '{"a":[1]}', day: '2021-13-45', time: 'Mar 4, 2021, 5:06 AM', long: 1001, yes: 'true' });
    const scrolls = await page.evaluate(() => {
      const body = popup.shadowRoot.querySelector('[part="body"]');
      return [body.scrollHeight > body.clientHeight, body.tabIndex, box().offsetHeight <= 342];
    });
    assert.deepEqual(scrolls, [true, 0, true]);
    assert.deepEqual(await complaints(page, 'carto-popup'), []);
    const chosen = await page.evaluate(async () => {
      popup.setAttribute('columns', 'year, constructor');
      popup.format = (value, column) => (column === 'year' ? `AD ${value}` : undefined);
      popup.lang = 'de';
      await popup.updateComplete;
      const one = rows();
      popup.columns = ['share'];
      popup.requestUpdate();
      await popup.updateComplete;
      return [one, rows()];
    });
    assert.deepEqual(chosen, [[['year', 'AD 1998'], ['constructor', 'No value']], [['share', '0,0123']]]);
  });

  test('leaves its content to the page, which is told what is shown', async () => {
    features({ name: '<b>Here</b>' });
    await page.evaluate(async () => {
      await made({});
      popup.append('\n  ');
      popup.addEventListener('carto-popup-open', ({ detail }) => {
        const text = document.createElement('p');
        text.textContent = `${detail.data.name}, ${detail.features.length} at ${detail.latLng.lat < 0}`;
        popup.replaceChildren(text);
      });
    });
    await click();
    await until(() => page.evaluate(() => texts('list').length === 0), 'the content of the page');
    assert.deepEqual(await page.evaluate(() => [popup.innerText, popup.querySelector('p').getBoundingClientRect().width > 0]), ['<b>Here</b>, 1 at true', true]);
  });

  test('listens only while it is on the page', async () => {
    features({ name: 'Here' });
    await page.evaluate(() => made({ titleColumn: 'name' }));
    await click();
    const states = await page.evaluate(async () => {
      const parent = popup.parentElement;
      const event = { data: { name: 'Told' }, latLng: { lat: 0, lng: 0 }, position: { x: 400, y: 300 } };
      const tell = async () => {
        layers[0].trigger('featureClicked', event);
        await popup.updateComplete;
        return popup.isOpen;
      };
      popup.remove();
      const states = [popup.isOpen, await tell()];
      parent.append(popup);
      states.push(await tell(), texts('title'));
      popup.on = 'hover';
      await popup.updateComplete;
      states.push(popup.isOpen, await tell());
      Object.assign(popup, { on: 'click', layers: undefined, layer: layers[0] });
      await popup.updateComplete;
      states.push(await tell());
      popup.map = null;
      await popup.updateComplete;
      states.push(popup.isOpen, await tell());
      return states;
    });
    assert.deepEqual(states, [false, false, true, ['Told'], false, false, true, false, false]);
  });

  test('on Google Maps, and on a map of which the page says where things are', async () => {
    await page.evaluate(await readFile(new URL('../parity/google-maps.js', import.meta.url), 'utf8'));
    const seen = await page.evaluate(async () => {
      await made({});
      const element = document.querySelector('#map');
      const event = { data: { name: 'Told' }, latLng: { lat: 0, lng: 0 }, position: { x: 300, y: 310 } };
      const google = new window.google.maps.Map(element, { center: { lat: 0, lng: 0 }, zoom: 2 });
      const open = async (map, project) => {
        Object.assign(popup, { map, project });
        await popup.updateComplete;
        layers[0].trigger('featureClicked', event);
        await popup.updateComplete;
        return tip();
      };
      const seen = [await open(google)];
      google.center = new window.google.maps.LatLng(0, 10);
      google.moveTo(-10, -10, 30, 10);
      seen.push(tip());
      const listeners = popup.map;
      let x = 200;
      seen.push(await open(element), await open(element, ({ lat }) => ({ x, y: 300 + lat })));
      x = 250;
      popup.place();
      seen.push(tip(), listeners === google);
      const wrong = [];
      addEventListener('unhandledrejection', (error) => { wrong.push(error.reason.message); error.preventDefault(); }, { once: true });
      Object.assign(popup, { map: {} });
      await popup.updateComplete.catch((error) => wrong.push(error.message));
      return [...seen, wrong[0]];
    });
    // The stand-in has the middle of its maps at 256, 256; a world of 1024 pixels has 28 for 10 degrees.
    assert.deepEqual(seen, [[256, 244, false], [228, 244, false], [300, 298, false], [200, 288, false], [250, 288, false], true, 'A map of Leaflet, MapLibre, OpenLayers or Google Maps is needed, or the element that a map fills.']);
  });
});
