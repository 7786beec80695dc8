// What becomes of answers that no server should give: a server of the test's own gives them.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { blankPage, launch, until } from './browser.mjs';

const GOOD = { layergroupid: 'g:1', metadata: { layers: [{ type: 'mapnik', id: 'L1' }] } };

describe('the transport', { timeout: 240_000 }, () => {
  let browser, page, server, port;
  /** What the next requests get: a function of the request's number, for a name in the query of a layer. */
  const answers = new Map();
  const counts = new Map();

  before(async () => {
    server = createServer((request, response) => {
      const name = /scenario-([a-z0-9]+)/.exec(request.url)?.[1];
      const count = (counts.get(name) ?? 0) + 1;
      counts.set(name, count);
      const answer = answers.get(name)?.(count);
      if (!answer) return;
      const { status = 200, headers = {}, body } = answer;
      response.writeHead(status, { 'access-control-allow-origin': '*', 'access-control-expose-headers': '*', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    ({ port } = server.address());
    browser = await launch();
    ({ page } = await blankPage(browser));
  });
  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
  });

  /** Adds a layer and tells what became of the promise and of the client's events. */
  async function add(name, answer, options = {}) {
    answers.set(name, answer);
    return page.evaluate(
      async ([scenario, base, more]) => {
        const client = new carto.Client({ apiKey: 'k', username: 'u', serverUrl: `${base}/user/u`, timeout: 30_000, ...more });
        const events = [];
        client.on('success', () => events.push('success')).on('error', (error) => events.push(error.errorCode));
        const style = new carto.style.CartoCSS('#l {}');
        const layer = new carto.layer.Layer(new carto.source.SQL(`SELECT 'scenario-${scenario}'`), style);
        const start = performance.now();
        const promise = client.addLayer(layer).then(
          () => 'ok',
          ({ errorCode, reason, status, hint, forbidden, cause }) => ({ errorCode, reason, status, hint: !!hint, forbidden, cause: !!cause }),
        );
        const late = new Promise((resolve) => setTimeout(() => resolve('pending'), 40_000));
        return { result: await Promise.race([promise, late]), events, took: performance.now() - start };
      },
      [name, `http://127.0.0.1:${port}`, options],
    );
  }

  const generic = (reason, status, forbidden = false, cause = false) => ({
    errorCode: 'generic:unknown-error', reason, status, hint: true, forbidden, cause,
  });

  test('a good answer is a success', async () => {
    assert.deepEqual((await add('good', () => ({ body: GOOD }))).result, 'ok');
  });

  test('answers that are no JSON say so, with the status', async () => {
    const html = await add('html', () => ({ status: 502, body: '<html>Bad Gateway</html>' }));
    assert.deepEqual(html.result, generic('not-json', 502));
    assert.deepEqual(html.events, ['generic:unknown-error']);
    assert.deepEqual((await add('empty', () => ({ body: '' }))).result, generic('not-json', 200));
    assert.deepEqual((await add('proxy', () => ({ status: 403, body: 'Access denied' }))).result, generic('not-json', 403, true));
  });

  test('errors with status 200 are errors', async () => {
    const { result } = await add('errors', () => ({ body: { errors: ['no luck'] } }));
    assert.equal(result.errorCode, 'windshaft:generic:unknown-error');
  });

  test('JSON that is no map says so', async () => {
    for (const [name, body] of [['other', {}], ['number', 5], ['list', []], ['badid', { layergroupid: 7 }]]) {
      assert.deepEqual((await add(name, () => ({ body }))).result, generic('not-maps-api', 200), name);
    }
  });

  test('hostile JSON does no harm', async () => {
    const deep = `{"layergroupid":"g","metadata":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    assert.deepEqual((await add('deep', () => ({ body: deep }))).result, generic('not-json', 200));
    const odd = { layergroupid: 'g', metadata: { layers: 'x', dataviews: [1], analyses: { nodes: 3 } }, cdn_url: 'nowhere' };
    assert.equal((await add('odd', () => ({ body: odd }))).result, 'ok');
    assert.equal((await add('bare', () => ({ body: { layergroupid: 'g' } }))).result, 'ok', 'an answer without metadata');
  });

  test('no answer in time is a timeout', async () => {
    const { result, took } = await add('silent', () => null, { timeout: 300 });
    assert.deepEqual(result, generic('timeout', undefined));
    assert.ok(took > 250 && took < 30_000, `${took} ms`);
  });

  test('a rate limit is waited for, as long as the server says', async () => {
    const limit = { errors: ['limit'], errors_with_context: [{ type: 'limit', subtype: 'rate-limit', message: 'limit' }] };
    const first = (count) => (count === 1 ? { status: 429, headers: { 'retry-after': '1' }, body: limit } : { body: GOOD });
    const { result, took, events } = await add('limited', first);
    assert.deepEqual([result, events, counts.get('limited')], ['ok', ['success'], 2]);
    assert.ok(took > 900, `${took} ms`);
    const hour = await add('hour', () => ({ status: 429, headers: { 'retry-after': '3600' }, body: limit }));
    assert.deepEqual([hour.result.reason, hour.result.status, counts.get('hour')], ['rate-limited', 429, 1]);
  });

  test('an unavailable server is asked three times at most', async () => {
    const { result } = await add('down', () => ({ status: 503, body: 'later' }));
    assert.deepEqual([result, counts.get('down')], [generic('not-json', 503), 3]);
  });

  test('an answer without CORS headers, and none at all, cannot be read', async () => {
    const closed = await add('closed', () => ({ headers: { 'access-control-allow-origin': 'http://elsewhere.test' }, body: GOOD }));
    assert.deepEqual(closed.result, generic('unreachable', undefined, false, true));
  });

  test('a superseded request is aborted, and its promise settles with the next answer', async () => {
    answers.set('slow', () => null);
    answers.set('fast', () => ({ body: GOOD }));
    await page.evaluate((base) => {
      const client = new carto.Client({ apiKey: 'k', username: 'u', serverUrl: `${base}/user/u`, timeout: 30_000 });
      const source = new carto.source.SQL("SELECT 'scenario-slow'");
      const log = [];
      client.on('error', (error) => log.push(error.reason));
      const first = client.addLayer(new carto.layer.Layer(source, new carto.style.CartoCSS('#l {}'))).then(() => log.push('first'));
      window.superseded = { source, first, log };
    }, `http://127.0.0.1:${port}`);
    await until(() => counts.get('slow'), 'the first request');
    const log = await page.evaluate(async () => {
      const { source, first, log } = window.superseded;
      const second = source.setQuery("SELECT 'scenario-fast'").then(() => log.push('second'));
      await Promise.all([first, second]);
      return log;
    });
    assert.deepEqual(log, ['first', 'second']);
  });

  test('pages that replace fetch cannot make it trap', async () => {
    const results = await page.evaluate(async (base) => {
      const real = window.fetch;
      const settings = { apiKey: 'k', username: 'u', serverUrl: `${base}/user/u`, timeout: 1000 };
      const odd = {
        string: () => Promise.reject('reason'),
        nothing: () => Promise.resolve(undefined),
        number: () => Promise.resolve(7),
        plain: () => Promise.resolve({ status: 200, text: () => Promise.resolve('{"layergroupid":"g"}') }),
        thrown: () => { throw new Error('sync'); },
        never: () => new Promise(() => {}),
      };
      const results = {};
      for (const [name, fetch] of Object.entries(odd)) {
        window.fetch = fetch;
        const layer = new carto.layer.Layer(new carto.source.SQL('SELECT 1'), new carto.style.CartoCSS('#l {}'));
        const settled = new carto.Client(settings).addLayer(layer).then(() => 'ok', (error) => `${error.name} ${error.reason}`);
        results[name] = await Promise.race([settled, new Promise((resolve) => setTimeout(() => resolve('pending'), 30_000))]);
      }
      window.fetch = real;
      return results;
    }, `http://127.0.0.1:${port}`);
    assert.deepEqual(results, {
      string: 'CartoError unreachable', nothing: 'CartoError unreachable', number: 'CartoError unreachable', plain: 'ok',
      thrown: 'CartoError unreachable', never: 'CartoError timeout',
    });
  });

  test('a dataview that fails says how, and recovers', async () => {
    const dataviews = (count) => (count === 1 ? { status: 500, body: 'oops' } : { body: { type: 'formula', result: 5, nulls: 0 } });
    answers.set('dataview', dataviews);
    answers.set('withview', (count) => ({
      body: { layergroupid: `g:${count}`, metadata: { layers: [], dataviews: Object.fromEntries(
        Array.from({ length: 200 }, (_, id) => [`formula-c${id}`, { url: { http: `http://127.0.0.1:${port}/scenario-dataview?${count}` } }])) } },
    }));
    const log = await page.evaluate(async (base) => {
      const client = new carto.Client({ apiKey: 'k', username: 'u', serverUrl: `${base}/user/u` });
      const formula = new carto.dataview.Formula(new carto.source.SQL("SELECT 'scenario-withview'"), 'a');
      const log = [];
      formula.on('statusChanged', (status, raw) => log.push(raw ? `${status} ${raw.origin}` : status));
      formula.on('error', (error) => log.push(`${error.errorCode} ${error.status}`));
      const failed = new Promise((resolve) => formula.once('error', resolve));
      await client.addDataview(formula);
      await failed;
      const data = new Promise((resolve) => formula.once('dataChanged', resolve));
      formula.setOperation('max');
      log.push((await data).result);
      return log;
    }, `http://127.0.0.1:${port}`);
    assert.deepEqual(log, ['loading', 'error ajax', 'ajax:dataview:unknown-error 500', 'loading', 'loaded', 5]);
  });

  test('a dataview is asked for again until the server is back, and its failure is told once', async () => {
    answers.set('outage', () => ({ body: {
      layergroupid: 'g:outage',
      metadata: { layers: [], dataviews: Object.fromEntries(Array.from({ length: 200 }, (_, id) => [`formula-c${id}`, { url: { http: `http://127.0.0.1:${port}/scenario-gone` } }])) },
    } }));
    answers.set('gone', (count) => (count < 4 ? { status: 502, body: 'oops' } : { body: { type: 'formula', result: 5, nulls: 0 } }));
    const log = await page.evaluate(async (base) => {
      const client = new carto.Client({ apiKey: 'k', username: 'u', serverUrl: `${base}/user/u` });
      const formula = new carto.dataview.Formula(new carto.source.SQL("SELECT 'scenario-outage'"), 'a');
      const log = [];
      formula.on('all', (name, event) => log.push(`${name} ${event?.errorCode ?? event?.result ?? event}`));
      client.on('error', () => log.push('error of the client'));
      await client.addDataview(formula);
      const loaded = new Promise((resolve) => formula.on('dataChanged', resolve));
      const again = setInterval(() => dispatchEvent(new Event('online')), 20);
      await loaded;
      clearInterval(again);
      return [...log, formula.getStatus()];
    }, `http://127.0.0.1:${port}`);
    assert.deepEqual(log, [
      'statusChanged loading', 'statusChanged error', 'error ajax:dataview:unknown-error',
      'statusChanged loading', 'dataChanged 5', 'statusChanged loaded', 'loaded',
    ]);
    assert.equal(counts.get('gone'), 4);
  });
});
