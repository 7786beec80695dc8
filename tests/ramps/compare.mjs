// Runs the public turbo-carto (BSD-3-Clause, fetched into target/ by npm) and this repository's ramps over generated styles
// and tells where they differ: `node tests/ramps/compare.mjs [--styles 3000] [--seed 1]`. Not part of CI.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const VERSION = '0.21.3';
const root = fileURLToPath(new URL('../..', import.meta.url));
const option = (name, usual) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? usual : Number(process.argv[at + 1]);
};
const styles = option('styles', 3000);
let state = option('seed', 1) >>> 0;

const place = path.join(process.env.CARGO_TARGET_DIR ?? path.join(root, 'target'), 'turbo-carto');
if (!existsSync(path.join(place, 'node_modules/turbo-carto'))) {
  mkdirSync(place, { recursive: true });
  const done = spawnSync('npm', ['install', '--no-save', '--prefix', place, `turbo-carto@${VERSION}`], { stdio: 'inherit' });
  if (done.status !== 0) process.exit(1);
}
const turboCarto = createRequire(path.join(place, 'node_modules/'))('turbo-carto');

// mulberry32
const random = () => {
  state = (state + 0x6d2b79f5) >>> 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
};
const below = (count) => Math.floor(random() * count);
const pick = (list) => list[below(list.length)];
const several = (most, make) => Array.from({ length: 1 + below(most) }, make);

const METHODS = ['quantiles', 'equal', 'jenks', 'headtails', 'category'];
const STRATEGIES = { headtails: 'split', category: 'exact' };
const WORDS = ['a', 'b b', 'true', "it's", 'ü'];

// What the database would say: columns of numbers, of words, of few values, and of none.
const answer = (column, method, classes) => {
  if (column === 'none') return { ends: [] };
  const count = column === 'few' ? Math.min(classes, 2) : classes;
  if (method === 'category') {
    return { ends: Array.from({ length: count }, (_, index) => (column === 'words' ? WORDS[index % WORDS.length] + index : 10 - index)) };
  }
  return { ends: Array.from({ length: count }, (_, index) => 10 * (index + 1) + 0.5), min: 1, max: 10 * count + 0.5, avg: 7.25 };
};

const color = () => pick(['red', '#fabada', 'rgb(1,2,3)', 'rgba(255, 0, 0, 0.5)', 'blue', 'green', 'black']);
const numbers = () => several(5, () => below(100) / pick([1, 10]));
const values = (isColor) => {
  if (!isColor) return pick([() => `(${numbers().join(', ')})`, () => `range(${below(9)}, ${10 + below(9)}${pick(['', `, ${1 + below(7)}`])})`])();
  return pick([
    () => `(${several(6, color).join(', ')})`,
    () => `cartocolor(${pick(['Teal', 'Bold', 'Sunset'])}${pick(['', ', 3', ', 7', ', 20'])})`,
    () => `colorbrewer(${pick(['Reds', 'Set1'])}${pick(['', ', 4', ', 1'])})`,
  ])();
};
const list = () => pick([
  () => `(${several(6, () => below(50)).join(', ')})`,
  () => `(${several(4, () => JSON.stringify(pick(['a', 'b', 'c d']))).join(', ')})`,
])();
const mapping = () => pick(['', ', >', ', >=', ', <', ', <=', ', =', ', ==', ', quantiles', ', headtails', ', category', ', odd']);
const column = () => pick(['pop', '[pop]', '[words]', '[few]', '[none]']);
const ramp = (isColor) => {
  const of = column();
  const method = () => (of === '[words]' ? 'category' : pick(METHODS));
  const forms = [
    () => `${of}, ${values(isColor)}`,
    () => `${of}, ${values(isColor)}, ${method()}`,
    () => `${of}, ${values(isColor)}, ${method()}(${pick(['', '2', '3', '5', '7'])})${mapping()}`,
    () => `${of}, ${values(isColor)}, ${list()}${mapping()}`,
    () => `${of}, ${values(isColor)}, buckets(${of}, ${method()}${pick(['', ', 3', ', 6'])})${mapping()}`,
  ];
  if (!isColor) {
    const ends = () => `${below(9)}, ${10 + below(90)}`;
    forms.push(() => `${of}, ${ends()}`, () => `${of}, ${ends()}, ${method()}`, () => `${of}, ${ends()}, ${1 + below(6)}`);
    forms.push(() => `${of}, ${ends()}, ${1 + below(6)}, ${method()}`, () => `${of}, ${ends()}, ${list()}`);
  }
  return `ramp(${pick(forms)()})`;
};
const style = () => {
  const isColor = random() < 0.6;
  const declaration = `${isColor ? 'marker-fill' : 'marker-width'}: ${ramp(isColor)}`;
  return pick([
    () => `#l{${declaration}}`,
    () => `#layer {\n  ${declaration};\n}`,
    () => `#layer {\n\t[zoom > 3] {\n\t\t${declaration};\n\t}\n}`,
    () => `#layer {\n  line-width: 1;\n  [zoom > 3] {\n    ${declaration};\n    line-color: red\n  }\n}`,
    () => `#layer { ${declaration}; marker-opacity: ramp([pop], (0, 1), equal(2)); }`,
  ])();
};

