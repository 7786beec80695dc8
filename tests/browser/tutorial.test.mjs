// The dashboard of the tutorial, put together out of its blocks as a reader does, and used.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { blocks, ROOT } from '../markdown.mjs';
import { launch, PAGE, SERVER, until, watchedPage } from './browser.mjs';

const MOST_LINES = 60;
const TYPES = { js: 'text/javascript', css: 'text/css' };
const DOT = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

/** The reader's files: blocks of one language are one file. */
async function filesOf(name) {
  const page = `www/docs/tutorial/${name}.md`;
  const all = blocks(page, await readFile(join(ROOT, page), 'utf8'));
  const of = (wish) => all.filter(({ language }) => language === wish).map(({ code }) => code).join('\n');
  return { 'index.html': of('html'), 'style.css': of('css'), 'main.js': of('js') };
}

describe('the tutorial', { timeout: 240_000 }, () => {
  let browser;
  before(async () => { browser = await launch(); });
  after(() => browser?.close());

  for (const name of ['script-tag', 'vite']) {
    test(`${name} has at most ${MOST_LINES} lines`, async () => {
      const lines = Object.values(await filesOf(name)).join('\n').split('\n').filter((line) => line.trim());
      assert.ok(lines.length > 20 && lines.length <= MOST_LINES, `${lines.length} lines`);
      const said = /in (\d+) lines of your own/.exec(await readFile(join(ROOT, `www/docs/tutorial/${name}.md`), 'utf8'));
      if (said) assert.equal(Number(said[1]), lines.length);
    });
  }

  test('its dashboard filters map, sum and histogram by a country', async () => {
    const files = await filesOf('script-tag');
    const { page, seen } = await watchedPage(browser, { viewport: { width: 1280, height: 800 } });
    // A document that is answered from here would not be let to the server, which is on this computer.
    await page.goto(`${PAGE}/examples/index.html`);
    for (const file of ['carto.js', 'carto.widgets.js']) {
      await page.route(`${PAGE}/examples/${file}`, (route) => route.fulfill({ path: join(ROOT, 'pkg', file), contentType: TYPES.js }));
    }
    for (const file of ['style.css', 'main.js']) {
      const body = files[file].replaceAll('http://127.0.0.1:8182', SERVER);
      await page.route(`${PAGE}/examples/${file}`, (route) => route.fulfill({ body, contentType: TYPES[file.split('.').at(-1)] }));
    }
    await page.route('https://unpkg.com/leaflet@1.9.4/**', (route) => {
      const file = new URL(route.request().url()).pathname.split('/dist/')[1];
      return route.fulfill({ path: join(ROOT, 'node_modules/leaflet/dist', file), contentType: TYPES[file.split('.').at(-1)] });
    });
    await page.route('https://tile.openstreetmap.org/**', (route) => route.fulfill({ body: DOT, contentType: 'image/png' }));
    await page.setContent(files['index.html']);
    const people = async () => (await page.locator('carto-formula [part=value]').textContent()).trim();
    await until(async () => /^\d+M$/.test(await people()), 'the sum', 30_000);
    const all = await people();
    await until(async () => (await page.locator('carto-legend').getByRole('listitem').count()) >= 4, 'the legend');
    const germany = page.locator('carto-category').getByText('Germany', { exact: true });
    await germany.click();
    await until(async () => (await people()) !== all && parseFloat(await people()) < 100, 'the sum of one country', 30_000);
    assert.ok((await page.locator('carto-category').getByText('Spain', { exact: true }).count()) > 0, 'a widget does not filter itself');
    assert.deepEqual(seen.errors, []);
    await page.close();
  });
});
