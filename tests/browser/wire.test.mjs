// What the demo sends and shows, seen by the browser's own protocol, which knows of preflights: pages do not.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { colours, launch, near, PAGE, SERVER, until, watchedPage } from './browser.mjs';

const PRESETS = ['malformed', 'unknown', 'restricted', 'no-maps', 'unknown-user'];

/** A page whose requests are remembered as the network sees them. */
async function wiredPage(browser) {
  const { page, seen } = await watchedPage(browser);
  const session = await page.context().newCDPSession(page);
  const requests = [];
  session.on('Network.requestWillBeSent', ({ request: { method, url, headers } }) => requests.push({ method, url, headers }));
  await session.send('Network.enable');
  return { page, seen, requests };
}

describe('the demo on the wire', { timeout: 240_000 }, () => {
  let browser, page, seen, requests;
  const texts = [];
  const keys = new Set();

  before(async () => {
    browser = await launch();
    ({ page, seen, requests } = await wiredPage(browser));
    await page.goto(`${PAGE}/`);
    await connected();
  });
  after(() => browser?.close());

  const text = (id) => page.getByTestId(id).textContent();
  const connected = () => until(async () => /Connected as/.test(await text('status')), 'the connection');
  const maps = () => requests.filter(({ url }) => /\/api\/v1\/map(\?|$)/.test(url));
  const read = async () => {
    texts.push(await page.evaluate(() => `${document.body.innerText} ${document.title} ${location.href}`));
    keys.add(await page.locator('#api-key').inputValue());
  };

  test('a session of looking around costs no preflight', async () => {
    await read();
    for (const style of ['ranked', 'night', 'atlas']) {
      const before = maps().length;
      await page.getByTestId(`style-${style}`).click();
      await until(() => maps().length > before, `the map request of ${style}`);
    }
    const before = requests.filter(({ url }) => url.includes('/dataview/')).length;
    await page.locator('#map').focus();
    await page.keyboard.press('ArrowRight');
    await until(() => requests.filter(({ url }) => url.includes('/dataview/')).length > before, 'the widgets to follow');
    await page.getByTestId('layer-cities').uncheck({ force: true });
    await page.getByTestId('layer-cities').check({ force: true });
    await read();
    assert.ok(maps().length >= 4, `${maps().length} map requests`);
    assert.ok(requests.some(({ url }) => url.includes('.png')), 'tiles are seen');
    assert.deepEqual([...new Set(requests.map(({ method }) => method))], ['GET']);
    for (const { headers } of maps()) assert.ok(!Object.keys(headers).some((name) => /^(authorization|content-type)$/i.test(name)));
  });

  test('refusals say each something else, and cost no preflight either', async () => {
    const said = new Set();
    for (const preset of PRESETS) {
      const before = maps().length;
      await page.getByTestId(`preset-${preset}`).click();
      const asks = preset !== 'malformed';
      await until(async () => maps().length > before === asks && (asks ? /^Refused with status/ : /^Refused$/).test(await text('status')), `the refusal of the ${preset} key`);
      await read();
      said.add(`${await text('error-message')} ${await text('hint')}`);
      assert.ok((await text('error-message')).length > 5 && (await text('hint')).length > 20, `${preset} says too little`);
    }
    assert.equal(said.size, PRESETS.length, [...said].join('\n'));
    assert.deepEqual([...new Set(requests.map(({ method }) => method))], ['GET']);
    await page.getByTestId('preset-good').click();
    await connected();
    await read();
  });

  test('no key is shown, logged or left in the address', () => {
    assert.ok(keys.size >= 5, `${keys.size} keys were tried`);
    assert.ok(texts.length >= 8 && texts.every((shown) => shown.length > 300));
    for (const key of keys) {
      assert.ok(key.length > 5);
      for (const shown of texts) assert.ok(!shown.includes(key) && !shown.includes(encodeURIComponent(key)), 'a key is on the page');
      for (const line of [...seen.console, ...seen.errors]) assert.ok(!line.includes(key), 'a key is in the console');
    }
  });

  test('preflights would have been seen', async () => {
    const before = requests.length;
    await page.evaluate(async (serverUrl) => {
      const noise = Array.from({ length: 2_000 }, (_, index) => (index * 2_654_435_761 % 4_294_967_296).toString(36)).join(' ');
      const source = new carto.source.SQL(`SELECT * FROM cities /* ${noise} */`);
      const client = new carto.Client({ apiKey: 'default_public', username: 'demo', serverUrl });
      await client.addLayer(new carto.layer.Layer(source, new carto.style.CartoCSS('#l { marker-width: 3; }')));
    }, `${SERVER}/user/{username}`);
    const sent = requests.slice(before).filter(({ url }) => /\/api\/v1\/map\?/.test(url));
    assert.deepEqual(sent.map(({ method }) => method).sort(), ['OPTIONS', 'POST']);
  });

  test('a map of ten lines shows its cities', async () => {
    const { page: minimal, seen: there, requests: sent } = await wiredPage(browser);
    await minimal.goto(`${PAGE}/minimal.html`);
    const red = async () => near(await colours(minimal), '#c2452d', 60);
    await until(async () => (await red()) > 500, 'the cities');
    assert.deepEqual([there.console, there.errors], [[], []]);
    assert.equal(sent.filter(({ url }) => /\/api\/v1\/map\?/.test(url)).length, 1);
    assert.deepEqual([...new Set(sent.map(({ method }) => method))], ['GET']);
    await minimal.close();
  });
});