const theirs = (css) => new Promise((resolve) => {
  const answers = {};
  const datasource = {
    getName: () => 'test',
    getRamp: (of, classes, method, done) => {
      if (!METHODS.includes(method)) return done(new Error(`Invalid method "${method}"`));
      const found = answer(of, method, classes);
      answers[`${of}|${method}|${classes}`] = found;
      const stats = { min_val: found.min, max_val: found.max, avg_val: found.avg };
      return done(null, { ramp: found.ends.slice(), strategy: STRATEGIES[method], stats });
    },
  };
  turboCarto(css, datasource, (error, compiled, metadata) => {
    const rules = metadata?.rules.map(({ column: of, mapping: sign, prop, selector, buckets }) => (
      { column: of, mapping: sign, prop, selector, buckets }));
    rules?.sort((one, other) => one.prop.localeCompare(other.prop));
    resolve({ answers, result: error ? { error: error.message } : { css: compiled, rules } });
  });
});

const cases = [];
for (let index = 0; index < styles; index += 1) {
  const css = style();
  cases.push({ css, ...(await theirs(css)) });
}
const input = cases.map(({ css, answers }) => JSON.stringify({ css, answers })).join('\n');
const ours = spawnSync('cargo', ['run', '--quiet', '-p', 'cartocss', '--example', 'ramps'], {
  cwd: root, input, encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['pipe', 'pipe', 'inherit'],
});
if (ours.status !== 0) process.exit(1);

// Nothing is as good as null, members have one order, and rules come in that of the answers.
const plain = (value) => JSON.stringify(value, (_, member) => {
  if (member === null || typeof member !== 'object' || Array.isArray(member)) return member;
  return Object.fromEntries(Object.entries(member).filter(([, value]) => value !== undefined && value !== null).sort());
});
// What the original writes where it has no value is no style that it would take itself.
const isBroken = (result) => result.css?.includes('undefined') || JSON.stringify(result.rules ?? []).includes('"value":null')
  || result.rules?.some((rule) => rule.buckets.some((bucket) => bucket.value === undefined));
// The categories that a style itself names are all told by ours; the original leaves the first one to the default.
const isNamed = (css) => /\), \(\d+(, \d+)*\), category\)/.test(css);

let [differences, broken, refused, named] = [0, 0, 0, 0];
ours.stdout.trimEnd().split('\n').forEach((line, index) => {
  const [{ css, result }, own] = [cases[index], JSON.parse(line)];
  own.rules?.sort((one, other) => one.prop.localeCompare(other.prop));
  if (result.error && own.error) { refused += 1; return; }
  if (isBroken(result)) { broken += 1; return; }
  if (isNamed(css)) { named += 1; return; }
  if (plain(own) === plain(result)) return;
  differences += 1;
  if (differences <= 10) console.log(`${css}\n  theirs ${plain(result)}\n  ours   ${plain(own)}`);
});
console.log(`${styles} styles: ${differences} differ, ${refused} refused by both, ${broken} that the original breaks`
  + `${named ? `, ${named} whose categories ours names` : ''}`);
process.exit(differences ? 1 : 0);
