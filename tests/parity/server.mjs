// A recording Maps API that answers the same request the same way, whoever sends it.
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { unpack } from '../unpack.mjs';

const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
// Left half of every tile: feature 1; right half: nothing.
const GRID = { grid: Array(64).fill('!'.repeat(32) + ' '.repeat(32)), keys: ['', '1'] };
const CORS = { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': '*' };
const DAY = 86_400;
/** Milliseconds between two answers. */
const GAP = 8;

/** JSON with its keys in order, so that equal values have equal texts. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (!value || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  return `{${Object.keys(value).sort().map((key) => `${JSON.stringify(key)}:${canonical(value[key])}`).join(',')}}`;
}

/** A small number that depends on nothing but the value. */
function numberOf(value, below) {
  return createHash('md5').update(canonical(value)).digest().readUInt32BE() % below;
}

/** Ids of dataviews have counters of their own in each library: they are numbered by their place in the map. */
function numbered(config) {
  const ids = Object.keys(config.dataviews ?? {});
  const dataviews = ids.map((id, index) => [`${id.replace(/\d+$/, '')}${index + 1}`, config.dataviews[id]]);
  return { ...config, dataviews: Object.fromEntries(dataviews) };
}

export class Recorder {
  /** Every request of the API in the order of arrival. */
  requests = [];
  /** When the last one arrived or was answered. */
  touched = Date.now();
  pending = 0;
  #configs = new Map();
  /** Dataviews are answered in the order in which they were asked for: logs would differ by chance. */
  #turn = Promise.resolve();

  /** `answers(request, usual)` may give `{ status, body, delay, headers }` in place of what `usual()` gives. */
  static async start(files, answers) {
    const recorder = new Recorder();
    recorder.answers = answers;
    recorder.server = createServer((request, response) => {
      const parts = [];
      request.on('data', (part) => parts.push(part));
      request.on('end', () => recorder.#take(files, request, response, Buffer.concat(parts).toString()));
    });
    await new Promise((resolve) => recorder.server.listen(0, '127.0.0.1', resolve));
    recorder.port = recorder.server.address().port;
    recorder.origin = `http://127.0.0.1:${recorder.port}`;
    recorder.page = `http://localhost:${recorder.port}`;
    return recorder;
  }

  stop() {
    this.server.closeAllConnections();
    this.server.close();
  }

  /** Waits until nothing was asked or answered for so many milliseconds. */
  async idle(milliseconds) {
    const since = Date.now();
    while (this.pending || Date.now() - Math.max(since, this.touched) < milliseconds) await new Promise((resolve) => setTimeout(resolve, 10));
  }

  async #take(files, { method, url, headers }, response, body) {
    const { pathname, searchParams } = new URL(url, this.origin);
    const file = files(pathname, searchParams);
    // The page's own address with parameters is no file: something was asked of the wrong place (Q-24).
    if (file && method === 'GET' && !searchParams.has('api_key')) {
      response.writeHead(200, { 'Content-Type': file.type });
      response.end(file.body);
      return;
    }
    const [, account, tail] = /^\/user\/([^/]+)(\/.*)$/.exec(pathname) ?? [];
    const [, group, rest] = /^\/api\/v1\/map\/([^/]+)\/(.*)$/.exec(tail ?? '') ?? [];
    const kind = method === 'OPTIONS' ? 'preflight' : tail === '/api/v1/map' ? 'map'
      : /^dataview\//.test(rest) ? 'dataview' : /^analysis\//.test(rest) ? 'node'
        : /\.png$/.test(rest) ? 'tile' : /\.grid\.json$/.test(rest) ? 'grid' : 'stray';
    const query = Object.fromEntries(searchParams);
    const { callback, ...parameters } = query;
    const request = { kind, method, account, group, path: rest ?? pathname, query: parameters, jsonp: callback, url, headers, body, bytes: url.length + body.length };
    if (kind === 'map') request.config = query.lzma ? unpack(query.lzma) : JSON.parse(body || query.config || '{}');
    if (kind === 'dataview') request.dataview = this.#configs.get(group)?.[/^dataview\/(.*)$/.exec(rest)[1]];
    request.number = this.requests.filter((other) => other.kind === kind).length + 1;
    this.requests.push(request);
    this.touched = Date.now();
    this.pending += 1;
    let gone = false;
    response.on('close', () => {
      if (gone) return;
      gone = true;
      this.pending -= 1;
      this.touched = Date.now();
    });
    const usual = () => this.#usual(request);
    const answer = kind === 'preflight' ? { status: 204, body: '' } : (this.answers?.(request, usual) ?? usual());
    request.status = answer.status ?? 200;
    if (answer.delay) await new Promise((resolve) => setTimeout(resolve, answer.delay));
    else if (kind === 'dataview') await (this.#turn = this.#turn.then(() => new Promise((resolve) => setTimeout(resolve, GAP))));
    const text = typeof answer.body === 'string' || Buffer.isBuffer(answer.body) ? answer.body : JSON.stringify(answer.body);
    request.answered = text.length;
    if (callback) {
      // Servers answer scripts with 200 whatever happened: a browser would not read anything else.
      response.writeHead(answer.jsonpStatus ?? 200, { ...CORS, 'Content-Type': 'text/javascript' });
      response.end(`/**/ typeof ${callback} === 'function' && ${callback}(${text});`);
    } else {
      response.writeHead(request.status, { ...CORS, 'Content-Type': kind === 'tile' ? 'image/png' : 'application/json', ...answer.headers });
      response.end(text);
    }
  }

  #usual(request) {
    const { kind, path, dataview, query } = request;
    if (kind === 'tile') return { body: PIXEL };
    if (kind === 'grid') return { body: { ...GRID, data: { 1: { cartodb_id: 1, name: `feature of ${path.split('/')[0]}` } } } };
    if (kind === 'map') return this.#map(request);
    if (kind === 'node') return { body: { status: 'ready' } };
    if (kind === 'dataview' && dataview) return this.#dataview(dataview, query);
    return { status: 404, body: { errors: [`nothing at ${path}`] } };
  }

  #map({ config, account }) {
    const refused = refusal(config);
    if (refused) return { status: refused.status ?? 400, body: { errors: [refused.message], errors_with_context: [refused] } };
    const group = `${createHash('md5').update(canonical(numbered(config))).digest('hex')}:0`;
    const base = `${this.origin}/user/${account}/api/v1/map/${group}`;
    const both = (url) => ({ url: { http: url, https: url } });
    const queries = Object.fromEntries(config.analyses.map(({ id, params }) => [id, params.query]));
    const dataviews = {};
    const known = {};
    Object.keys(config.dataviews).forEach((id, index) => {
      const name = `${id.replace(/\d+$/, '')}${index + 1}`;
      dataviews[id] = both(`${base}/dataview/${name}`);
      known[name] = { ...config.dataviews[id], sql: queries[config.dataviews[id].source.id] };
    });
    this.#configs.set(group, known);
    const nodes = config.analyses.map(({ id, params }) => [id, { status: 'ready', query: params.query, ...both(`${base}/analysis/node/${id}`) }]);
    const layers = config.layers.map(({ id, options }) => ({ type: 'mapnik', id, meta: { cartocss: options.cartocss, stats: {}, cartocss_meta: { rules: rules(options.cartocss) } } }));
    return { body: { layergroupid: group, metadata: { layers, dataviews, analyses: [{ nodes: Object.fromEntries(nodes) }] }, last_updated: '1970-01-01T00:00:00.000Z' } };
  }

  #dataview({ type, options, sql }, query) {
    if (options.column === 'no_such_column') {
      const message = 'column "no_such_column" does not exist';
      return { status: 404, body: { errors: [message], errors_with_context: [{ type: 'unknown', message }] } };
    }
    // Neither the key nor the ends of the bins that the data gave change what is counted.
    const { bbox, circle, polygon } = query;
    const seed = [type, options, sql, bbox, circle, polygon];
    const result = numberOf(seed, 1000) + 1;
    if (type === 'formula') return { body: { operation: options.operation, result, nulls: 1, type } };
    if (type === 'aggregation') {
      const categories = ['a', 'b', 3, null].slice(0, Number(query.categories ?? 6)).map((category, index) => ({ category, value: result + 10 - index, agg: false }));
      categories.push({ category: 'Other', value: result, agg: true });
      return { body: { aggregation: options.aggregation, count: 8, nulls: 1, min: 1, max: result, categoriesCount: 5, categories, type } };
    }
    if (query.aggregation || options.aggregation) {
      const aggregation = (query.aggregation ?? options.aggregation).replace('auto', 'day');
      const offset = Number(query.offset ?? 0);
      const start = Number(query.start ?? 1_500_000_000);
      const bins = [0, 2, 3].map((bin) => ({ bin, timestamp: start + bin * DAY, min: start + bin * DAY, max: start + bin * DAY + 500, freq: (result % 7) + bin }));
      return { body: { aggregation, offset, timestamp_start: start, bin_width: DAY, bins_count: 4, nulls: 2, bins, type } };
    }
    const count = Number(query.bins ?? options.bins);
    const start = Number(query.start ?? 0);
    const end = Number(query.end ?? 100);
    const width = (end - start) / count;
    const at = [...new Set([0, Math.floor(count / 2), count - 1])];
    const bins = at.map((bin) => ({ bin, min: start + bin * width + 1, max: bin === count - 1 ? end : start + (bin + 1) * width - 1, avg: start + (bin + 0.5) * width, freq: (result % 5) + bin + 1 }));
    return { body: { bin_width: width, bins_count: count, bins_start: start, nulls: 2, avg: 5, bins, type } };
  }
}

