// Which row of docs/carto-js-v4.md is proved by what, and the table of `cargo xtask parity`.
import { readdirSync, readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);
const json = (name) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'));

/** What is to be proved, and the tests that prove rows which no scenario can. */
export const ROWS = json('rows.json');
export const UNITS = json('unit-tests.json');

/** Every scenario with the file that it is in. */
export async function everyScenario() {
  const all = [];
  for (const file of readdirSync(new URL('scenarios/', import.meta.url)).sort()) {
    if (!file.endsWith('.mjs')) continue;
    const { default: list } = await import(new URL(`scenarios/${file}`, import.meta.url));
    all.push(...list.map((scenario) => ({ ...scenario, file })));
  }
  return all;
}

/** `C-329…C-331` as its rows. */
function spread(row) {
  const [from, to] = row.split('…').map((id) => Number(id.replace('C-', '')));
  return Array.from({ length: (to ?? from) - from + 1 }, (_, index) => `C-${String(from + index).padStart(3, '0')}`);
}

/** Whether a test that a row leans on is there: `path :: what its source says`. */
function exists(unit) {
  const [path, name] = unit.split(' :: ');
  return readFileSync(new URL(path, ROOT), 'utf8').includes(name);
}

/** What proves each row, scenarios first, and what is wrong with the rows that they name. */
export function proofs(scenarios) {
  const found = new Map(ROWS.map(({ id }) => [id, []]));
  const faults = [];
  const cite = (row, proof) => {
    for (const id of spread(row)) {
      if (found.has(id)) found.get(id).push(proof);
      else faults.push(`${proof.file}: ${proof.name} names the unknown row ${id}`);
    }
  };
  for (const scenario of scenarios) {
    if (!scenario.rows?.length) faults.push(`${scenario.name} names no row`);
    for (const row of scenario.rows ?? []) cite(row, scenario);
  }
  for (const [row, unit] of Object.entries(UNITS)) {
    const [file, name] = unit.split(' :: ');
    if (exists(unit)) cite(row, { file, name, unit });
    else faults.push(`${row}: there is no test ${unit}`);
  }
  return { found, faults };
}

function resultOf({ unit, differs }, error) {
  if (unit) return 'test';
  if (error) return 'FAILS';
  return differs ? differs.quirks.join(' ') || 'differs' : 'equal';
}

/** Prints the table, and tells whether everything is as it should be. */
export function report(results, { partial, table }) {
  const { found, faults } = proofs(results.map(({ scenario }) => scenario));
  const errors = new Map(results.map(({ scenario, error }) => [scenario, error]));
  for (const { scenario, error } of results) if (error) faults.push(`${scenario.file}: ${scenario.name}\n${error.replace(/^/gm, '    ')}`);
  const [reference, ours] = [0, 1].map((side) => results.reduce((sum, { maps }) => sum + maps[side], 0));
  console.log(`map requests of all scenarios: CARTO.js ${reference}, ours ${ours}`);
  if (table) {
    for (const { scenario, maps: [theirs, own] } of results.filter(({ maps }) => maps[0] !== maps[1])) console.log(`  ${theirs} and ${own}: ${scenario.file}: ${scenario.name}`);
  }
  // One scenario may need one more; all together may not.
  if (!partial && ours > reference) faults.push('there are more map requests than with CARTO.js');
  const bare = ROWS.filter(({ id }) => found.get(id).length === 0);
  if (!partial) {
    for (const { id, member } of table ? ROWS : []) {
      for (const proof of found.get(id)) {
        console.log(`${id}  ${resultOf(proof, errors.get(proof)).padEnd(12)}  ${member}  ← ${proof.unit ?? `${proof.file}: ${proof.name}`}`);
      }
    }
    console.log(`\n${ROWS.length - bare.length} of ${ROWS.length} rows covered by ${results.length} scenarios and ${new Set(Object.values(UNITS)).size} tests`);
    for (const { id, member, check } of bare) faults.push(`${id} (${member}: ${check}) is covered by nothing`);
  }
  for (const fault of faults) console.log(`✗ ${fault}`);
  const failed = results.filter(({ error }) => error).length;
  console.log(`${results.length - failed} scenarios equal or differing as listed, ${failed} not`);
  return faults.length === 0;
}
