// What the server has to bear: slow and greedy clients, bombs in styles and queries, floods. Each is bounded in size and time.
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { api, ask, config, instantiate } from './pages.mjs';

const CITIES = '#layer { marker-width: 6; }';

/** A connection that sends `head`, then `drip` every second, until it is closed or `seconds` are over. */
const slow = (head, drip, seconds) => async ({ address }) => {
  const { hostname, port } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port) });
  const closed = new Promise((resolve) => {
    socket.once('close', () => resolve('closed'));
    socket.on('error', () => resolve('closed'));
  });
  socket.on('data', () => {});
  socket.write(head);
  const dripping = drip ? setInterval(() => socket.write(drip), 1000) : undefined;
  const outcome = await Promise.race([closed, sleep(seconds * 1000, 'given up', { ref: false })]);
  clearInterval(dripping);
  socket.destroy();
  return outcome;
};

/** A client that asks for much and reads nothing. */
async function unread({ address }) {
  const { hostname, port } = new URL(address);
  const socket = connect({ host: hostname, port: Number(port) });
  socket.on('error', () => {});
  socket.pause();
  socket.write("GET /user/demo/api/v2/sql?q=SELECT+repeat('x',1000000)+FROM+generate_series(1,8) HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await sleep(10_000);
  socket.destroy();
  return 'left';
}

/** A client that leaves while it is served. */
async function leaving(world) {
  const leave = AbortSignal.timeout(30 + Math.floor(world.next() * 200));
  return ask(api(world, 'v2/sql?q=SELECT+count(*)+FROM+cities+a,+cities+b+WHERE+a.pop_max=b.pop_max'), { signal: leave }).catch(() => 'left');
}

/** A body of 20 MB that nobody wants. */
async function huge(world, signal) {
  const url = api(world, world.next() < 0.5 ? 'v1/map' : 'v2/sql');
  return ask(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: Buffer.alloc(20 << 20, 'x'), signal })
    .catch((error) => (error.name === 'TimeoutError' ? Promise.reject(error) : 'closed'));
}

/** Makes a map that no page asks for then; a page's tiles are not to fail for it. */
const make = (world, map, signal) => instantiate({ ...world, maps: Array(50) }, map, signal);
const style = (text) => (world, signal) => make(world, config('cities', text), signal);
const sql = (...statements) => async (world, signal) => {
  const statement = statements[Math.floor(world.next() * statements.length)];
  return ask(api(world, 'v2/sql'), { method: 'POST', body: new URLSearchParams({ q: statement }), signal });
};

/** A map of 90 kB, of junk or of a remark, that is another one each time. */
async function flood(world, signal) {
  const map = config('cities', CITIES, `SELECT * FROM cities WHERE ${Math.floor(world.next() * 1e9)} > 0`);
  const filling = 'x'.repeat(90_000);
  if (world.next() < 0.5) map.junk = filling;
  else map.analyses[0].params.query += ` /* ${filling} */`;
  return make(world, map, signal);
}

/** A drawing whose filter never ends. */
async function filtered(world, signal) {
  const svg = "<svg xmlns='http://www.w3.org/2000/svg' width='64' height='64'><filter id='f'><feTurbulence numOctaves='2000' baseFrequency='.9'/></filter><rect width='64' height='64' filter='url(#f)'/></svg>";
  return style(`#layer { marker-file: url("data:image/svg+xml;base64,${btoa(svg)}"); marker-width: 60; }`)(world, signal);
}

/** Keys that anybody could want to have. */
async function keys(world, signal) {
  return ask(api(world, 'v3/api_keys?api_key=default_public'), { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ name: String(world.next()), grants: [] }), signal });
}

/** Kinds of attacks with their weights; the answers that are right end without one of 500. */
export function attacks() {
  const group = `#layer${'{ a'.repeat(4).replaceAll('a', Array.from({ length: 30 }, (_, index) => `[a=${index}]`).join(','))}{ marker-width: 1; }${'}'.repeat(4)}`;
  const kinds = [
    ['slow head', 1, slow('GET /health HTTP/1.1\r\nx-a: ', 'a', 40)],
    ['slow body', 1, slow('POST /user/demo/api/v2/sql HTTP/1.1\r\nhost: localhost\r\ncontent-length: 90000\r\n\r\n', 'a', 50)],
    ['half a request', 1, slow('GET /hea', '', 40)],
    ['silence', 1, slow('', '', 40)],
    ['unread answer', 0.5, unread],
    ['huge body', 0.5, huge],
    ['client that leaves', 1, leaving],
    ['deep style', 1, style(`#layer{marker-width:${'1+'.repeat(3100)}1;}`)],
    ['nested style', 0.5, style(`${'#layer{'.repeat(3000)}${'}'.repeat(3000)}`)],
    ['multiplied selectors', 0.5, style(group)],
    ['drawing with a filter', 0.5, filtered],
    ['memory bomb', 0.3, sql("SELECT lpad('',1000000,'x') FROM generate_series(1,1500)", 'SELECT generate_series(1,3000000)')],
    ['endless query', 0.2, sql("SELECT xpath('count(//b[count(//b[count(//b)>1])>1])', ('<a>'||repeat('<b/>',2000)||'</a>')::xml)", 'SELECT count(*) FROM cities a, cities b, cities c', 'SELECT pg_sleep(60)')],
    ['way out of the guard', 1, sql("SELECT 'a' ||/* ' */ (SELECT string_agg(rolname,$$,$$) FROM pg_roles) AS a -- '", 'SELECT * FROM sandbox.api_keys', "SELECT set_config('role','postgres',true)", "SELECT st_estimatedextent('shops','the_geom')")],
    ['flood of maps', 2, flood],
    ['flood of keys', 1, keys],
  ];
  return kinds.map(([name, weight, run]) => ({ name, weight, run, isAttack: true }));
}
