// The guide to API keys, walked in a browser against the sandbox: create, restrict, use, be refused, regenerate, delete.
/* global keys, client, token, layer, told -- what the first step leaves in the page */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { blankPage, launch, SERVER } from './browser.mjs';

const { master } = JSON.parse(await readFile(new URL('../demo-keys.json', import.meta.url), 'utf8'));
const NAME = 'Guide: shops of "Lima" & more';

describe('the guide to API keys', { timeout: 240_000 }, () => {
  let browser, page, seen;
  const secrets = [master];

  before(async () => {
    browser = await launch();
    ({ page, seen } = await blankPage(browser));
    await page.evaluate(([serverUrl, master, name]) => {
      const account = { username: 'demo', serverUrl };
      window.keys = new carto.auth.ApiKeys({ ...account, apiKey: master });
      window.client = (apiKey) => new carto.Client({ ...account, apiKey });
      window.layer = (table) => new carto.layer.Layer(new carto.source.Dataset(table), new carto.style.CartoCSS('#layer { marker-width: 4; }'));
      // What a page may know of an error, and whether any key shows in it.
      window.told = (error) => {
        const everything = `${error} ${error.stack} ${JSON.stringify(error)} ${Object.entries(error).join()}`;
        if (window.secrets.some((secret) => everything.includes(secret))) throw new Error('a key is in an error');
        const { reason, status, forbidden, api, dataset } = error;
        return [reason, status, forbidden, api, dataset ?? null, (error.hint ?? '').length > 20];
      };
      window.secrets = [master];
      return window.keys.delete(name).catch(() => {});
    }, [`${SERVER}/user/{username}`, master, NAME]);
  });
  after(() => browser?.close());

  test('a key is created with what it may do, and shown again', async () => {
    const { created, shown, listed, twice } = await page.evaluate(async (name) => {
      const created = await keys.create({ name, apis: ['maps'], datasets: { shops: ['select'] } });
      window.secrets.push(created.token);
      window.token = created.token;
      const shown = await keys.get(name);
      const { total, keys: all } = await keys.list({ type: ['regular'], perPage: 100 });
      const twice = await keys.create({ name, apis: [] }).catch(({ errorCode }) => errorCode);
      return { created, shown, listed: [total, all.some((key) => key.name === name)], twice };
    }, NAME);
    secrets.push(created.token);
    assert.match(created.token, /^[\w-]{22}$/);
    const { token, createdAt, updatedAt, ...key } = created;
    assert.ok(createdAt instanceof Date && Math.abs(createdAt - Date.now()) < 600_000 && updatedAt instanceof Date);
    assert.deepEqual(key, {
      name: NAME,
      user: 'demo',
      type: 'regular',
      apis: ['maps'],
      datasets: [{ schema: 'demo', name: 'shops', owner: false, permissions: ['select'] }],
      schemas: [],
      dataservices: [],
    });
    assert.deepEqual(shown, created);
    assert.ok(token && listed[0] >= 1 && listed[1]);
    assert.equal(twice, 'auth:name-taken');
  });

  test('a page draws with it what it may see, and a forbidden dataset is named', async () => {
    const found = await page.evaluate(async () => {
      const mine = window.client(token);
      await mine.addLayer(layer('shops'));
      const native = mine.getLeafletLayer();
      const url = native._url ?? native.getTileUrl?.({ x: 0, y: 0, z: 0 });
      // Inline SQL and sources are refused in other words.
      const forbidden = await window.client('default_public').addLayer(layer('shops')).catch(told);
      const query = await window.client('default_public').sql('SELECT * FROM shops').catch(told);
      const api = await mine.sql('SELECT 1').catch(told);
      const missing = await mine.addLayer(layer('no_such_table')).catch((error) => [error.errorCode, ...told(error)]);
      return { tile: (await fetch(url.replace('{s}', 'a').replace('{z}/{x}/{y}', '0/0/0'))).status, forbidden, query, api, missing };
    });
    assert.deepEqual(found, {
      tile: 200,
      forbidden: ['dataset-not-granted', 403, true, 'maps', 'shops', true],
      query: ['dataset-not-granted', 403, true, 'sql', 'shops', true],
      api: ['api-not-granted', 403, true, 'sql', null, true],
      missing: ['windshaft:analysis:invalid-dataset', 'dataset-not-found', 404, false, 'maps', 'no_such_table', true],
    });
  });

  test('the check of a key tells by itself what it is good for', async () => {
    const found = await page.evaluate(async () => {
      const short = ({ ok, user, key, problems }) => [ok, user, key.type, key.apis.join(), key.datasets.join(), problems.map(({ reason, dataset }) => `${reason} ${dataset ?? ''}`.trim()).join()];
      return [
        await client(token).checkKey({ datasets: ['shops', 'cities'] }),
        await client('default_public').checkKey({ datasets: ['shops', 'cities', 'nowhere'], apis: ['maps', 'sql'] }),
        await client(token).checkKey({ apis: ['sql'] }),
        await client(secrets[0]).checkKey({ datasets: ['shops'] }),
        await client('5up3rs3cr3t0000').checkKey(),
        await client('YOUR_API_KEY').checkKey(),
      ].map(short);
    });
    assert.deepEqual(found, [
      [true, 'demo', 'regular', 'maps', 'shops,cities', ''],
      [false, 'demo', 'default', 'sql,maps', 'cities', 'dataset-not-granted shops,dataset-not-found nowhere'],
      [false, 'demo', 'regular', 'maps', 'shops', 'api-not-granted'],
      [true, 'demo', 'master', 'sql,maps', 'shops', ''],
      [false, null, null, '', '', 'unknown-key'],
      [false, null, null, '', '', 'malformed-key'],
    ]);
  });

  test('a regenerated key ends the old token at once, and the new one goes into the same page', async () => {
    const found = await page.evaluate(async (name) => {
      const mine = window.client(token);
      const shops = layer('shops');
      await mine.addLayer(shops);
      const { token: fresh } = await keys.regenerate(name);
      window.secrets.push(fresh);
      const refused = await mine.addLayer(layer('cities')).catch(told);
      const again = await shops.getStyle().setContent('#layer { marker-width: 5; }').catch(told);
      await mine.setApiKey(fresh);
      await shops.getStyle().setContent('#layer { marker-width: 6; }');
      const layers = mine.getLayers().length;
      window.token = fresh;
      return { differs: fresh !== secrets[1], refused, again, layers };
    }, NAME);
    secrets.push(await page.evaluate(() => token));
    const gone = ['unknown-key', 401, true, 'maps', null, true];
    assert.deepEqual(found, { differs: true, refused: gone, again: gone, layers: 2 });
  });

  test('a key with the SQL API writes what it was granted, and no more', async () => {
    const found = await page.evaluate(async () => {
      const name = 'Guide: writer';
      await keys.delete(name).catch(() => {});
      const writer = await keys.create({ name, apis: ['sql'], datasets: { shops: ['select', 'insert'] } });
      window.secrets.push(writer.token);
      const { sql } = { sql: (query, params) => client(writer.token).sql(query, { params }) };
      const inserted = await sql('INSERT INTO shops (name, city, the_geom) VALUES (:name, :city, ST_SetSRID(ST_Point(:lng, :lat), 4326)) RETURNING name, city', { name: "O'Neill's \\ 100%", city: null, lng: -77, lat: -12 });
      const deleted = await sql('DELETE FROM shops WHERE name = :name', { name: "O'Neill's \\ 100%" }).catch(told);
      const escaped = await sql('SET ROLE postgres').catch(told);
      const map = await client(writer.token).addLayer(layer('shops')).catch(told);
      const { totalRows } = await client(secrets[0]).sql('DELETE FROM shops WHERE name = :name', { params: { name: "O'Neill's \\ 100%" } });
      const csv = await client(writer.token).sql('SELECT name FROM shops ORDER BY cartodb_id LIMIT 1', { format: 'csv' });
      const geojson = await client(writer.token).sql('SELECT * FROM shops ORDER BY cartodb_id LIMIT 1', { format: 'geojson' });
      await keys.delete(name);
      return { rows: inserted.rows, fields: inserted.fields, deleted, escaped, map, totalRows, csv, geojson: geojson.features[0].properties.name };
    });
    assert.deepEqual(found, {
      rows: [{ name: "O'Neill's \\ 100%", city: null }],
      fields: { name: { type: 'string', pgtype: 'text' }, city: { type: 'string', pgtype: 'text' } },
      deleted: ['dataset-not-granted', 403, true, 'sql', 'shops', true],
      escaped: ['dataset-not-granted', 403, true, 'sql', null, true],
      map: ['api-not-granted', 403, true, 'maps', null, true],
      totalRows: 1,
      csv: 'name\r\nShop 001\r\n',
      geojson: 'Shop 001',
    });
  });

  test('only the master key manages keys', async () => {
    const found = await page.evaluate(async ([serverUrl, name]) => {
      const as = (apiKey, username = 'demo') => new carto.auth.ApiKeys({ apiKey, username, serverUrl });
      const own = await as(token).list();
      return [
        own.keys.map((key) => key.name),
        await as(token).create({ name: 'x', apis: [] }).catch(told),
        await as(token).delete(name).catch(told),
        await as(token).get('Master').catch(told),
        await as('5up3rs3cr3t0000').list().catch(told),
        await as(secrets[0], 'nobody').list().catch(told),
        await keys.delete('Master').catch(told),
        await keys.create({ name: 'x', apis: [], datasets: { nothing_such: ['select'] } }).catch(told),
      ];
    }, [`${SERVER}/user/{username}`, NAME]);
    assert.deepEqual(found, [
      [NAME],
      ['master-key-required', 401, true, 'auth', null, true],
      ['master-key-required', 401, true, 'auth', null, true],
      ['key-not-found', 404, false, 'auth', null, true],
      ['unknown-key', 401, true, 'auth', null, true],
      ['unknown-key', 401, true, 'auth', null, true],
      ['fixed-key', 403, false, 'auth', null, true],
      ['dataset-not-found', 422, false, 'auth', null, true],
    ]);
  });

  test('the account\'s datasets can be listed', async () => {
    const { total, datasets } = await page.evaluate(() => keys.datasets({ perPage: 50, order: 'name' }));
    assert.equal(total, datasets.length);
    const of = (wanted) => datasets.find(({ name }) => name === wanted)?.privacy;
    assert.deepEqual([of('cities'), of('shops')], ['public', 'private']);
  });

  test('a deleted key is refused from then on', async () => {
    const found = await page.evaluate(async (name) => {
      await keys.delete(name);
      return [await client(token).addLayer(layer('shops')).catch(told), await keys.get(name).catch(told), await keys.delete(name).catch(told)];
    }, NAME);
    assert.deepEqual(found, [
      ['unknown-key', 401, true, 'maps', null, true],
      ['key-not-found', 404, false, 'auth', null, true],
      ['key-not-found', 404, false, 'auth', null, true],
    ]);
  });

  test('no key is in the console or in the page', async () => {
    assert.ok(secrets.length >= 3 && secrets.every((secret) => secret.length >= 22));
    const text = await page.evaluate(() => `${document.documentElement.outerHTML} ${location.href} ${JSON.stringify(localStorage)}`);
    // The browser itself tells of failed requests, without their addresses.
    for (const secret of secrets) assert.ok(!`${seen.console} ${seen.errors} ${text}`.includes(secret), 'a key shows');
    assert.deepEqual(seen.errors, []);
    assert.deepEqual(seen.console.filter((line) => !/^error: Failed to load resource/.test(line)), []);
  });
});
