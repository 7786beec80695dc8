// Half an hour of everything at once: pages that use the server, and clients that attack it. Fails when memory, descriptors or
// sessions grow, when /health takes longer than a second, or when the server ends. Loopback only; it stops by itself.
//
//   node tests/soak/run.mjs --program FILE [--database-url URL] [--requests 20000] [--minutes 30] [--seed 1] [--without KIND]…
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs, promisify } from 'node:util';
import { attacks } from './attacks.mjs';
import { pages } from './pages.mjs';
import { Watch } from './watch.mjs';

const { values: options } = parseArgs({
  options: {
    program: { type: 'string' }, 'database-url': { type: 'string' }, requests: { type: 'string', default: '20000' },
    minutes: { type: 'string', default: '30' }, seed: { type: 'string', default: '1' },
    without: { type: 'string', multiple: true, default: [] },
  },
});
const [REQUESTS, MINUTES, SEED] = [options.requests, options.minutes, options.seed].map(Number);
if (!options.program || ![REQUESTS, MINUTES, SEED].every((number) => Number.isFinite(number) && number > 0)) {
  console.error('usage: node tests/soak/run.mjs --program FILE [--database-url URL] [--requests 20000] [--minutes 30] [--seed 1] [--without KIND]…');
  process.exit(2);
}
/** Requests at a time; whatever comes while so many run is late. */
const TOGETHER = 40;
/** Longer than any answer may take. */
const PATIENCE = 60_000;

/** Numbers that are the same in each run. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** Starts the server and waits for its ready line; gives its addresses. */
async function start(data) {
  const database = options['database-url'] ? ['--database-url', options['database-url']] : [];
  const args = ['serve', '--demo', '--listen', '127.0.0.1:0', '--admin-listen', '127.0.0.1:0', '--timeout', '5', '--data-dir', data, ...database];
  const environment = { ...process.env };
  for (const name of Object.keys(environment)) if (name === 'DATABASE_URL' || name.startsWith('CARTO_SANDBOX_')) delete environment[name];
  const child = spawn(options.program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: environment });
  let said = '';
  let complaints = '';
  child.stdout.on('data', (text) => { said += text; });
  child.stderr.on('data', (text) => { complaints = (complaints + text).slice(-4000); });
  const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(signal ?? code)));
  const find = (pattern) => pattern.exec(said)?.[1];
  for (let waited = 0; !find(/ready on (http:\S+)/); waited += 100) {
    if (child.exitCode !== null || waited > 180_000) {
      child.kill('SIGKILL');
      throw new Error(`the server does not start: ${said}${complaints}`);
    }
    await sleep(100);
  }
  return { child, ended, complaints: () => complaints, address: find(/ready on (http:\S+)/), admin: find(/health and metrics on (http:\S+)/) };
}

/** The demo's master key, as its operator finds it. */
async function master(data) {
  if (!options['database-url']) return JSON.parse(await readFile(join(data, 'demo-keys.json'), 'utf8')).master;
  const args = ['key', 'list', '--user', 'demo', '--show', '--database-url', options['database-url']];
  const { stdout } = await promisify(execFile)(options.program, args);
  return stdout.split('\n').find((line) => line.startsWith('Master\t')).split('\t').at(-1);
}

/** One of the kinds, by weight. */
function choose(kinds, chance) {
  let rest = chance * kinds.reduce((sum, { weight }) => sum + weight, 0);
  return kinds.find(({ weight }) => (rest -= weight) < 0) ?? kinds[0];
}

async function soak(server, key, watch) {
  const next = random(SEED);
  const world = { address: server.address, master: key, next, maps: [] };
  const kinds = [...pages(), ...attacks()].filter(({ name }) => !options.without.includes(name));
  const [begin, interval] = [Date.now(), (MINUTES * 60_000) / REQUESTS];
  const running = new Set();
  for (let number = 0; number < REQUESTS; number++) {
    const late = begin + number * interval - Date.now();
    if (late > 0) await sleep(late);
    while (running.size >= TOGETHER) await Promise.race(running);
    if (Date.now() - begin > (MINUTES + 10) * 60_000) throw new Error(`only ${number} requests in ${MINUTES + 10} minutes`);
    if (server.child.exitCode !== null || server.child.signalCode !== null) break;
    const kind = choose(kinds, next());
    const started = performance.now();
    const work = kind.run(world, AbortSignal.timeout(PATIENCE))
      .then((status) => String(status), (error) => (error.name === 'TimeoutError' ? 'no answer' : error.cause?.code ?? error.code ?? error.name))
      .then((outcome) => watch.done(kind, outcome, performance.now() - started))
      .finally(() => running.delete(work));
    running.add(work);
    if (number % 1000 === 999) console.log(`${number + 1} requests, ${Math.round((Date.now() - begin) / 1000)} s, ${watch.line()}`);
  }
  await Promise.all(running);
}

const data = await mkdtemp(join(tmpdir(), 'carto-soak-'));
let server;
let failures = ['the run did not come to its end'];
try {
  server = await start(data);
  const watch = new Watch(server);
  await soak(server, await master(data), watch);
  // What is left of slow clients is cut off, and numbers settle.
  await sleep(Math.min(MINUTES * 6_000, 60_000));
  await watch.stop();
  failures = watch.verdict();
  console.log(watch.tables());
} catch (error) {
  failures = [error.message];
} finally {
  if (server) {
    const isThere = server.child.exitCode === null && server.child.signalCode === null;
    if (!isThere) failures.push(`the server ended: ${await server.ended} ${server.complaints()}`);
    server.child.kill('SIGTERM');
    const end = await Promise.race([server.ended, sleep(20_000, 'nothing')]);
    if (isThere && end !== 0) failures.push(`told to end, the server ended with ${end}`);
    server.child.kill('SIGKILL');
  }
  await rm(data, { recursive: true, force: true });
}
for (const failure of failures) console.error(`FAILED: ${failure}`);
console.log(failures.length ? `${failures.length} failures` : 'all was flat');
process.exit(failures.length ? 1 : 0);
