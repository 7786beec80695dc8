// Runs every scenario under CARTO.js 4.2.2 and under this library, against servers that answer alike, and compares. With --core
// the library is carto.core.js, and the scenarios are those of some files that need no more.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { launch, openPage } from './pages.mjs';
import { everyScenario, report } from './table.mjs';

const LONGEST = 90_000;

const { values: options } = parseArgs({ options: { only: { type: 'string' }, core: { type: 'boolean' }, show: { type: 'boolean' }, table: { type: 'boolean' } } });
const differences = await readFile(new URL('../../www/docs/differences.md', import.meta.url), 'utf8');

let browser;
/** The browser, a new one where the last one has gone. */
async function alive() {
  if (!(await browser)?.isConnected()) browser = launch();
  return browser;
}

/** Runs one scenario under one library. */
async function run(scenario, side) {
  const library = side === 'ours' && options.core ? 'core' : side;
  const { page, recorder, close } = await openPage(await alive(), library, scenario.answers);
  const errors = [];
  page.on('pageerror', (error) => errors.push(String(error.message ?? error).replaceAll(recorder.origin, 'SERVER')));
  // What CARTO.js says of its own legends, which no page of its public interface has, is left out.
  page.on('console', (message) => {
    if (message.type() === 'error' && !/Failed to load resource|blocked by CORS|legend of type/.test(message.text())) errors.push(`console: ${message.text()}`);
  });
  try {
    const source = scenario.page.toString();
    let late;
    const deadline = new Promise((_, reject) => (late = setTimeout(() => reject(new Error(`not done after ${LONGEST / 1000} s`)), LONGEST)));
    const done = page.evaluate(async (body) => {
      const { page: play } = new Function(`return ({ ${body} });`)();
      await play(window.parity.tools());
    }, source);
    try {
      await Promise.race([done, deadline]);
    } finally {
      clearTimeout(late);
    }
    await recorder.idle(150);
    const { entries: log, dataviewEntries } = await page.evaluate(() => ({ entries: window.parity.entries, dataviewEntries: window.parity.dataviewEntries }));
    return { log, dataviewEntries, errors, requests: recorder.requests, ...told(recorder, side) };
  } catch (error) {
    return { failed: `${side}: ${error.message}`, log: [], dataviewEntries: [], errors, requests: recorder.requests, ...told(recorder, side) };
  } finally {
    await close();
  }
}

/** What this library asks for again: for data, where the server may be back; for a tile that failed by `fetch`, to say why. */
function isAgain({ url, kind, headers }, before) {
  return before.some((older) => older.url === url && (['dataview', 'grid'].includes(kind) ? older.status >= 500 : older.headers['sec-fetch-dest'] === 'image' && headers['sec-fetch-dest'] === 'empty'));
}

/**
 * The requests as they are compared. Left out is what every page may differ in (www/docs/differences.md): the form of a
 * map request, `client`, empty parameters, the totals of categories that nobody sees, the second request of
 * histograms for the same data, and what is asked for again after a failure.
 */
function told({ requests: all, origin }, side) {
  const requests = side === 'reference' ? all : all.filter((request, index) => !isAgain(request, all.slice(0, index)));
  const plain = (text) => text.replaceAll(origin, 'SERVER').replaceAll(encodeURIComponent(origin), 'SERVER');
  const parameters = (query) => Object.fromEntries(Object.entries(query).filter(([name]) => !['client', 'config', 'lzma', ''].includes(name)));
  const maps = requests.filter(({ kind }) => kind === 'map').map(({ config, query }) => ({ config: numberedLikeServer(config), ...parameters(query) }));
  const dataviews = {};
  for (const { kind, path, query, group } of requests) {
    if (kind !== 'dataview') continue;
    if (path.includes('category') && Object.keys(query).filter(Boolean).join() === 'api_key') continue;
    if (side === 'reference' && path.includes('histogram') && !['no_filters', 'bbox', 'circle', 'polygon'].some((name) => name in query)) continue;
    (dataviews[path] ??= []).push({ group, ...parameters(query) });
  }
  const grids = requests.filter(({ kind }) => kind === 'grid').map(({ path, group }) => `${group}/${path}`);
  const tiles = [...new Set(requests.filter(({ kind }) => kind === 'tile').map(({ path, group }) => `${group}/${path.split('/')[0]}`))];
  const strays = requests.filter(({ kind }) => kind === 'stray').map(({ method, url }) => plain(`${method} ${url}`));
  const nodes = requests.filter(({ kind }) => kind === 'node').map(({ path, group }) => `${group}/${path}`);
  return { maps, dataviews, grids, tiles, strays, nodes };
}

