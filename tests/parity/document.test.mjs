// docs/carto-js-v4.md: its rows say what the scenarios prove, and every number that is cited leads somewhere.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { between } from '../bench/table.mjs';
import { DOCUMENT, GROUPS, rows } from './document.mjs';
import { everyScenario, proofs, ROWS } from './table.mjs';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CITING = ['crates', 'src', 'pkg', 'tests', 'www', 'docs', 'CONTRIBUTING.md', 'README.md', 'build.rs'];
const KINDS = ['.rs', '.ts', '.mts', '.js', '.mjs', '.md', '.json', '.html'];
// What others wrote, and what builds write.
const FOREIGN = /(^|\/)(node_modules|target|\.[^/]+)\/|^(tests\/(wire|vectors)|www\/docs\/api|pkg\/glue|pkg\/(carto|slim)(\.\w+)*\.m?js$|crates\/cartocss\/data)/;

const text = readFileSync(DOCUMENT, 'utf8');
const differences = readFileSync(join(ROOT, 'www/docs/differences.md'), 'utf8');
const prose = between(text, 'rows', '');

const sections = [...prose.matchAll(/^#{2,4} (\d(?:\.\d+)*) /gm)].map(([, number]) => number);
const quirks = new Map([...prose.matchAll(/^\| (Q-\d+) \| .* \| (kept|differs) \|$/gm)].map(([, number, here]) => [number, here]));
const ids = new Set(ROWS.map(({ id }) => id));

const SECTIONS = String.raw`\d(?:\.\d+)*(?:(?:,| and| to) \d(?:\.\d+)*)*`;
const numbersOf = (list) => list.match(/\d(?:\.\d+)*/g);

/** The numbers in a text: sections behind `word`, rows and quirks. */
function cited(source, word) {
  const lists = source.matchAll(new RegExp(String.raw`\b${word} (${SECTIONS})`, 'g'));
  return { sections: [...lists].flatMap(([, list]) => numbersOf(list)), others: source.match(/\b[CQ]-\d+/g) ?? [] };
}

function* files(path) {
  if (extname(path)) {
    if (KINDS.includes(extname(path)) && !FOREIGN.test(path)) yield path;
    return;
  }
  for (const entry of readdirSync(join(ROOT, path), { withFileTypes: true })) {
    const name = `${path}/${entry.name}`;
    if (entry.isDirectory() ? !FOREIGN.test(`${name}/`) : entry.isFile() && KINDS.includes(extname(name)) && !FOREIGN.test(name)) {
      if (entry.isDirectory()) yield* files(name);
      else yield name;
    }
  }
}

const citations = CITING.flatMap((path) => [...files(path)])
  .filter((file) => !DOCUMENT.endsWith(file))
  .map((file) => ({ file, ...cited(readFileSync(join(ROOT, file), 'utf8'), 'spec') }));
const unknown = ({ sections: numbers, others }) => [
  ...numbers.filter((number) => !sections.includes(number)),
  ...others.filter((number) => !quirks.has(number) && !ids.has(number)),
];

describe('docs/carto-js-v4.md', () => {
  test('the rows are those of rows.json, with what proves them', async () => {
    const { found, faults } = proofs(await everyScenario());
    assert.deepEqual(faults, []);
    assert.deepEqual(ROWS.filter(({ id }) => found.get(id).length === 0), [], 'rows without a proof');
    assert.ok(text === between(text, 'rows', await rows()), 'the rows are old: `node tests/parity/document.mjs` writes them anew');
  });

  test('every number that is cited is there', () => {
    const strays = citations.flatMap((citation) => unknown(citation).map((number) => `${citation.file} cites ${number}`));
    assert.deepEqual(strays, []);
    const count = citations.reduce((sum, { sections: numbers, others }) => sum + numbers.length + others.length, 0);
    assert.ok(count > 1000, `${count} citations`);
  });

  test('it names no number that is nowhere', () => {
    assert.deepEqual(unknown(cited(prose, 'sections?')), []);
    assert.deepEqual(GROUPS.flatMap(([row, , list]) => unknown({ sections: numbersOf(list), others: [row] })), []);
    assert.deepEqual(sections, [...new Set(sections)]);
  });

  test('every section is cited by a comment or by rows', () => {
    const all = [...citations.flatMap(({ sections: numbers }) => numbers), ...GROUPS.flatMap(([, , list]) => numbersOf(list))];
    const within = (one, other) => one === other || one.startsWith(`${other}.`);
    // The lists of quirks and rows have their own numbers.
    const idle = sections.filter((section) => !['6', '7'].includes(section) && !all.some((number) => within(number, section) || within(section, number)));
    assert.deepEqual(idle, []);
  });

  test('quirks are numbered from 1 on, and differ exactly when differences.md says so', () => {
    const numbers = [...quirks.keys()];
    assert.deepEqual(numbers, Array.from({ length: numbers.length }, (_, index) => `Q-${String(index + 1).padStart(2, '0')}`));
    const listed = [...differences.matchAll(/^\| (Q-[^|]*) \|/gm)].flatMap(([, list]) => list.split(', ')).sort();
    assert.deepEqual(numbers.filter((number) => quirks.get(number) === 'differs'), listed);
  });
});
