// A small Maps API of the test's own: it remembers every request, preflights too, and answers what the test wants.
import { createServer } from 'node:http';
import { unpack } from '../unpack.mjs';
import { blankPage } from './browser.mjs';

// Half of every tile is feature 1, the other half is empty.
const GRID = { grid: Array(64).fill('!'.repeat(32) + ' '.repeat(32)), keys: ['', '1'], data: { 1: { cartodb_id: 1, name: 'Here' } } };
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const CORS = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*', 'Access-Control-Expose-Headers': '*' };

export class Answers {
  requests = [];
  /** Replaces answers: gets a request, gives nothing, `{ status, headers, body }` or `null` for silence. */
  instead = () => undefined;

  static async start() {
    const answers = new Answers();
    answers.server = createServer((request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => answers.#answer(request, response, Buffer.concat(parts).toString()));
    });
    await new Promise((resolve) => answers.server.listen(0, '127.0.0.1', resolve));
    answers.origin = `http://127.0.0.1:${answers.server.address().port}`;
    return answers;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Forgets what was asked, and answers as usual again. */
  reset() {
    this.requests.length = 0;
    this.instead = () => undefined;
  }

  /** The requests of a kind: `map`, `dataview`, `tile`, `grid`, `sql` or `preflight`. */
  of(kind) {
    return this.requests.filter((request) => request.kind === kind);
  }

  #answer({ method, url, headers }, response, body) {
    const { pathname, searchParams } = new URL(url, this.origin);
    const kind = method === 'OPTIONS' ? 'preflight' : /\.png$/.test(pathname) ? 'tile' : /grid\.json$/.test(pathname) ? 'grid'
      : pathname.startsWith('/dataview/') ? 'dataview' : pathname.endsWith('/api/v2/sql') ? 'sql' : 'map';
    const request = { kind, method, url, headers, body, pathname, query: Object.fromEntries(searchParams), closed: false };
    if (kind === 'map') request.config = searchParams.has('lzma') ? unpack(searchParams.get('lzma')) : JSON.parse(body || searchParams.get('config'));
    response.on('close', () => (request.closed = !response.writableFinished));
    this.requests.push(request);
    request.number = this.of(kind).length;
    const instead = kind === 'preflight' ? undefined : this.instead(request);
    if (instead === null) return;
    const { status = 200, headers: more = {}, body: text } = instead ?? this.#usual(request);
    response.writeHead(status, { ...CORS, 'Content-Type': kind === 'tile' ? 'image/png' : 'application/json', ...more });
    response.end(typeof text === 'string' || Buffer.isBuffer(text) ? text : JSON.stringify(text));
  }

  #usual({ kind, config, number, pathname }) {
    if (kind === 'preflight') return { status: 204, body: '' };
    if (kind === 'tile') return { body: PIXEL };
    if (kind === 'sql') return { body: { rows: [{ a: 1 }], fields: { a: { type: 'number' } }, time: 0.1, total_rows: 1 } };
    if (kind === 'grid') return { body: GRID };
    if (kind === 'dataview') {
      const category = { count: 2, max: 3, min: 1, nulls: 0, categories: [{ category: 'a', value: 3, agg: false }, { category: 'Other', value: 1, agg: true }] };
      return { body: pathname.includes('category') ? category : { operation: 'count', result: number, nulls: 0 } };
    }
    const address = (id) => `${this.origin}/dataview/${number}/${id}`;
    const dataviews = Object.keys(config.dataviews ?? {}).map((id) => [id, { url: { http: address(id), https: address(id) } }]);
    const layers = config.layers.map(({ id }) => ({ type: 'mapnik', id, meta: {} }));
    return { body: { layergroupid: `group${number}:1`, metadata: { layers, dataviews: Object.fromEntries(dataviews) } } };
  }
}

/** A page with the library, and short names for what most tests make. */
export async function pageFor(browser, answers, options) {
  const { page, seen } = await blankPage(browser, options);
  await page.evaluate((origin) => {
    window.settings = { apiKey: 'default_public', username: 'u', serverUrl: `${origin}/user/{username}`, timeout: 30_000 };
    window.makeClient = (more) => new carto.Client({ ...window.settings, ...more });
    window.makeLayer = (id, more) =>
      new carto.layer.Layer(new carto.source.SQL(`SELECT '${id}'`), new carto.style.CartoCSS('#l { marker-width: 1; }'), { id, ...more });
    window.wait = (milliseconds = 0) => new Promise((resolve) => setTimeout(resolve, milliseconds));
    window.until = async (check) => {
      for (const end = Date.now() + 30_000; !check(); await window.wait(5)) if (Date.now() > end) throw new Error(`in vain: ${check}`);
    };
  }, answers.origin);
  return { page, seen };
}