function numberedLikeServer(config) {
  const ids = Object.keys(config.dataviews ?? {});
  return { ...config, dataviews: ids.map((id) => [id.replace(/\d+$/, '#'), config.dataviews[id]]) };
}

const COMPARED = ['maps', 'dataviews', 'grids', 'tiles', 'strays', 'nodes', 'errors'];

/** Answers of dataviews may overtake each other and anything else: the order within each counts, unless all is alike. */
function byObject({ log, dataviewEntries }) {
  const objects = {};
  for (const [index, entry] of log.entries()) (objects[dataviewEntries.includes(index) ? entry[0] : ''] ??= []).push(entry);
  return objects;
}

function compareLogs(reference, ours, ordered) {
  try {
    assert.deepEqual(ours.log, reference.log, 'log differ (actual: ours, expected: CARTO.js)');
  } catch (error) {
    if (ordered || JSON.stringify(sorted(byObject(ours))) !== JSON.stringify(sorted(byObject(reference)))) throw error;
  }
}

const sorted = (object) => Object.entries(object).sort();

function compareAll(reference, ours, ordered) {
  compareLogs(reference, ours, ordered);
  for (const what of COMPARED) assert.deepEqual(ours[what], reference[what], `${what} differ (actual: ours, expected: CARTO.js)`);
}

/** Compares, or lets the scenario say what differs: then the listed differences must really be there, unless they are so only sometimes. */
function judge(scenario, reference, ours) {
  const failed = reference.failed ?? ours.failed;
  if (failed) throw new Error(failed);
  if (!scenario.differs) {
    assert.ok(reference.log.length + reference.maps.length > 0, 'nothing was logged or requested');
    compareAll(reference, ours, scenario.ordered);
    return;
  }
  const { quirks, check, sometimes } = scenario.differs;
  for (const quirk of quirks) assert.ok(differences.includes(quirk), `www/docs/differences.md does not name ${quirk}`);
  if (!sometimes) assert.throws(() => compareAll(reference, ours, scenario.ordered), undefined, `nothing differs any more: ${quirks.join(', ')}`);
  const equal = (what) => (what === 'log' ? compareLogs(reference, ours, scenario.ordered) : assert.deepEqual(ours[what], reference[what], `${what} differ`));
  check({ reference, ours, assert, compareAll, equal });
}

const wanted = options.only?.toLowerCase();
/** What a page of the core does, most of it. */
const CORE = ['layer-events.mjs', 'pointer.mjs'];
const isWanted = ({ file, name }) => (wanted ? `${file} ${name}`.toLowerCase().includes(wanted) : !options.core || CORE.includes(file));
const list = (await everyScenario()).filter(isWanted);
const results = new Array(list.length);
let next = 0;
async function play(index) {
  const scenario = list[index];
  const both = () => Promise.all(['reference', 'ours'].map((side) => run(scenario, side)));
  // Browsers may die of other things than scenarios.
  const sides = await both().catch(both);
  const result = { scenario, maps: sides.map(({ maps }) => maps.length) };
  try {
    judge(scenario, ...sides);
  } catch (error) {
    result.error = error.message;
  }
  if (options.show) {
    for (const [index, { requests, ...side }] of sides.entries()) {
      void requests;
      console.log(index ? '--- ours' : `=== ${scenario.name}\n--- CARTO.js`, JSON.stringify(side, null, 1));
    }
  }
  results[index] = result;
  process.stderr.write(result.error ? 'F' : '.');
}
async function worker() {
  for (let index = next++; index < list.length; index = next++) await play(index);
}
// More than there are cores: mostly they wait.
await Promise.all(Array.from({ length: Math.min(8, 2 * availableParallelism()) }, worker));
// On a busy machine one side may be late: what differs counts when it differs without company, too.
for (const [index, { error }] of results.entries()) if (error) await play(index);
// The same goes for the sum of map requests: a turn of the event loop that came late is one more.
const surplus = () => results.reduce((sum, { maps: [reference, ours] }) => sum + ours - reference, 0);
for (const [index, { maps: [reference, ours] }] of results.entries()) if (surplus() > 0 && ours > reference) await play(index);
// A browser that hangs has nothing more to tell.
await Promise.race([(await browser)?.close(), new Promise((resolve) => setTimeout(resolve, 5000))]);
process.stderr.write('\n');
const good = report(results, { partial: Boolean(options.only || options.core), table: Boolean(options.table) });
process.exit(good ? 0 : 1);
