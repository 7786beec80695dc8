// The datasets of the account page, as the owner of an account uses them: the list, files that are imported, and a phone.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { until } from './browser.mjs';
import { keyManager } from './keys-page.mjs';

const PHONE = { viewport: { width: 390, height: 844 } };
const file = (name, content = 'a,lat,lon\n1,2,3\n') => ({ name, mimeType: 'text/csv', buffer: Buffer.from(content) });

describe('the datasets', { timeout: 480_000 }, () => {
  const it = keyManager();
  const { account, by, text, said, focused, asked, submit, signIn, accessible } = it;
  const row = (name) => it.page.locator(`[data-testid="dataset-row"][data-name="${name}"]`);
  const names = () => by('dataset-name').allTextContents();
  const images = () => it.page.locator('.thumbnail img').evaluateAll((all) => all.filter(({ complete, naturalWidth }) => complete && naturalWidth).map(({ alt }) => alt));

  async function open(options) {
    await signIn(options);
    await by('tab-datasets').click();
    await by('datasets-table').or(by('datasets-empty')).or(by('datasets-retry')).first().waitFor();
  }

  test('tell rows, size, geometry and a map', async () => {
    account.kept.of = {
      rivers: { row_count: 1, size: 999, geometry_types: ['ST_LineString', 'ST_MultiLineString'] },
      secret_places: { row_count: null, size: 0, geometry_types: [], bbox: null },
    };
    await open();
    const cells = async (name) => (await row(name).getByRole('cell').allTextContents()).slice(1, 5);
    assert.deepEqual(await cells('cities'), ['49,025', '12 MB', 'point', 'Mar 3, 2024']);
    assert.deepEqual(await cells('rivers'), ['1', '999 bytes', 'linestring, multilinestring', 'Mar 3, 2024']);
    assert.deepEqual((await cells('secret_places')).slice(0, 3), ['unknown', '0 bytes', 'no places']);
    assert.deepEqual(await by('privacy').allTextContents(), ['private', 'private', 'private', 'public']);
    await until(async () => (await images()).length === 3, 'the maps');
    assert.equal(await row('secret_places').getByTestId('thumbnail').textContent(), 'No places');
    const image = asked('GET', '/api/v1/map/static/bbox/')[0];
    assert.match(image.path, /\/-12,33\.75,32,61\.25\/288\/192\.png$/);
    assert.equal(image.token, account.master);
    const inAddress = account.requests.filter(({ path, query }) => /viz|imports|map/.test(path ?? '') && query.api_key === account.master);
    assert.deepEqual(inAddress, [], 'the key is in no address');
    await accessible('the datasets');
    await it.page.emulateMedia({ colorScheme: 'dark' });
    await accessible('the datasets in the dark');
  });

  test('are reached by the keyboard, and left with the account', async () => {
    await signIn();
    await by('tab-keys').focus();
    await it.page.keyboard.press('ArrowRight');
    assert.equal(await focused(), 'tab-datasets');
    await by('datasets-table').waitFor();
    assert.ok(!await by('table').isVisible());
    await it.page.keyboard.press('Home');
    assert.ok(await by('table').isVisible() && !await by('datasets-panel').isVisible());
    await it.page.keyboard.press('End');
    await by('sign-out').click();
    assert.equal(await by('dataset-row').count(), 0);
    await submit(account.named('map of cities').token);
    await by('read-only').waitFor();
    assert.ok(!await by('tab-datasets').isVisible(), 'another key has none');
  });

  test('have pages, a filter, and words for what is empty or failed', async () => {
    account.reset(Array.from({ length: 43 }, (_, index) => `dataset_${String(index + 1).padStart(2, '0')}`));
    await open();
    assert.equal(await text('datasets-range'), '1–20 of 43');
    await by('datasets-next').click();
    await said(/Datasets 21–40 of 43/);
    await by('datasets-filter').fill('_4');
    await until(async () => (await names()).join() === 'dataset_40,dataset_41,dataset_42,dataset_43', 'those with 4');
    await by('datasets-filter').fill('<b>');
    await by('datasets-empty').waitFor();
    assert.match(await text('datasets-empty'), /No dataset has this/);
    await accessible('nothing found');
    account.instead = ({ path }) => (path.startsWith('/api/v1/viz') ? { status: 500, body: { errors: 'Out of <b>order' } } : undefined);
    await by('datasets-filter').fill('');
    await by('datasets-retry').waitFor();
    assert.match(await text('datasets-problem'), /Out of <b>order/);
    await accessible('a failed list');
    account.instead = () => undefined;
    account.datasets = [];
    await by('datasets-retry').click();
    await until(async () => /No datasets yet/.test(await text('datasets-empty')), 'an empty account');
    assert.equal(await focused(), 'datasets-title');
  });

  test('come from files that are chosen, with options and warnings', async () => {
    const odd = Array.from({ length: 7 }, (_, index) => `Line ${index + 2} is kept without a place: "<img src=x>" is no number.`);
    account.kept.course = (name) => [
      { state: 'pending' },
      { state: 'importing', rows: 4000, rows_total: 12000 },
      { state: 'complete', success: true, table_name: name, tables: [{ name, rows: 12000 }], warnings: odd },
    ];
    await open();
    await by('import-options').click();
    await accessible('the options');
    await by('import-name').fill('shops');
    await by('import-srid').fill('25830');
    await by('import-public').check();
    await by('import-replace').check();
    await by('files').setInputFiles(file('Shops <b>1.csv'));
    await until(async () => /Importing: 4,000 of 12,000 rows/.test(await text('import-state')), 'the rows');
    await until(async () => /^Imported: shops \(12,000 rows\)/.test(await text('import-state')), 'the end');
    const { fields } = account.kept.imports.get('import-1');
    assert.deepEqual(fields, { privacy: 'public', collision_strategy: 'overwrite', srid: '25830', layer: undefined, table_name: 'shops' });
    assert.equal(await by('import-warning').count(), 7);
    assert.match(await text('import-warnings'), /^7 things are odd.*"<img src=x>" is no number/s);
    assert.equal(await it.page.locator('.import img').count(), 0, 'words are words');
    await until(async () => (await names()).includes('shops'), 'the dataset in the list');
    assert.equal(await by('import-name').inputValue(), '', 'a name is for one file');
    await accessible('an import with warnings');
    await by('import-cancel').click();
    assert.deepEqual([await by('import').count(), await focused()], [0, 'files']);
  });

  test('come from files that are dropped, one after the other', async () => {
    await open();
    await it.page.evaluate(() => {
      const dropped = new DataTransfer();
      for (const name of ['one.csv', 'two.csv']) dropped.items.add(new File(['a\n1\n'], name));
      const zone = document.querySelector('#drop');
      for (const type of ['dragover', 'drop']) zone.dispatchEvent(new DragEvent(type, { dataTransfer: dropped, bubbles: true, cancelable: true }));
    });
    await until(async () => (await by('import-state').allTextContents()).every((words) => words.startsWith('Imported')), 'both');
    assert.deepEqual([...account.kept.imports.values()].map(({ name }) => name), ['one', 'two']);
    const elsewhere = await it.page.evaluate(() => document.body.dispatchEvent(new DragEvent('drop', { bubbles: true, cancelable: true })));
    assert.ok(!elsewhere, 'a file that misses the zone opens nothing');
  });

  test('say what is wrong with a file, in the words of the server', async () => {
    await open();
    const send = async (name, words, content) => {
      await by('files').setInputFiles(file(name, content));
      await until(async () => words.test(await by('import').first().textContent()), name);
    };
    account.kept.course = () => [{ state: 'failure', success: false, error_code: 1002, get_error_text: { title: 'Unsupported file type', what_about: 'Files with the ending "doc" are not understood.' } }];
    await send('a.doc', /Not imported\..*ending "doc".*1002 Unsupported file type/s);
    account.kept.largest = 3;
    await send('large.csv', /The file has 16 bytes; this server takes 3 bytes at most/);
    account.kept.largest = 1 << 20;
    account.instead = ({ method, path }) => (method === 'POST' && path === '/api/v1/imports' ? { status: 429, body: { errors: { imports: '10 imports of this account wait or run already' } } } : undefined);
    await send('busy.csv', /wait or run already.*429/s);
    account.instead = ({ path }) => (path.startsWith('/api/v1/imports/') ? { status: 404, body: { errors: { imports: 'There is no such import' } } } : undefined);
    await send('forgotten.csv', /There is no such import/);
    await accessible('imports that failed');
    assert.equal(await by('import').count(), 4);
  });

  test('are not imported when an upload is cancelled', async () => {
    await open();
    let release;
    account.instead = ({ method, path }) => (method === 'POST' && path === '/api/v1/imports' ? new Promise((resolve) => { release = () => resolve(undefined); }) : undefined);
    await by('files').setInputFiles([file('held.csv'), file('next.csv')]);
    await until(() => release, 'the upload');
    // The second one waits for the first.
    assert.equal(asked('POST', '/api/v1/imports').length, 1);
    await by('import').filter({ hasText: 'held.csv' }).getByTestId('import-cancel').click();
    account.instead = () => undefined;
    release();
    await until(async () => /^Imported/.test(await by('import').filter({ hasText: 'next.csv' }).getByTestId('import-state').textContent()), 'the next one');
    assert.match(await by('import').filter({ hasText: 'held.csv' }).textContent(), /Cancelled; nothing is imported/);
  });

  test('are downloaded', async () => {
    await open();
    const [download] = await Promise.all([it.page.waitForEvent('download'), row('cities').getByTestId('download').click()]);
    assert.equal(download.suggestedFilename(), 'cities.csv');
    assert.equal(await readFile(await download.path(), 'utf8'), 'cartodb_id,name\n1,a\n');
    const { body, query } = asked('POST', '/api/v2/sql').at(-1);
    assert.deepEqual([body.q, body.format, query], ['SELECT * FROM "cities"', 'csv', {}]);
    account.instead = ({ path }) => (path === '/api/v2/sql' ? { status: 429, body: { error: ['You are over platform\'s limits: the result is too large'] } } : undefined);
    await row('cities').getByTestId('format').selectOption('gpkg');
    await row('cities').getByTestId('download').click();
    await until(async () => /result is too large/.test(await text('datasets-problem')), 'the refusal');
  });

  test('get another name', async () => {
    await open();
    await row('rivers').getByTestId('rename').click();
    assert.deepEqual([await focused(), await by('new-name').inputValue()], ['new-name', 'rivers']);
    await accessible('the new name');
    await by('new-name').fill(' ');
    await it.page.keyboard.press('Enter');
    assert.match(await it.page.locator('#new-name-error').textContent(), /missing/);
    await by('new-name').fill('cities');
    await it.page.keyboard.press('Enter');
    await until(async () => /'cities' already exists/.test(await text('rename-problem')), 'the refusal');
    await by('new-name').fill('All Rivers');
    await it.page.keyboard.press('Enter');
    await said(/^rivers is called all_rivers now/);
    await until(async () => (await names()).includes('all_rivers'), 'the new name');
    await until(async () => (await focused()) === 'rename', 'the focus to return');
    await row('cities').getByTestId('rename').click();
    await it.page.keyboard.press('Escape');
    assert.equal(asked('PUT', '/api/').length, 2);
  });

  test('become public and private, and go, after a question', async () => {
    await open();
    await row('cities').getByTestId('publish').click();
    assert.match(await text('confirm-text'), /Everybody.*can read all/);
    assert.equal(await focused(), 'confirm-cancel');
    await accessible('the question');
    await by('confirm-go').click();
    await said(/cities is public now/);
    await until(async () => (await row('cities').getByTestId('privacy').textContent()) === 'public', 'the badge');
    await row('cities').getByTestId('publish').click();
    assert.match(await text('confirm-title'), /Make “cities” private/);
    await by('confirm-go').click();
    await until(async () => (await row('cities').getByTestId('privacy').textContent()) === 'private', 'the badge');

    await row('cities').getByTestId('remove').click();
    await it.page.keyboard.press('Enter');
    assert.equal(asked('DELETE', '/api/').length, 0);
    await row('cities').getByTestId('remove').click();
    account.instead = ({ method }) => (method === 'DELETE' ? { status: 422, body: { errors: 'cannot drop table cities because other objects depend on it' } } : undefined);
    await by('confirm-go').click();
    await until(async () => /depend on it/.test(await text('confirm-problem')), 'the refusal');
    account.instead = () => undefined;
    await by('confirm-go').click();
    await said(/Deleted cities/);
    assert.deepEqual(account.datasets, ['rivers', 'secret_places', 'world_countries']);
    await until(async () => (await focused()) === 'datasets-title', 'the focus to find a place');
  });

  test('fit a phone in every state', async () => {
    account.datasets.push('x'.repeat(60));
    account.kept.course = (name) => [{ state: 'complete', success: true, table_name: name, tables: [{ name, rows: 1 }], warnings: [`Line 2 has "${'y'.repeat(90)}" in pop`] }];
    await open(PHONE);
    await until(async () => (await images()).length > 0, 'a map');
    await accessible('the datasets');
    assert.equal(await it.page.getByRole('cell').count(), 30, 'cards are still rows of a table');
    await by('import-options').click();
    await by('files').setInputFiles(file(`${'long'.repeat(30)}.csv`));
    await by('import-warning').waitFor();
    await accessible('an import');
    await row('cities').getByTestId('rename').click();
    await accessible('the new name');
    await it.page.keyboard.press('Escape');
    await row('cities').getByTestId('remove').click();
    await accessible('the question');
  });
});
