// The table of `cargo xtask parity`: which row of the specification is proved by what.
import { readFileSync } from 'node:fs';

const ROOT = new URL('../../', import.meta.url);

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

/** Prints the table, and tells whether everything is as it should be. */
export function report(results, { rows, units, partial, table }) {
  const proofs = new Map(rows.map(({ id }) => [id, []]));
  const faults = [];
  const cite = (row, proof) => {
    for (const id of spread(row)) {
      if (proofs.has(id)) proofs.get(id).push(proof);
      else faults.push(`${proof.by} names the unknown row ${id}`);
    }
  };
  for (const { scenario, error } of results) {
    if (!scenario.rows?.length) faults.push(`${scenario.name} names no row`);
    for (const row of scenario.rows ?? []) cite(row, { by: `${scenario.file}: ${scenario.name}`, result: error ? 'FAILS' : scenario.differs ? scenario.differs.quirks.join(' ') || 'differs' : 'equal' });
    if (error) faults.push(`${scenario.file}: ${scenario.name}\n${error.replace(/^/gm, '    ')}`);
  }
  for (const [row, unit] of Object.entries(units)) {
    if (exists(unit)) cite(row, { by: unit, result: 'test' });
    else faults.push(`${row}: there is no test ${unit}`);
  }
  const [reference, ours] = [0, 1].map((side) => results.reduce((sum, { maps }) => sum + maps[side], 0));
  console.log(`map requests of all scenarios: CARTO.js ${reference}, ours ${ours}`);
  if (table) {
    for (const { scenario, maps: [theirs, own] } of results.filter(({ maps }) => maps[0] !== maps[1])) console.log(`  ${theirs} and ${own}: ${scenario.file}: ${scenario.name}`);
  }
  // One scenario may need one more; all together may not.
  if (!partial && ours > reference) faults.push('there are more map requests than with CARTO.js');
  const bare = rows.filter(({ id }) => proofs.get(id).length === 0);
  if (!partial) {
    for (const { id, member } of table ? rows : []) {
      for (const { by, result } of proofs.get(id)) console.log(`${id}  ${result.padEnd(12)}  ${member}  ← ${by}`);
    }
    console.log(`\n${rows.length - bare.length} of ${rows.length} rows covered by ${results.length} scenarios and ${new Set(Object.values(units)).size} tests`);
    for (const { id, member, check } of bare) faults.push(`${id} (${member}: ${check}) is covered by nothing`);
  }
  for (const fault of faults) console.log(`✗ ${fault}`);
  const failed = results.filter(({ error }) => error).length;
  console.log(`${results.length - failed} scenarios equal or differing as listed, ${failed} not`);
  return faults.length === 0;
}
