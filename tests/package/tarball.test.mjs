// What npm would publish.
import assert from 'node:assert/strict';
import { homedir } from 'node:os';
import { test } from 'node:test';
import { compiled } from './compiled.mjs';
import { listing, program, ROOT, TARBALL, unpacked } from './installed.mjs';

const TYPES = [
  'abort', 'account', 'auth', 'client', 'core', 'dataview', 'dataview-base', 'dataview-category', 'dataview-formula', 'dataview-histogram', 'dataview-time-series', 'error', 'events',
  'filter', 'filter-rows', 'filter-spatial', 'geojson', 'layer', 'layer-aggregation', 'layer-metadata', 'map-library', 'namespace', 'native', 'source', 'style', 'widgets', 'widgets-elements', 'widgets-map',
];
const PAPERS = ['CHANGELOG.md', 'LICENSE-APACHE', 'LICENSE-MIT', 'README.md', 'demo.webp', 'THIRD-PARTY.md'];
const FILES = ['carto.js', 'carto.mjs', 'carto.core.js', 'carto.core.mjs', 'slim.js', 'slim.mjs', 'carto.vector.js', 'carto.vector.mjs', 'carto.widgets.js', 'carto.widgets.mjs', 'carto_bg.wasm', 'index.d.mts', 'index.d.ts', 'core.d.mts', 'core.d.ts', 'slim.d.mts', 'slim.d.ts', 'vector.d.mts', 'vector.d.ts', 'widgets.d.mts', 'widgets.d.ts', 'package.json', ...PAPERS, ...TYPES.map((name) => `types/${name}.d.ts`)];

test('the tarball has what the package needs, and nothing else', async () => {
  assert.deepEqual(await listing(TARBALL), FILES.map((name) => `package/${name}`).sort());
});

test('every file that package.json points to is there', async () => {
  const files = await listing(TARBALL);
  const manifest = JSON.parse(await unpacked(TARBALL, 'package/package.json'));
  const targets = (value) => (typeof value === 'string' ? [value] : Object.values(value ?? {}).flatMap(targets));
  const named = ['main', 'module', 'types', 'unpkg', 'jsdelivr', 'exports'].flatMap((field) => targets(manifest[field]));
  assert.ok(named.length >= 8, `${named.length} files are named`);
  for (const name of named) assert.ok(files.includes(`package/${name.replace(/^\.\//, '')}`), `${name} is missing`);
  // Resolvers take the first condition that holds.
  // Types come first wherever there are some, also below `import` and `require`.
  const conditions = Object.values(manifest.exports).flatMap((entry) => (entry.import ? Object.values(entry) : [entry]));
  for (const entry of conditions) if (typeof entry === 'object') assert.equal(Object.keys(entry)[0], 'types');
  assert.deepEqual(manifest.dependencies ?? {}, {}, 'pages download everything that it depends on');
  assert.equal(manifest.scripts, undefined, 'nothing runs at installation');
});

/** What would tell where something was made: directories, and where packages came from. */
async function traces() {
  const { stdout } = await program('npm', ['config', 'get', 'registry'], { cwd: ROOT });
  const { host } = new URL(stdout.trim());
  return [ROOT, `${homedir()}/`, '/root/', '/home/', '.cargo/', 'rustlib', 'registry/src', 'file:///', host].filter((trace) => trace.length > 3);
}

test('no file tells where it was made', async () => {
  for (const name of await listing(TARBALL)) {
    const text = (await unpacked(TARBALL, name)).toString('latin1');
    for (const trace of await traces()) assert.ok(!text.includes(trace), `${name} contains ${trace}`);
  }
});

test('the WebAssembly module is there twice, once inside a script, with a smaller one inside another, and they tell nothing either', async () => {
  const inside = await compiled(await unpacked(TARBALL, 'package/carto.js'), 'carto.js');
  assert.deepEqual(Buffer.from(inside), await unpacked(TARBALL, 'package/carto_bg.wasm'));
  const text = inside.toString('latin1');
  assert.ok(text.startsWith('\0asm') && text.length > 50_000, `${text.length} bytes`);
  const core = (await compiled(await unpacked(TARBALL, 'package/carto.core.js'), 'carto.core.js')).toString('latin1');
  assert.ok(core.startsWith('\0asm') && core.length < 0.75 * text.length, `${core.length} bytes`);
  for (const trace of await traces()) assert.ok(!text.includes(trace) && !core.includes(trace), `a module contains ${trace}`);
  for (const name of ['carto.widgets.js', 'carto.widgets.mjs']) assert.ok(!String(await unpacked(TARBALL, `package/${name}`)).includes('WebAssembly'), name);
  for (const name of ['carto.mjs', 'carto.core.mjs', 'slim.mjs']) assert.ok((await unpacked(TARBALL, `package/${name}`)).length < 70_000, `${name} is a copy too`);
});

test('the scripts carry the version of the package and its licence', async () => {
  const { version, license } = JSON.parse(await unpacked(TARBALL, 'package/package.json'));
  for (const name of ['carto.js', 'carto.mjs', 'carto.core.js', 'carto.core.mjs', 'slim.mjs', 'carto.widgets.js', 'carto.widgets.mjs']) {
    const text = (await unpacked(TARBALL, `package/${name}`)).toString();
    assert.ok(text.startsWith(`/*! carto-wasm ${version} | ${license} */`), text.slice(0, 80));
    assert.ok(!text.includes('sourceMappingURL'), 'it names no map that is not there');
    // A page without a charset reads them right, and browsers keep them at a byte a character.
    assert.deepEqual([...text].filter((character) => character.codePointAt(0) > 127), [], name);
  }
});
