// The browsers that the documents name are the oldest that have what the shipped files use.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { transform } from 'esbuild';
import { program, ROOT, TARBALL, unpacked } from './installed.mjs';

/** Since when Chrome, Firefox and Safari have it: MDN, and webassembly.org/features. */
const WASM = {
  'mutable-globals': [74, 61, 12],
  'sign-ext': [74, 62, 14.1],
  'nontrapping-fptoint': [75, 64, 15],
  'bulk-memory': [75, 79, 15],
  'bulk-memory-opt': [75, 79, 15],
  multivalue: [85, 78, 13.1],
  'reference-types': [96, 79, 15],
  'call-indirect-overlong': [96, 79, 15],
};
// A module of more than 4 kB could not be compiled by the page itself without waiting in Chrome before 114, as Blink's developers
// have announced. SIMD is what vector mode is unpacked with.
const PAGE = { 'compiled at once': [114, 52, 11], simd: [91, 89, 16.4] };
const SCRIPT = { 'Object.hasOwn': [93, 92, 15.4], '#name in object': [91, 90, 15], 'static blocks of classes': [94, 93, 16.4] };
const [CHROME, FIREFOX, SAFARI] = [0, 1, 2].map((at) => Math.max(...[WASM, SCRIPT, PAGE].flatMap(Object.values).map((since) => since[at])));

test('the module uses no more of WebAssembly than the named browsers have', async () => {
  // It says nothing of itself: its instructions are checked.
  const directory = await mkdtemp(join(tmpdir(), 'carto-features-'));
  try {
    const file = join(directory, 'plain.wasm');
    await writeFile(file, await unpacked(TARBALL, 'package/carto_bg.wasm'));
    const names = { 'nontrapping-fptoint': 'nontrapping-float-to-int' };
    const checked = async (without) => {
      const flags = Object.keys(WASM).filter((name) => name !== without).map((name) => `--enable-${names[name] ?? name}`);
      return (await program(process.execPath, [join(ROOT, 'node_modules/binaryen/bin/wasm-opt'), file, '--mvp-features', ...flags, '-o', join(directory, 'out.wasm')])).code;
    };
    assert.equal(await checked(), 0);
    // The check finds what is not allowed.
    for (const name of ['nontrapping-fptoint', 'reference-types']) assert.notEqual(await checked(name), 0, `the module does without ${name}`);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
});

test('the scripts use no syntax that the named browsers lack, and need those of Safari', async () => {
  const shrunk = async (code, target) => (await transform(code, { target, charset: 'utf8', minify: true, legalComments: 'none' })).code;
  for (const name of ['carto.js', 'carto.mjs', 'slim.mjs']) {
    const code = (await unpacked(TARBALL, `package/${name}`)).toString();
    const newest = await shrunk(code, 'esnext');
    assert.equal(await shrunk(code, [`chrome${CHROME}`, `firefox${FIREFOX}`, `safari${SAFARI}`]), newest, name);
    if (name !== 'carto.mjs') assert.notEqual(await shrunk(code, 'safari16.3'), newest, `${name} would do with an older Safari`);
  }
});

test('the documents name these browsers', async () => {
  for (const file of ['README.md', 'pkg/README.md', 'www/docs/README.md']) {
    const text = (await readFile(join(ROOT, file), 'utf8')).replaceAll(/\s+/g, ' ');
    assert.ok(text.includes(`Chrome and Edge ${CHROME}, Firefox ${FIREFOX}, Safari ${SAFARI}`), file);
  }
});
