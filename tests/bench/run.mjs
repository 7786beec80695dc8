// Measures this library beside CARTO.js 4.2.2 in one run, and writes the tables of BENCHMARKS.md. Nothing fails on time.
//
//   node tests/bench/run.mjs [--quick] [--only TEXT] [--write]
import { readFile, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { launch, library } from '../parity/pages.mjs';
import { dataviews, firstTile, hover, layers, memory, requests, start } from './measures.mjs';
import { between, line, median, whole } from './table.mjs';

const ROOT = new URL('../../', import.meta.url);
const SIDES = ['reference', 'ours'];
const { values: options } = parseArgs({ options: { quick: { type: 'boolean' }, only: { type: 'string' }, write: { type: 'boolean' } } });

/** How often each measure is taken; those that take long are taken less often. */
const MEASURES = [
  { name: 'script to first client', unit: 'ms', aim: 0.2, runs: 15, measure: start(1) },
  { name: 'script to first client, CPU slowed down 4 times', unit: 'ms', aim: 0.2, runs: 15, measure: start(4) },
  { name: 'script to first tile request', unit: 'ms', aim: 0.5, runs: 9, measure: firstTile },
  { name: '`addLayers(10)` to success', unit: 'ms', runs: 5, measure: async (...where) => (await layers(10)(...where)).added },
  { name: '`addLayers(100)` to success', unit: 'ms', aim: 0.5, runs: 5, measure: async (...where) => (await layers(100)(...where)).added },
  { name: '`addLayers(1000)` to success', unit: 'ms', runs: 1, measure: async (...where) => (await layers(1000)(...where)).added },
  { name: 'a style among 100 layers, to success', unit: 'ms', aim: 0.5, runs: 5, measure: async (...where) => (await layers(100)(...where)).changed },
  { name: '10 dataviews to data', unit: 'ms', runs: 5, measure: dataviews(10) },
  { name: '100 dataviews to data', unit: 'ms', aim: 0.5, runs: 5, measure: dataviews(100) },
  { name: '100 requests for data by `fetch` alone', unit: 'ms', runs: 5, measure: requests(100) },
  { name: '1000 dataviews to data', unit: 'ms', runs: 1, measure: dataviews(1000) },
  { name: 'a move of the mouse over 10 layers', unit: 'ms of the main thread', runs: 5, measure: hover(500) },
  { name: 'memory of an empty client', unit: 'bytes', aim: 0.7, runs: 3, measure: memory(0) },
  { name: 'memory of 100 layers', unit: 'bytes', runs: 3, measure: memory(100) },
];

async function sizes() {
  const at = async (name) => readFile(new URL(`pkg/${name}`, ROOT));
  const [wasm, slim] = [await at('carto_bg.wasm'), await at('slim.mjs')];
  const compressed = (bytes) => [
    bytes.length,
    gzipSync(bytes, { level: 9 }).length,
    brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }).length,
  ];
  const rows = [
    ['CARTO.js 4.2.2, `carto.min.js`', compressed(Buffer.from(library.reference))],
    ['`carto.js`, everything in one script', compressed(Buffer.from(library.ours))],
    ['`carto.core.js`, layers and their features', compressed(Buffer.from(library.core))],
    ['`slim.mjs` and `carto_bg.wasm`', compressed(slim).map((size, index) => size + compressed(wasm)[index])],
    ['– of it `slim.mjs`: glue and the rim in JavaScript', compressed(slim)],
    ['– of it `carto_bg.wasm`', compressed(wasm)],
  ];
  const lines = rows.map(([name, all]) => `| ${name} | ${all.map(whole).join(' | ')} |`);
  return ['| | bytes | gzip -9 | brotli 11 |', '| --- | ---: | ---: | ---: |', ...lines].join('\n');
}

async function timed() {
  const lines = ['| | unit | CARTO.js 4.2.2 | carto-wasm | ratio | aim |', '| --- | --- | ---: | ---: | ---: | ---: |'];
  // The version is that of the browser that measured.
  const browser = await launch(['--js-flags=--expose-gc']);
  const version = browser.version();
  for (const measured of MEASURES) {
    if (options.only && !measured.name.includes(options.only)) continue;
    const runs = options.quick ? 1 : measured.runs;
    const found = { reference: [], ours: [] };
    for (let run = 0; run < runs; run++) {
      // Neither side always has the warmer machine.
      for (const side of run % 2 ? [...SIDES].reverse() : SIDES) found[side].push(await measured.measure(browser, side));
    }
    lines.push(line(measured, found));
    console.log(`${measured.name}: ${SIDES.map((side) => Math.round(median(found[side]) * 100) / 100).join(' → ')}`);
  }
  await browser.close();
  return { table: lines.join('\n'), version };
}

const [bytes, { table, version }] = [await sizes(), await timed()];
console.log(`\n${bytes}\n\n${table}`);
if (options.write) {
  const file = new URL('BENCHMARKS.md', ROOT);
  const machine = `${availableParallelism()} cores, Chromium ${version.split('.')[0]} without a window, ${new Date().toISOString().slice(0, 10)}`;
  let text = await readFile(file, 'utf8');
  for (const [name, content] of [['sizes', bytes], ['times', `${machine}\n\n${table}`]]) text = between(text, name, content);
  await writeFile(file, text);
}
