// Writes the rows of docs/carto-js-v4.md with what proves them: `node tests/parity/document.mjs`.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { between } from '../bench/table.mjs';
import { everyScenario, proofs, ROWS } from './table.mjs';

export const DOCUMENT = fileURLToPath(new URL('../../docs/carto-js-v4.md', import.meta.url));

/** The first row of each group, what the group is about, and the sections that describe it. */
export const GROUPS = [
  ['C-001', 'The namespace', '1.1, 1.2, 1.3'],
  ['C-062', 'Events', '2.1'],
  ['C-073', 'Client', '2.3'],
  ['C-095', 'Sources', '2.5'],
  ['C-112', 'Style', '2.6'],
  ['C-119', 'Layer', '2.7'],
  ['C-154', 'Aggregation', '2.8'],
  ['C-160', 'Style metadata', '2.9'],
  ['C-171', 'Dataviews', '2.10, 3.3, 3.5'],
  ['C-197', 'Formula', '2.11, 4.5.1'],
  ['C-203', 'Category', '2.12, 4.5.1'],
  ['C-215', 'Histogram', '2.13, 4.5.3, 4.5.4'],
  ['C-230', 'TimeSeries', '2.14, 4.5.3, 4.5.4'],
  ['C-245', 'Spatial filters', '2.16, 3.5, 4.5.2'],
  ['C-276', 'Filters of rows', '2.17, 2.18'],
  ['C-314', 'CartoError', '2.2.1, 2.2.2'],
  ['C-325', 'Codes and texts of errors', '2.2.3, 2.2.4, 2.2.5, 2.2.6'],
  ['C-420', 'The engine', '3.1, 3.2, 3.3, 3.4, 3.6'],
  ['C-432', 'The map request and its answer', '4.1, 4.2, 4.3'],
  ['C-453', 'Tiles, grids, dataviews', '4.4, 4.5, 4.5.5, 4.6'],
  ['C-459', 'Leaflet', '5.1'],
  ['C-474', 'Google Maps', '5.2'],
  ['C-482', 'Features under the pointer', '5.3'],
  ['C-499', 'One object in several places', '2.15'],
];

/** Text for a cell: what Markdown would take for a column, a tag or emphasis is text. */
const cell = (text) => text.replace(/[|*]/g, '\\$&').replaceAll('<', '&lt;');

function proof({ file, name, unit, differs }) {
  if (unit) return cell(`${file}: ${name.replace(/^test\(.(.*).$/, '$1')}`);
  const quirks = differs?.quirks.filter((quirk) => /^Q-/.test(quirk)) ?? [];
  const note = differs ? ` (${quirks.join(', ') || 'differs'})` : '';
  return cell(`${file.replace('.mjs', '')}: ${name}${note}`);
}

/** The tables of all groups. */
export async function rows() {
  const { found } = proofs(await everyScenario());
  const lines = [];
  for (const { id, member, check } of ROWS) {
    const group = GROUPS.find(([first]) => first === id);
    if (group) lines.push('', `### ${group[1]} (${/,/.test(group[2]) ? 'sections' : 'section'} ${group[2]})`, '', '| Row | Member | What holds | Proved by |', '| --- | --- | --- | --- |');
    lines.push(`| ${id} | ${cell(member)} | ${cell(check)} | ${[...new Set(found.get(id).map(proof))].join('<br>')} |`);
  }
  return `${lines.join('\n')}\n`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(DOCUMENT, between(readFileSync(DOCUMENT, 'utf8'), 'rows', await rows()));
