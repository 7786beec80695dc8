// What tools that know all resolvers say of the package.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { before, test } from 'node:test';
import { program, ROOT, TARBALL } from './installed.mjs';
import { installTools, TOOLS } from './projects.mjs';

const bin = (name) => join(TOOLS, 'node_modules/.bin', name);

before(installTools);

test('publint has nothing to say', async () => {
  const { code, stdout, stderr } = await program(bin('publint'), ['--strict', join(ROOT, 'pkg')]);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /All good/);
});

test('types are found by every resolver', async () => {
  // A script and a WebAssembly module are for pages and bundlers: no resolver of types has to know them.
  const { code, stdout, stderr } = await program(bin('attw'), [TARBALL, '--exclude-entrypoints', 'carto.js', 'carto.core.js', 'carto.vector.js', 'carto.widgets.js', 'carto_bg.wasm', '--no-color', '--format', 'ascii']);
  assert.equal(code, 0, stdout + stderr);
  assert.match(stdout, /No problems found/);
});
