// An account's server in memory, with the Auth, Maps and SQL APIs as far as the key manager asks them; and the site itself.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { unpack } from '../unpack.mjs';
import { Datasets } from './datasets-server.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TYPES = { '.html': 'text/html', '.css': 'text/css', '.js': 'text/javascript', '.png': 'image/png' };
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const WORDS = ['select', 'insert', 'update', 'delete'];

async function listen(server) {
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${server.address().port}`;
}

function stop(server) {
  server.closeAllConnections();
  server.close();
}

/** The pages, as `cargo xtask serve` gives them; `config()` is what `/config.json` says. */
export async function startSite(config) {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://site').pathname));
    if (path === '/config.json') {
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(config()));
      return;
    }
    const file = path.startsWith('/pkg/') ? path.slice(1)
      : path.startsWith('/vendor/leaflet/') ? `node_modules/leaflet/dist/${path.slice(16)}`
        : `www${path.endsWith('/') ? `${path}index.html` : path}`;
    try {
      const content = await readFile(ROOT + file);
      response.writeHead(200, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  return { origin: await listen(server), stop: () => stop(server) };
}

export class Account {
  username = 'demo';
  keys = [];
  requests = [];
  /** Who may ask from a page. */
  allowed = '*';
  /** Replaces answers: gets a request, gives nothing, `{ status, body }` or a promise of either. */
  instead = () => undefined;

  async start() {
    this.reset();
    this.server = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => (body += part)).on('end', () => this.#answer(request, response, body));
    });
    this.origin = await listen(this.server);
  }

  stop() {
    if (this.server) stop(this.server);
  }

  /** As a new account has it, with these datasets and with regular keys of these names. */
  reset(datasets = ['cities', 'rivers', 'secret_places', 'world_countries'], ...names) {
    this.datasets = datasets;
    this.public = ['world_countries'];
    this.kept = new Datasets(this);
    this.serial = 0;
    this.tokens.clear();
    this.requests.length = 0;
    this.instead = () => undefined;
    const both = [{ type: 'apis', apis: ['sql', 'maps'] }, { type: 'database', tables: [], schemas: [] }];
    this.keys = [];
    this.master = 'm4sterOfThisAccountThatNobodyMaySee00001';
    this.keys = [
      this.#key('Master', 'master', this.master, both),
      this.#key('Default public', 'default', 'default_public', both),
    ];
    for (const name of names) this.add(name, ['maps'], { cities: ['select'] });
  }

  /** A regular key, made without asking. */
  add(name, apis, datasets, schemas = []) {
    const tables = Object.entries(datasets).map(([table, permissions]) => ({ schema: 'public', name: table, owner: false, permissions }));
    const key = this.#key(name, 'regular', this.#token(), [{ type: 'apis', apis }, { type: 'database', tables, schemas }]);
    this.keys.push(key);
    return key;
  }

  /** Every token that there ever was. */
  tokens = new Set();

  named(name) {
    return this.keys.find((key) => key.name === name);
  }

  #token() {
    return `Tok3nNumber${String(++this.serial).padStart(6, '0')}_wxyz`;
  }

  #key(name, type, token, grants) {
    this.tokens.add(token);
    const moment = `2024-03-${String(1 + (this.keys.length % 28)).padStart(2, '0')} 13:23:12 +0000`;
    return { name, user: { username: this.username }, type, token, grants, created_at: moment, updated_at: moment };
  }

  async #answer({ method, url, headers }, response, body) {
    const { pathname, searchParams } = new URL(url, this.origin);
    const cors = this.allowed === '*' || headers.origin === this.allowed
      ? { 'Access-Control-Allow-Origin': headers.origin ?? '*', 'Access-Control-Allow-Methods': 'GET, POST, PUT, DELETE', 'Access-Control-Allow-Headers': 'Content-Type, Authorization', Vary: 'Origin' } : {};
    if (method === 'OPTIONS') {
      response.writeHead(204, cors).end();
      return;
    }
    if (pathname === '/demo/keys.json') {
      response.writeHead(200, { ...cors, 'content-type': 'application/json' }).end(JSON.stringify({ username: this.username }));
      return;
    }
    const isJson = headers['content-type']?.startsWith('application/json');
    const told = isJson ? JSON.parse(body) : Object.fromEntries(new URLSearchParams(body));
    const basic = headers.authorization && Buffer.from(headers.authorization.replace(/^Basic /, ''), 'base64').toString().split(':')[1];
    const [, user, path] = /^\/user\/([^/]+)(\/.*)$/.exec(pathname) ?? [];
    const request = { method, user, path, query: Object.fromEntries(searchParams), body: told, raw: body, token: basic ?? searchParams.get('api_key') ?? told.api_key };
    this.requests.push(request);
    const { status = 200, body: answer, type = 'application/json' } = await this.instead(request) ?? this.#usual(request);
    response.writeHead(status, { ...cors, 'content-type': type });
    response.end(answer === undefined ? undefined : Buffer.isBuffer(answer) ? answer : JSON.stringify(answer));
  }

  #usual(request) {
    const { path = '', user } = request;
    if (path.endsWith('.png')) return { body: PIXEL, type: 'image/png' };
    const key = user === this.username ? this.keys.find(({ token }) => token === request.token) : undefined;
    if (path.startsWith('/api/v3/')) return this.#auth(request, key);
    if (path === '/api/v4/datasets') return this.#datasets(request, key);
    if (/^\/api\/v1\/(viz|imports)/.test(path)) return this.kept.answer(request, key);
    if (path === '/api/v2/sql') return this.#sql(request, key);
    if (path === '/api/v1/map') return this.#map(request, key);
    return { status: 404 };
  }

  #auth({ method, path, query, body }, key) {
    if (!key) return { status: 401 };
    const manages = key.type === 'master';
    const [name, tail] = path.slice('/api/v3/api_keys'.length).split('/').slice(1).map(decodeURIComponent);
    if (method !== 'GET' && !manages) return { status: 401 };
    const visible = manages ? this.keys : [key];
    if (!name) return method === 'GET' ? this.#list(visible, query) : this.#create(body);
    const found = visible.find((other) => other.name === name);
    if (!found) return { status: 404, body: { errors: `API key not found: ${name}`, errors_cause: null } };
    if (method === 'DELETE') {
      if (found.type !== 'regular') return { status: 403, body: { errors: "You don't have permission to access that resource", errors_cause: null } };
      this.keys = this.keys.filter((other) => other !== found);
      return { status: 204 };
    }
    if (method === 'POST' && tail === 'token') {
      found.token = found.type === 'master' ? `n3wMasterOfThisAccountThatNobodyMaySee${++this.serial}` : this.#token();
      if (found.type === 'master') this.master = found.token;
      this.tokens.add(found.token);
    }
    return { body: found };
  }

  #list(visible, { page = 1, per_page: perPage = 20, type, order }) {
    const ranks = ['master', 'default', 'regular'];
    const sorted = visible.filter((key) => !type || type.split(',').includes(key.type))
      .sort((a, b) => ranks.indexOf(a.type) - ranks.indexOf(b.type) || (order === 'name' ? a.name.localeCompare(b.name) : 0));
    const result = sorted.slice((page - 1) * perPage, page * perPage);
    return { body: { total: sorted.length, count: result.length, result, _links: {} } };
  }

  #create({ name, grants }) {
    const refuse = (errors) => ({ status: 422, body: { errors: `Validation failed: ${errors}`, errors_cause: null } });
    if (this.named(name)) return refuse('Name has already been taken');
    const { tables = [], schemas = [] } = grants.find(({ type }) => type === 'database') ?? {};
    if (!tables.every((table) => this.datasets.includes(table.name))) return refuse('Grants can only grant table permissions you have');
    if (!schemas.every((schema) => schema.name === 'public')) return refuse('Grants can only grant schema permissions you have');
    if (!tables.every(({ permissions }) => permissions.every((word) => WORDS.includes(word)))) return refuse('permissions did not match');
    const key = this.#key(name, 'regular', this.#token(), grants);
    this.keys.push(key);
    return { status: 201, body: key };
  }

  #datasets({ query: { page = 1, per_page: perPage = 20 } }, key) {
    if (key?.type !== 'master') return { status: key ? 403 : 401 };
    const result = this.datasets.slice((page - 1) * perPage, page * perPage).map((name) => ({ name, privacy: 'PRIVATE' }));
    return { body: { total: this.datasets.length, count: result.length, result, _links: {} } };
  }

  #may(key, name) {
    const tables = key.grants.find(({ type }) => type === 'database').tables;
    return key.type === 'master' || this.public.includes(name) || tables.some((table) => table.name === name && table.permissions.includes('select'));
  }

  #sql({ user, query, body }, key) {
    if (user !== this.username) return { status: 404, body: { error: [`Sorry, we can't find CARTO user '${user}'.`] } };
    if (!key) return { status: 401, body: { error: ['Unauthorized'] } };
    if (!key.grants[0].apis.includes('sql')) return { status: 403, body: { error: ['forbidden'] } };
    if ((query.format ?? body.format) === 'csv') return { body: Buffer.from('cartodb_id,name\n1,a\n'), type: 'text/csv' };
    const list = /ARRAY\[(.*?)\]/.exec(query.q ?? body.q)?.[1] ?? '';
    const rows = [...list.matchAll(/'(.*?)'/g)].map(([, name]) => ({ name, there: this.datasets.includes(name), granted: this.datasets.includes(name) && this.#may(key, name) }));
    return { body: { rows, fields: {}, time: 0.001, total_rows: rows.length } };
  }

  #map({ query, body }, key) {
    const refuse = (status, message, about) => ({ status, body: { errors: [message], errors_with_context: [{ message, ...about }] } });
    if (!key) return refuse(401, 'Unauthorized', { type: 'auth', subtype: 'api-key-not-found' });
    if (!key.grants[0].apis.includes('maps')) return refuse(403, 'Forbidden', { type: 'auth', subtype: 'api-key-does-not-grant-access' });
    const config = query.lzma ? unpack(query.lzma) : query.config ? JSON.parse(query.config) : body;
    const queries = [...(config.analyses ?? []).map(({ params }) => params.query), ...config.layers.map(({ options }) => options.sql)].filter(Boolean);
    for (const [, name] of queries.map((sql) => /FROM "?(?:public"?\.)?"?(\w+)/i.exec(sql)).filter(Boolean)) {
      if (!this.datasets.includes(name)) return refuse(400, `relation "${name}" does not exist`, { type: 'layer', layer: { id: config.layers[0].id, index: 0, type: 'mapnik' } });
      if (!this.#may(key, name)) return refuse(403, `permission denied for relation ${name}`, { type: 'layer', layer: { id: config.layers[0].id, index: 0, type: 'mapnik' } });
    }
    const layers = config.layers.map(({ id }) => ({ type: 'mapnik', id, meta: {} }));
    return { body: { layergroupid: `group${this.requests.length}:1`, metadata: { layers, dataviews: {} } } };
  }
}
