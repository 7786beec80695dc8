// The account page against the server itself: a file becomes a dataset, which is renamed, published, downloaded and deleted.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, describe, test } from 'node:test';
import { startSite } from './auth-server.mjs';
import { SERVER, colours, launch, near, until, watchedPage } from './browser.mjs';

const { master } = JSON.parse(await readFile(new URL('../demo-keys.json', import.meta.url), 'utf8'));
const CSV = 'name,lat,lon,pop\nVik,63.4,-19,750\nNowhere,x,7,N/A\nHofn,64.25,-15.2,1800\nAkureyri,65.7,-18.1,19000\n';
const NAMES = ['towns_of_the_test', 'places_of_the_test'];

describe('the account page and the server', { timeout: 240_000 }, () => {
  let browser, site, page, seen;
  const by = (id) => page.getByTestId(id);
  const row = (name) => page.locator(`[data-testid="dataset-row"][data-name="${name}"]`);
  const address = `${SERVER}/user/demo/api`;
  const forget = () => Promise.all(NAMES.map((name) => fetch(`${address}/v1/viz/${name}?api_key=${master}`, { method: 'DELETE' })));
  const publicly = async (sql) => (await fetch(`${address}/v2/sql?q=${encodeURIComponent(sql)}`)).status;

  before(async () => {
    await forget();
    site = await startSite(() => ({ serverUrl: `${SERVER}/user/{username}` }));
    browser = await launch();
    ({ page, seen } = await watchedPage(browser));
    await page.goto(`${site.origin}/keys.html`);
    await until(async () => !(await by('sign-in-button').isDisabled()), 'the form');
    await by('master').fill(master);
    await by('sign-in-button').click();
    await by('tab-datasets').click();
    await by('datasets-table').waitFor();
  });
  after(async () => {
    await forget();
    await browser?.close();
    site?.stop();
  });
  afterEach(() => assert.deepEqual(seen.errors, []));

  test('tell what the demo has', async () => {
    await row('world_countries').waitFor();
    assert.equal(await row('world_countries').getByTestId('rows-of').textContent(), '241');
    assert.equal(await row('world_countries').getByTestId('geometry').textContent(), 'multipolygon');
    assert.equal(await row('world_countries').getByTestId('privacy').textContent(), 'public');
    const image = row('world_countries').locator('img');
    await image.waitFor();
    await image.scrollIntoViewIfNeeded();
    const counts = await colours(page, await image.boundingBox());
    assert.ok(near(counts, '#f4eddd', 8) > 500 && near(counts, '#dfe6e6', 8) > 500, 'land and sea are drawn');
  });

  test('take a file, with its warnings', async () => {
    await by('files').setInputFiles({ name: 'Towns of the Test.csv', mimeType: 'text/csv', buffer: Buffer.from(CSV) });
    await until(async () => /^Imported: towns_of_the_test \(4 rows\)/.test(await by('import-state').first().textContent()), 'the import');
    const warnings = await by('import-warning').allTextContents();
    assert.ok(warnings.some((words) => /^Line 3 is kept without a place/.test(words)), warnings.join('; '));
    assert.ok(warnings.some((words) => /"N\/A" in pop/.test(words)), warnings.join('; '));
    await row('towns_of_the_test').waitFor();
    assert.equal(await row('towns_of_the_test').getByTestId('geometry').textContent(), 'point');
    await row('towns_of_the_test').locator('img').waitFor();
    await by('files').setInputFiles({ name: 'a.doc', mimeType: 'text/plain', buffer: Buffer.from('x') });
    await until(async () => /Files with the ending "doc"/.test(await by('import').first().textContent()), 'the refusal');
  });

  test('rename, publish, download and delete', async () => {
    await row('towns_of_the_test').getByTestId('rename').click();
    await by('new-name').fill('Places of the Test');
    await by('rename-submit').click();
    await row('places_of_the_test').waitFor();
    assert.equal(await publicly('SELECT 1 FROM places_of_the_test'), 403);
    await row('places_of_the_test').getByTestId('publish').click();
    await by('confirm-go').click();
    await until(async () => (await row('places_of_the_test').getByTestId('privacy').textContent()) === 'public', 'the badge');
    assert.equal(await publicly('SELECT 1 FROM places_of_the_test'), 200);
    await row('places_of_the_test').getByTestId('format').selectOption('geojson');
    const [download] = await Promise.all([page.waitForEvent('download'), row('places_of_the_test').getByTestId('download').click()]);
    const { features } = JSON.parse(await readFile(await download.path(), 'utf8'));
    assert.deepEqual(features.map(({ properties }) => properties.name).sort(), ['Akureyri', 'Hofn', 'Nowhere', 'Vik']);
    await row('places_of_the_test').getByTestId('remove').click();
    await by('confirm-go').click();
    await until(async () => (await row('places_of_the_test').count()) === 0, 'the row to go');
    assert.equal(await publicly('SELECT 1 FROM places_of_the_test'), 400);
    const logged = seen.requests.filter(({ url }) => url.includes(master) && !url.includes('/api/v3/'));
    assert.deepEqual(logged, [], 'the key is in no address of the datasets');
  });
});
