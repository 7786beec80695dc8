// Queries, keys and the check of a key, in Node, against a server that gives recorded answers.
import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, beforeEach, describe, test } from 'node:test';
import { ROOT } from './installed.mjs';

const KEY = 'S3cretKeyThatNobodyMaySee_1';
const recording = async (name) => JSON.parse(await readFile(new URL(`tests/wire/${name}`, `file://${ROOT}/`), 'utf8')).response;

describe('queries and keys', () => {
  let carto, server, url, asked, answer;

  before(async () => {
    carto = (await import(`file://${ROOT}/pkg/carto.mjs`)).default;
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => (body += part)).on('end', () => {
        const { pathname, searchParams } = new URL(request.url, url);
        const call = { method: request.method, path: pathname.replace('/user/demo', ''), query: Object.fromEntries(searchParams), type: request.headers['content-type'], body };
        asked.push(call);
        const { status = 200, body: told } = answer(call);
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(told === undefined || told === null ? undefined : typeof told === 'string' ? told : JSON.stringify(told));
      });
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${server.address().port}`;
  });
  after(() => {
    server.closeAllConnections();
    server.close();
  });
  beforeEach(() => {
    asked = [];
    answer = () => ({ body: {} });
  });

  const settings = (apiKey = KEY) => ({ apiKey, username: 'demo', serverUrl: `${url}/user/{username}` });
  const client = (apiKey) => new carto.Client(settings(apiKey));
  /** The error of a call; it must not show the key anywhere. */
  async function failure(call) {
    try {
      await call();
    } catch (error) {
      assert.ok(error instanceof carto.CartoError, String(error));
      for (const text of [String(error), error.stack, JSON.stringify(error), error.message, error.hint, JSON.stringify(error.originalError)]) assert.ok(!text?.includes(KEY), `${text} shows the key`);
      return error;
    }
    throw new Error('nothing was refused');
  }

  test('rows, with their types, feature collections and lines', async () => {
    answer = ({ query }) => ({ body: { rows: [{ a: 1 }], fields: { a: { type: 'number', pgtype: 'int4' } }, time: 0.001, total_rows: 1, ...(query.format && { type: 'FeatureCollection', features: [] }) } });
    assert.deepEqual(await client().sql('SELECT 1 AS a'), { rows: [{ a: 1 }], fields: { a: { type: 'number', pgtype: 'int4' } }, time: 0.001, totalRows: 1 });
    assert.deepEqual(asked[0], { method: 'GET', path: '/api/v2/sql', query: { q: 'SELECT 1 AS a', api_key: KEY }, type: undefined, body: '' });
    assert.equal((await client().sql('SELECT 1', { format: 'geojson' })).type, 'FeatureCollection');
    answer = () => ({ body: 'a,b\r\n1,2\r\n' });
    assert.equal(await client().sql('SELECT 1', { format: 'csv' }), 'a,b\r\n1,2\r\n');
    assert.deepEqual(asked.slice(1).map(({ query }) => query.format), ['geojson', 'csv']);
  });

  test('long queries go as a form, without the key in the address', async () => {
    const long = `SELECT '${'x'.repeat(9000)} & ü'`;
    await client().sql(long);
    const [{ method, query, type, body }] = asked;
    assert.deepEqual([method, query], ['POST', {}]);
    assert.match(type, /^application\/x-www-form-urlencoded/);
    assert.deepEqual(Object.fromEntries(new URLSearchParams(body)), { q: long, api_key: KEY });
  });

  test('values are quoted by name', async () => {
    const params = { s: "O'Brien", n: -1.5, big: 10n, d: new Date(0), yes: true, none: null, list: ['a', "b'"], t: ['my schema', 'ta"ble'] };
    await client().sql('SELECT :s, 1-:n, :big, :d, :yes, :none FROM :"t" WHERE x = ANY(:list) -- :s', { params });
    assert.equal(asked[0].query.q, `SELECT 'O''Brien', 1-(-1.5), 10, '1970-01-01T00:00:00.000Z'::timestamptz, TRUE, NULL FROM "my schema"."ta""ble" WHERE x = ANY(ARRAY['a','b''']) -- :s`);
    const cyclic = [];
    cyclic.push(cyclic);
    for (const [value, code] of [[undefined, 'missing-parameter'], [{}, 'invalid-parameter'], [cyclic, 'invalid-parameter'], [new Date(NaN), 'invalid-parameter'], ['a\0', 'invalid-parameter'], [() => 1, 'invalid-parameter'], [Symbol('s'), 'invalid-parameter']]) {
      const { errorCode } = await failure(() => client().sql('SELECT :a', { params: { a: value } }));
      assert.equal(errorCode, `validation:sql:${code}`);
    }
    // What objects inherit is no parameter.
    assert.equal((await failure(() => client().sql('SELECT :toString', { params: {} }))).errorCode, 'validation:sql:missing-parameter');
    for (const query of [undefined, '', ' \n', 7, {}]) assert.equal((await failure(() => client().sql(query))).errorCode, 'validation:sql:query-string');
    assert.equal((await failure(() => client().sql('SELECT 1', { format: 'shp' }))).errorCode, 'validation:sql:invalid-format');
    assert.equal(asked.length, 1);
  });

  test('every recorded refusal of the SQL API has its reason', async () => {
    const reasons = { 401: 'unknown-key', 404: 'unknown-user', 400: 'invalid-query', 200: 'invalid-query' };
    const special = {
      'sql-err-03-missing-table': 'dataset-not-found',
      'sql-err-05-forbidden-table-default-public': 'dataset-not-granted', 'sql-err-06-forbidden-table-regular-key': 'dataset-not-granted', 'sql-err-07-forbidden-write': 'dataset-not-granted',
      'sql-err-09-key-without-sql-grant': 'api-not-granted', 'sql-err-11-basic-auth-wrong-user': 'dataset-not-granted', 'sql-err-18-system-catalog': 'dataset-not-granted',
      'sql-limit-02-over-rate-limit': 'rate-limited', 'sql-limit-03-statement-timeout': 'over-limit', 'sql-limit-04-csv-export-timeout': 'over-limit',
    };
    let checked = 0;
    for (const file of (await readdir(new URL('tests/wire/', `file://${ROOT}/`))).filter((name) => /^sql-(err|limit)/.test(name))) {
      const name = file.replace('.json', '');
      // A JSONP answer, and one that is none.
      if (/err-20|limit-01/.test(name)) continue;
      const { status, body } = await recording(file);
      answer = () => ({ status, body });
      const error = await failure(() => client().sql('SELECT 1'));
      const reason = special[name] ?? reasons[status];
      assert.deepEqual([error.reason, error.api, error.status, error.errorCode, error.forbidden], [reason, 'sql', status, `sql:${reason}`, [401, 403, 404].includes(status)], name);
      assert.ok(error.hint.length > 20 && error.message.length > 5, name);
      checked++;
    }
    assert.ok(checked > 20, `${checked} refusals`);
    answer = () => ({ status: 403, body: { error: ['permission denied for table private_places'] } });
    assert.equal((await failure(() => client().sql('SELECT 1'))).dataset, 'private_places');
    answer = () => ({ status: 400, body: { error: ['column "nam" does not exist'], hint: 'Perhaps you meant "name".' } });
    assert.match((await failure(() => client().sql('SELECT nam'))).hint, /Perhaps you meant "name"\./);
    answer = () => ({ status: 401, body: { error: ['Unauthorized'] } });
    assert.equal((await failure(() => client('YOUR_API_KEY').sql('SELECT 1'))).reason, 'malformed-key');
    answer = () => ({ body: '<html>' });
    assert.equal((await failure(() => client().sql('SELECT 1'))).reason, 'not-json');
    const nobody = new carto.Client({ ...settings(), serverUrl: 'http://127.0.0.1:9/user/{username}' });
    assert.equal((await failure(() => nobody.sql('SELECT 1'))).reason, 'unreachable');
  });

  test('keys are listed, shown, made, renewed and deleted', async () => {
    const keys = new carto.auth.ApiKeys(settings());
    const played = async (name, call) => {
      const { status, body } = await recording(`${name}.json`);
      answer = () => ({ status, body });
      return call();
    };
    const { total, count, keys: list } = await played('auth-02-list-paged', () => keys.list({ page: 2, perPage: 3, order: 'name', type: ['master', 'regular'] }));
    assert.ok(total >= count && list.length === count && list.every(({ name, token, type }) => name && token && type));
    assert.deepEqual(asked.at(-1), { method: 'GET', path: '/api/v3/api_keys', query: { page: '2', per_page: '3', order: 'name', type: 'master,regular', api_key: KEY }, type: undefined, body: '' });
    const made = await played('auth-05-create', () => keys.create({ name: 'places', apis: ['sql', 'maps'], datasets: { populated_places: ['select'], 'other.t': ['insert'], none: [] }, schemas: { public: ['create'] }, dataservices: ['routing'] }));
    assert.deepEqual(made, {
      name: 'places', user: 'demo', type: 'regular', token: 'BBBBBBBBBBBBBBBBBBBBBB', apis: ['sql', 'maps'], schemas: [], dataservices: [],
      datasets: [{ schema: 'public', name: 'populated_places', owner: false, permissions: ['select'] }], createdAt: new Date('2018-02-14T13:23:12Z'), updatedAt: new Date('2018-02-14T13:23:12Z'),
    });
    assert.deepEqual(JSON.parse(asked.at(-1).body), {
      name: 'places', api_key: KEY,
      grants: [
        { type: 'apis', apis: ['sql', 'maps'] },
        { type: 'database', tables: [{ schema: 'public', name: 'populated_places', permissions: ['select'] }, { schema: 'other', name: 't', permissions: ['insert'] }], schemas: [{ name: 'public', permissions: ['create'] }] },
        { type: 'dataservices', services: ['routing'] },
      ],
    });
    assert.deepEqual([asked.at(-1).method, asked.at(-1).query, asked.at(-1).type], ['POST', {}, 'application/json']);
    assert.equal((await played('auth-08-regenerate', () => keys.regenerate('a b?#%é'))).type, 'regular');
    assert.deepEqual([asked.at(-1).path, asked.at(-1).query, asked.at(-1).body], ['/api/v3/api_keys/a%20b%3F%23%25%C3%A9/token/regenerate', {}, `api_key=${KEY}`]);
    assert.equal((await played('auth-07-show', () => keys.get('places'))).name.length > 0, true);
    assert.equal(await played('auth-10-delete', () => keys.delete('places')), undefined);
    assert.deepEqual([asked.at(-1).method, asked.at(-1).path], ['DELETE', '/api/v3/api_keys/places']);
  });

  test('every recorded refusal of the Auth API has its reason', async () => {
    const keys = new carto.auth.ApiKeys(settings());
    const create = () => keys.create({ name: 'n', apis: [] });
    const cases = {
      'auth-err-01-delete-master': [() => keys.delete('Master'), 'fixed-key', false],
      'auth-err-02-not-found': [() => keys.get('nope'), 'key-not-found', false],
      'auth-err-04-create-with-regular-key': [create, 'master-key-required', true],
      'auth-err-05-no-credentials': [() => keys.list(), 'unknown-key', true],
      'auth-err-06-grants-not-array': [create, 'invalid-grants', false],
      'auth-err-07-bad-permission': [create, 'invalid-grants', false],
      'auth-err-08-table-not-owned': [create, 'dataset-not-found', false],
      'auth-err-09-name-taken': [create, 'name-taken', false],
      'auth-err-10-quota': [create, 'quota', false],
      'auth-err-13-engine-disabled': [() => keys.list(), 'no-such-api', false],
    };
    for (const [name, [call, reason, forbidden]] of Object.entries(cases)) {
      const { status, body } = await recording(`${name}.json`);
      answer = () => ({ status, body });
      const error = await failure(call);
      assert.deepEqual([error.reason, error.forbidden, error.api, error.status], [reason, forbidden, 'auth', status], name);
      assert.ok(error.hint.length > 20 && error.message.length > 5, name);
    }
  });

  test('what the server would refuse is not sent', async () => {
    const keys = new carto.auth.ApiKeys(settings());
    const good = { name: 'n', apis: ['maps'] };
    const cases = [
      [() => keys.create({ apis: [] }), 'name-required'], [() => keys.create({ ...good, name: 'a/b' }), 'name-required'], [() => keys.create({ ...good, name: 'Master' }), 'name-reserved'],
      [() => keys.create(), 'name-required'], [() => keys.create({ name: 'n' }), 'invalid-apis'], [() => keys.create({ name: 'n', apis: ['Maps'] }), 'invalid-apis'],
      [() => keys.create({ ...good, datasets: ['t'] }), 'invalid-datasets'], [() => keys.create({ ...good, datasets: { t: ['SELECT'] } }), 'invalid-datasets'], [() => keys.create({ ...good, datasets: { '': ['select'] } }), 'invalid-datasets'],
      [() => keys.create({ ...good, schemas: { s: ['usage'] } }), 'invalid-schemas'], [() => keys.create({ ...good, dataservices: ['all'] }), 'invalid-dataservices'],
      [() => keys.get('..'), 'name-required'], [() => keys.delete(''), 'name-required'], [() => keys.regenerate(7), 'name-required'],
      [() => keys.list({ page: 0 }), 'invalid-page'], [() => keys.list({ perPage: 1.5 }), 'invalid-page'], [() => keys.list({ order: 'token' }), 'invalid-order'], [() => keys.list({ type: 'all' }), 'invalid-type'],
    ];
    for (const [call, code] of cases) assert.equal((await failure(call)).errorCode, `validation:auth:${code}`, String(call));
    assert.equal((await failure(() => new carto.auth.ApiKeys({ username: 'demo' }))).errorCode, 'validation:client:api-key-required');
    assert.deepEqual(asked, []);
  });

  describe('the check of a key', () => {
    /** A server where a key has APIs and datasets; `auth` tells whether the Auth API is there. */
    const world = ({ user = true, key = true, apis = ['maps', 'sql'], datasets = ['cities'], there = ['cities', 'secret'], auth = false }) => ({ path, query, body }) => {
      const form = Object.fromEntries(new URLSearchParams(body));
      const isSql = path === '/api/v2/sql';
      if (path.includes('/v3/')) {
        if (!auth) return { status: 404 };
        if (!key) return { status: 401 };
        const grants = [{ type: 'apis', apis }, { type: 'database', tables: datasets.map((name) => ({ schema: 'public', name, permissions: ['select'] })) }];
        return { body: { total: 1, count: 1, result: [{ name: 'k', type: 'regular', token: KEY, grants }] } };
      }
      if (!user) return isSql ? { status: 404, body: { error: ["Sorry, we can't find CARTO user 'demo'."] } } : { status: 401, body: { errors: ['Unauthorized'], errors_with_context: [{ type: 'auth', message: 'Unauthorized', subtype: 'api-key-not-found' }] } };
      if (!key) return isSql ? { status: 401, body: { error: ['Unauthorized'] } } : { status: 401, body: { errors: ['Unauthorized'] } };
      if (isSql) {
        if (!apis.includes('sql')) return { status: 403, body: { error: ['forbidden'] } };
        const names = [...(form.q.match(/ARRAY\[(.*?)\]/)?.[1] ?? '').matchAll(/'(.*?)'/g)].map(([, name]) => name);
        return { body: { rows: names.map((name) => ({ name, there: there.includes(name), granted: datasets.includes(name) })) } };
      }
      if (!apis.includes('maps')) return { status: 403, body: { errors: ['Forbidden'], errors_with_context: [{ type: 'auth', message: 'Forbidden', subtype: 'api-key-does-not-grant-access' }] } };
      const name = query.config.match(/FROM \\"(.*?)\\"/)?.[1];
      if (!name || datasets.includes(name)) return { body: { layergroupid: 'x:0', metadata: { layers: [] } } };
      return there.includes(name) ? { status: 403, body: { errors: [`permission denied for table ${name}`] } } : { status: 404, body: { errors: [`relation "${name}" does not exist`] } };
    };
    const check = async (about, options, apiKey) => {
      asked = [];
      answer = world(about);
      const found = await client(apiKey).checkKey(options);
      assert.ok(!JSON.stringify(found).includes(KEY), 'the key shows');
      for (const { hint } of found.problems) assert.ok(hint.length > 20, hint);
      return [found.ok, found.user, found.key.type, found.key.apis.join(), found.key.datasets.join(), found.problems.map(({ reason, dataset }) => (dataset ? `${reason} ${dataset}` : reason)).join(), asked.length];
    };

    test('tells everything that can be wrong, with few questions', async () => {
      const datasets = ['cities'];
      assert.deepEqual(await check({}, {}, 'YOUR_API_KEY'), [false, null, null, '', '', 'malformed-key', 0]);
      // In Node the Auth API is asked first.
      assert.deepEqual(await check({ auth: true }, { datasets }), [true, 'demo', 'regular', 'maps,sql', 'cities', '', 1]);
      assert.deepEqual(await check({}, { datasets }), [true, 'demo', null, 'sql,maps', 'cities', '', 3]);
      assert.deepEqual(await check({}, {}, 'default_public'), [true, 'demo', 'default', 'sql,maps', '', '', 3]);
      assert.deepEqual(await check({ user: false }, { datasets }), [false, null, null, '', '', 'unknown-user', 2]);
      assert.deepEqual(await check({ key: false }, { datasets }), [false, null, null, '', '', 'unknown-key', 2]);
      assert.deepEqual(await check({ apis: ['sql'] }, { datasets }), [false, 'demo', null, 'sql', 'cities', 'api-not-granted', 3]);
      assert.deepEqual(await check({ apis: ['sql'] }, { datasets, apis: ['sql'] }), [true, 'demo', null, 'sql', 'cities', '', 3]);
      assert.deepEqual(await check({}, { datasets: ['cities', 'secret', 'none'] }), [false, 'demo', null, 'sql,maps', 'cities', 'dataset-not-granted secret,dataset-not-found none', 3]);
      // Without SQL every dataset needs a map.
      assert.deepEqual(await check({ apis: ['maps'] }, { datasets: ['cities', 'secret', 'none'] }), [false, 'demo', null, 'maps', 'cities', 'dataset-not-granted secret,dataset-not-found none', 6]);
      // A failure on the way says nothing of a dataset.
      const busy = (call) => (call.path === '/api/v1/map' && /FROM/.test(call.query.config) ? { status: 429, body: { errors: ['too many'], errors_with_context: [{ type: 'limit', subtype: 'render', message: 'too many' }] } } : world({ apis: ['maps'] })(call));
      answer = busy;
      assert.deepEqual((await client().checkKey({ datasets })).problems.map(({ reason, dataset }) => [reason, dataset]), [['over-limit', 'cities']]);
      assert.deepEqual(await check({ auth: true, apis: ['maps'] }, { datasets: ['cities', 'secret'] }), [false, 'demo', 'regular', 'maps', 'cities', 'dataset-not-granted secret', 2]);
    });

    test('can be given up', async () => {
      const stop = AbortSignal.abort(new Error('enough'));
      await assert.rejects(client().checkKey({ signal: stop }), /enough/);
      await assert.rejects(client().sql('SELECT 1', { signal: stop }), /enough/);
      assert.deepEqual(asked, []);
    });
  });

  test('another key takes the place of one that was refused', async () => {
    const good = 'TheOtherKey_2';
    answer = ({ path, query }) => (query.api_key === good ? { body: { layergroupid: 'x:0', metadata: { layers: [{ type: 'mapnik', id: 'a', meta: {} }], dataviews: {} } } } : { status: 401, body: { errors: ['Unauthorized'], path } });
    const page = client();
    const layer = new carto.layer.Layer(new carto.source.SQL('SELECT 1'), new carto.style.CartoCSS('#l {}'), { id: 'a' });
    assert.equal((await failure(() => page.addLayer(layer))).reason, 'unknown-key');
    await page.setApiKey(good);
    assert.deepEqual(asked.map(({ query }) => query.api_key), [KEY, good]);
    assert.deepEqual(page.getLayers(), [layer]);
    for (const [bad, code] of [[undefined, 'required'], ['', 'required'], [7, 'string']]) assert.equal((await failure(() => page.setApiKey(bad))).errorCode, `validation:client:api-key-${code}`);
  });
});
