// What pages ask for: maps, tiles, grids, dataviews, queries, keys.

const TABLES = ['cities', 'world_countries'];
const STYLES = {
  cities: ['#layer { marker-width: 6; marker-fill: #c2452d; }', '#layer { marker-width: ramp([pop_max], range(3, 30), quantiles(5)); }', '#layer { text-name: [name]; text-face-name: "DejaVu Sans Book"; text-size: 10; }'],
  world_countries: ['#layer { polygon-fill: #826dba; line-width: 1; }', '#layer { polygon-fill: ramp([iso_a2], (red, green, blue), (AT, ZW), "="); }'],
};

const pick = (next, list) => list[Math.floor(next() * list.length)];

/** Reads an answer to its end, as pages do. */
export async function ask(url, init = {}) {
  const answer = await fetch(url, init);
  await answer.arrayBuffer();
  return answer.status;
}

export function config(table, style, sql = `SELECT * FROM ${table}`) {
  return {
    version: '1.3.0',
    layers: [{ id: 'L', type: 'mapnik', options: { cartocss: style, cartocss_version: '2.1.0', source: { id: 'S' }, interactivity: ['cartodb_id', 'name'] } }],
    dataviews: { n: { type: 'formula', source: { id: 'S' }, options: { column: 'cartodb_id', operation: 'count' } }, c: { type: 'aggregation', source: { id: 'S' }, options: { column: 'iso_a2', aggregation: 'count' } } },
    analyses: [{ id: 'S', type: 'source', params: { query: sql } }],
  };
}

export const api = ({ address }, path) => `${address}/user/demo/api/${path}`;

/** Makes a map; gives the answer's status. */
export async function instantiate(world, map, signal, key = 'default_public') {
  const answer = await fetch(api(world, `v1/map?api_key=${key}`), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(map), signal });
  const body = await answer.json();
  if (body.layergroupid && world.maps.length < 50) world.maps.push(body.layergroupid);
  return answer.status;
}

async function map(world, signal) {
  const table = pick(world.next, TABLES);
  // Some that were there before, some that are new.
  const sql = world.next() < 0.5 ? undefined : `SELECT * FROM ${table} WHERE cartodb_id % 7 <> ${Math.floor(world.next() * 1000)}`;
  return instantiate(world, config(table, pick(world.next, STYLES[table]), sql), signal);
}

/** A request that hangs off a map. */
const part = (path) => async (world, signal) => {
  if (!world.maps.length) return map(world, signal);
  const zoom = Math.floor(world.next() * 8);
  const [x, y] = [world.next(), world.next()].map((number) => Math.floor(number * 2 ** zoom));
  return ask(api(world, `v1/map/${path(pick(world.next, world.maps), zoom, x, y)}`), { signal });
};

const query = (statement, key) => async (world, signal) => {
  const body = new URLSearchParams({ q: statement(world.next), api_key: key(world) });
  return ask(api(world, 'v2/sql'), { method: 'POST', body, signal });
};

async function key(world, signal) {
  const name = `soak ${Math.floor(world.next() * 20)}`;
  const grants = [{ type: 'apis', apis: ['sql'] }, { type: 'database', tables: [{ schema: 'demo', name: 'cities', permissions: ['select'] }] }];
  const url = api(world, `v3/api_keys`);
  const headers = { 'content-type': 'application/json', authorization: `Basic ${btoa(`demo:${world.master}`)}` };
  if (world.next() < 0.5) return ask(`${url}/${encodeURIComponent(name)}`, { method: 'DELETE', headers, signal });
  return ask(url, { method: 'POST', headers, body: JSON.stringify({ name, grants }), signal });
}

/** Kinds of requests with their weights, and the answers that are right. */
export function pages() {
  const open = () => 'default_public';
  const kind = (name, weight, run, right) => ({ name, weight, run, right });
  const limited = ['429', '503'];
  return [
    kind('map', 6, map, ['200', ...limited]),
    kind('tile', 24, part((id, z, x, y) => `${id}/${z}/${x}/${y}.png`), ['200', ...limited]),
    kind('grid', 6, part((id, z, x, y) => `${id}/0/${z}/${x}/${y}.grid.json`), ['200', ...limited]),
    kind('vector tile', 6, part((id, z, x, y) => `${id}/${z}/${x}/${y}.mvt`), ['200', '204', ...limited]),
    kind('dataview', 12, part((id) => `${id}/dataview/n?bbox=-10,-10,50,60`), ['200', ...limited]),
    kind('category', 6, part((id) => `${id}/dataview/c`), ['200', ...limited]),
    kind('static image', 2, part((id) => `static/center/${id}/2/10/10/400/300.png`), ['200', ...limited]),
    kind('query', 12, query((next) => `SELECT name FROM cities WHERE cartodb_id < ${Math.floor(next() * 500)}`, open), ['200', ...limited]),
    kind('write', 3, query((next) => `UPDATE shops SET revenue = ${Math.floor(next() * 1000)} WHERE cartodb_id = 1`, (world) => world.master), ['200', ...limited]),
    kind('key', 2, key, ['200', '201', '204', '403', '404', '422', ...limited]),
    kind('list of keys', 2, async (world, signal) => ask(api(world, `v3/api_keys?api_key=${world.master}`), { signal }), ['200', ...limited]),
    kind('datasets', 2, async (world, signal) => ask(api(world, `v4/datasets?api_key=${world.master}`), { signal }), ['200', ...limited]),
    kind('wrong key', 2, async (world, signal) => ask(api(world, 'v2/sql?q=SELECT+1&api_key=nobody'), { signal }), ['401', ...limited]),
  ];
}