/** What servers say of a map that cannot be made: `no_such_table`, `syntax error` in queries, `bad-rule`, `no_such_column` in styles. */
function refusal({ layers = [], analyses = [] }) {
  for (const { id, type, params } of analyses) {
    const about = { type: 'analysis', analysis: { id, node_id: id, type } };
    if (params.query.includes('no_such_table')) return { ...about, message: 'relation "no_such_table" does not exist' };
    if (params.query.includes('!!')) return { ...about, message: 'syntax error at or near "!!"' };
  }
  for (const [index, { id, type, options }] of layers.entries()) {
    const about = { type: 'layer', layer: { id, index, type } };
    if (options.cartocss.includes('bad-rule')) return { ...about, message: 'style0:1:10 Unrecognized rule: bad-rule' };
    if (options.cartocss.includes('no_such_column')) return { ...about, message: 'column "no_such_column" does not exist' };
  }
  return undefined;
}

/** Metadata for styles with `ramp(`: classes for `marker-width`, categories for anything else. */
function rules(cartocss) {
  return [...cartocss.matchAll(/([\w-]+)\s*:\s*ramp\(\[(\w+)\]/g)].map(([, prop, column]) => {
    const range = (start, end, value) => ({ filter: { type: 'range', start, end }, value });
    if (prop === 'marker-width') return { prop, column, mapping: '>', buckets: [range(0, 10, 4), range(10, 25.5, 8)], stats: { filter_avg: 7.25 } };
    const category = (name, value) => ({ filter: { type: 'category', name }, value });
    return { prop, column, mapping: '=', buckets: [category('a', '#f00'), category(1, '#0f0'), category(null, '#00f'), { filter: { type: 'default' }, value: '#ccc' }], stats: {} };
  });
}
