// The demo page, as a reader uses it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { colours, launch, mostly, near, PAGE, SERVER, until, watchedPage } from './browser.mjs';

const LAND = '#f4eddd';
const CITY = '#c2452d';
// A part of the map that no control covers.
const CLIP = { x: 400, y: 120, width: 860, height: 560 };

for (const render of ['raster', 'vector']) describe(`the demo page, ${render}`, { timeout: 600_000 }, () => {
  let browser, page, seen, keys;
  const ADDRESS = `${PAGE}/${render === 'vector' ? '?render=vector' : ''}`;

  before(async () => {
    browser = await launch();
    ({ page, seen } = await watchedPage(browser));
    // The test needs the map itself, to know where a city is.
    await page.route('**/vendor/leaflet/leaflet.js', async (route) => {
      const answer = await route.fetch();
      const hook = '\n;L.Map.addInitHook(function () { window.testedMap = this; });';
      await route.fulfill({ response: answer, body: (await answer.text()) + hook });
    });
    keys = await (await fetch(`${SERVER}/demo/keys.json`)).json();
    await page.goto(ADDRESS);
    await connected();
  });
  after(() => browser?.close());

  const text = (id) => page.getByTestId(id).textContent();
  const connected = () => until(async () => /Connected as/.test(await text('status')), 'the connection');
  /** Waits until no tile is being loaded any more. */
  const drawn = () =>
    until(
      () =>
        page.evaluate(() => {
          const tiles = [...document.querySelectorAll('.leaflet-tile')];
          return tiles.length > 0 && tiles.every((tile) => tile.complete && tile.classList.contains('leaflet-tile-loaded') && (tile.naturalWidth ?? tile.width) === 256);
        }),
      'all tiles',
    );
  const look = async () => {
    await drawn();
    await page.waitForFunction(() => [...document.querySelectorAll('.leaflet-tile')].every((tile) => getComputedStyle(tile).opacity === '1'));
    return colours(page, CLIP);
  };
  const view = (lat, lng, zoom) =>
    page.evaluate(([...where]) => window.testedMap.setView([where[0], where[1]], where[2], { animate: false }), [lat, lng, zoom]);
  const rows = async () => (await page.locator('#ranking [part=name]').allTextContents()).join('|');
  const people = () => page.locator('#formula-population [part=value]').textContent();

  test('shows land and cities in their colours', async () => {
    // Canvases are there before anything is drawn on them.
    const counts = await until(async () => {
      const seen = await look();
      return near(seen, LAND, 6) > CLIP.width * CLIP.height / 4 && seen;
    }, 'land');
    const all = CLIP.width * CLIP.height;
    const land = near(counts, LAND, 6) / all;
    const cities = near(counts, CITY, 45) / all;
    assert.ok(land > 0.25 && land < 0.8, `${(100 * land).toFixed(1)} % of the map is land`);
    assert.ok(cities > 0.005 && cities < 0.2, `${(100 * cities).toFixed(1)} % of the map is cities`);
  });

  test('draws land where land is and sea where sea is', async () => {
    await view(45, 14, 5);
    await drawn();
    const at = async (lat, lng) => {
      const point = await page.evaluate(([a, b]) => {
        const { x, y } = window.testedMap.latLngToContainerPoint([a, b]);
        const box = window.testedMap.getContainer().getBoundingClientRect();
        return { x: x + box.left, y: y + box.top };
      }, [lat, lng]);
      return colours(page, { x: Math.round(point.x) - 15, y: Math.round(point.y) - 15, width: 30, height: 30 });
    };
    const land = near(await at(46.9, 14.2), LAND, 6);
    const sea = near(await at(43.2, 14.9), LAND, 6);
    assert.ok(land > 300, `${land} of 900 pixels of the Alps are land`);
    assert.ok(sea < 20, `${sea} of 900 pixels of the Adriatic are land`);
  });

  test('a layer switch takes the cities off, without a map request', async () => {
    const before = near(await look(), CITY, 45);
    const maps = seen.requests.filter(({ url }) => url.includes('/api/v1/map?')).length;
    await page.getByTestId('layer-cities').uncheck({ force: true });
    const without = near(await until(async () => {
      const counts = await look();
      return near(counts, CITY, 45) < before / 10 && counts;
    }, 'a map without cities'), CITY, 45);
    assert.ok(without < before / 10, `${without} of ${before} pixels are left`);
    await page.getByTestId('layer-cities').check({ force: true });
    await until(async () => near(await look(), CITY, 45) > before / 2, 'the cities to come back');
    assert.equal(seen.requests.filter(({ url }) => url.includes('/api/v1/map?')).length, maps);
  });

  test('a click opens a popup with the right city', async () => {
    for (const [name, country, lat, lng] of [['Madrid', 'Spain', 40.4165, -3.70256], ['Berlin', 'Germany', 52.52437, 13.41053]]) {
      await view(lat, lng, 8);
      await drawn();
      const box = await page.getByTestId('map').boundingBox();
      await page.mouse.click(box.x + box.width / 2, box.y + box.height / 2);
      await page.getByTestId('city-name').waitFor({ timeout: 30_000 });
      await until(async () => (await text('city-name')) === name, `${name}'s popup`);
      assert.equal(await text('city-country'), country);
      await page.keyboard.press('Escape');
      await page.evaluate(() => window.testedMap.closePopup());
    }
  });

  test('the keyboard opens the city in the middle, then the next, and closes it', async () => {
    await view(52.52437, 13.41053, 8);
    await drawn();
    // Focus by Tab, not by a script: only then the page shows its help.
    await page.locator('.skip').focus();
    await page.keyboard.press('Tab');
    await until(() => page.evaluate(() => document.activeElement.id === 'map'), 'the focus on the map');
    assert.ok(await page.getByTestId('map-keys').isVisible());
    await page.keyboard.press('Enter');
    // A popup of the test before may be open still.
    await until(async () => (await text('map-spoken')) !== '', 'the first city');
    assert.equal(await page.getByTestId('city-name').last().textContent(), 'Berlin');
    assert.match(await text('map-spoken'), /^Berlin, Germany, [\d,]+ people\. 1 of 10\.$/);
    await page.keyboard.press('Enter');
    await until(async () => /2 of 10/.test(await text('map-spoken')), 'the next city');
    assert.notEqual(await page.getByTestId('city-name').last().textContent(), 'Berlin');
    await page.keyboard.press('Escape');
    await until(async () => (await page.getByTestId('city-name').count()) === 0, 'the popup to close');
    assert.equal(await text('map-spoken'), '');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'map');
    await page.getByTestId('layer-cities').uncheck({ force: true });
    await page.locator('#map').focus();
    const asked = seen.requests.length;
    await page.keyboard.press('Enter');
    await page.getByTestId('layer-cities').check({ force: true });
    assert.ok(!seen.requests.slice(asked).some(({ url }) => url.includes('/sql?')), 'cities that are hidden are not looked for');
  });

  test('numbers are written in the language of the page', async () => {
    const { page: german } = await watchedPage(browser);
    await german.addInitScript(() => {
      const observer = new MutationObserver(() => {
        observer.disconnect();
        document.documentElement.lang = 'de';
      });
      observer.observe(document, { childList: true });
    });
    await german.goto(`${PAGE}/`);
    await until(async () => /Connected as/.test(await german.getByTestId('status').textContent()), 'the connection');
    await german.locator('#map').focus();
    await german.keyboard.press('Enter');
    await german.getByTestId('city-people').waitFor({ timeout: 30_000 });
    assert.match(await german.getByTestId('city-people').textContent(), /^\d{1,3}(\.\d{3})+ people$/);
    await until(async () => /Mio\.|Mrd\./.test(await german.locator('#formula-population [part=value]').textContent()), 'millions in German');
    await german.close();
  });

  test('panning changes both widgets', async () => {
    await view(40, -4, 6);
    await until(async () => (await rows()).startsWith('Spain'), 'Spain to lead');
    const [before, iberia] = [await people(), await rows()];
    await view(36, 138, 6);
    await until(async () => (await rows()).startsWith('Japan'), 'Japan to lead');
    await until(async () => (await people()) !== before, 'another number of people');
    assert.notEqual(await rows(), iberia);
  });

  test('who draws can be changed, and a style that is drawn here is shown while it is written', async () => {
    await view(45, 14, 5);
    const count = (part) => seen.requests.filter(({ url }) => url.includes(part)).length;
    await page.getByTestId(render === 'vector' ? 'render-raster' : 'render-vector').click();
    await connected();
    await look();
    assert.equal(await page.getByTestId('editor').isVisible(), render === 'raster');
    await page.getByTestId('render-vector').click();
    await connected();
    await until(async () => near(await look(), CITY, 45) > 500, 'the cities');
    const counts = () => [count('/api/v1/map?'), count('.png?'), count('.mvt?')];
    // What was drawn before is shown until the vector tiles are there.
    const before = await until(async () => {
      const asked = counts();
      await new Promise((done) => setTimeout(done, 1000));
      return count('.mvt?') > 0 && `${counts()}` === `${asked}` && asked;
    }, 'a map that asks for nothing more');
    await page.getByTestId('css').fill('#cities { marker-width: 9; marker-fill: #0077aa; marker-fill-opacity: 1; marker-line-width: 0; marker-allow-overlap: true; }');
    await until(async () => near(await look(), '#0077aa', 20) > 5000, 'blue cities');
    assert.deepEqual(counts(), before);
    await page.getByTestId(`render-${render}`).click();
    await connected();
    await until(async () => near(await look(), '#0077aa', 20) < 100, 'the cities as they were');
  });

  test('a style changes the colours', async () => {
    await view(45, 14, 5);
    const before = near(await until(async () => {
      const seen = await look();
      return near(seen, LAND, 6) > 0 && seen;
    }, 'the day'), LAND, 6);
    await page.getByTestId('style-night').click();
    await until(async () => near(await look(), '#1a2a33', 6) > before / 2, 'the night');
    await until(async () => near(await look(), LAND, 6) < before / 20, 'the day to go');
    await page.getByTestId('style-atlas').click();
    await until(async () => near(await look(), LAND, 6) > before / 2, 'the day');
  });

  test('each bad key says what is wrong with it, and the good one works again', async () => {
    const expected = {
      // No server is asked.
      malformed: ['', /^The API key .*copy it again/],
      unknown: ['401', /knows no such API key/],
      restricted: ['403', /does not grant the dataset world_countries:/],
      'no-maps': ['403', /does not grant the Maps API/],
      'unknown-user': ['404', /"(?!demo")[^"]+", or no such user/],
    };
    const hints = new Set();
    for (const [preset, [status, hint]] of Object.entries(expected)) {
      await page.getByTestId(`preset-${preset}`).click();
      await until(async () => hint.test(await text('hint')), `the hint of the ${preset} key`);
      assert.ok([status, status && '401'].includes(await text('error-status')), `${preset}: ${await text('error-status')}`);
      assert.equal(await text('error-forbidden'), 'true');
      hints.add(`${await text('hint')}`);
    }
    assert.equal(hints.size, 5);
    await page.getByTestId('preset-good').click();
    await connected();
    await until(async () => near(await look(), LAND, 6) > 1000, 'the land again');
  });

  test('no key shows, nothing is preflighted, and the console has only what the browser itself says', async () => {
    const visible = await page.evaluate(() => document.body.innerText);
    const secrets = [keys.restricted, keys.sqlOnly];
    for (const secret of secrets) {
      assert.ok(secret.length > 10);
      assert.ok(!visible.includes(secret), 'a key is in the text of the page');
      assert.ok(!seen.console.concat(seen.errors).some((line) => line.includes(secret)), 'a key is in the console');
    }
    assert.ok(!visible.includes('default_public'));
    assert.deepEqual(seen.errors, []);
    const foreign = seen.console.filter((line) => !line.startsWith('error: Failed to load resource: the server responded with'));
    assert.deepEqual(foreign, []);
    assert.ok(seen.console.length >= 4, 'the four refusals of the server are there');
    const maps = seen.requests.filter(({ url }) => url.includes('/api/v1/map?'));
    assert.ok(maps.length > 5);
    // Maps that are drawn here are asked for by POST, which the browser asks leave for.
    if (render === 'raster') assert.deepEqual([...new Set(seen.requests.filter(({ url }) => !url.includes('default_public')).map(({ method }) => method))], ['GET']);
  });

  for (const colorScheme of ['light', 'dark']) {
    test(`forced colours, ${colorScheme}, tell switches, pressed buttons and bars`, async () => {
      const { page: forced } = await watchedPage(browser, { viewport: { width: 1280, height: 800 }, forcedColors: 'active', colorScheme });
      await forced.goto(`${PAGE}/`);
      await until(async () => (await forced.locator('#ranking [part=bar]').count()) > 3, 'bars');
      const seenAt = async (locator) => colours(forced, await locator.boundingBox());
      const paper = mostly(await seenAt(forced.locator('#connection-title')));
      const [pressed, other] = await Promise.all(['atlas', 'night'].map((style) => forced.getByTestId(`style-${style}`)));
      assert.notEqual(mostly(await seenAt(pressed)), mostly(await seenAt(other)), 'the pressed button');
      assert.ok(Object.keys(await seenAt(other)).length > 1, 'the other one has text and a border');
      const box = forced.getByTestId('layer-cities');
      const on = await seenAt(box);
      await box.uncheck({ force: true });
      const off = await seenAt(box);
      const ink = (counts) => near(counts, mostly(counts), 0) / Object.values(counts).reduce((sum, count) => sum + count, 0);
      assert.ok(mostly(on) !== mostly(off) && ink(off) < 1, 'the switch');
      assert.notEqual(mostly(await seenAt(forced.locator('#ranking [part=bar]').first())), paper, 'the bars');
      await forced.close();
    });
  }

  test('fits a phone', async () => {
    const { page: phone, seen: there } = await watchedPage(browser, { viewport: { width: 390, height: 844 } });
    await phone.goto(ADDRESS);
    await until(async () => /Connected as/.test(await phone.getByTestId('status').textContent()), 'the connection');
    const width = await phone.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(width, 390, 'nothing is wider than the screen');
    assert.deepEqual(there.console, []);
    await phone.close();
  });
});
