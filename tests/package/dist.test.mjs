// What lies beside the tarball in a release: sums, and what a container is built from.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { listing, ROOT, TARBALL, unpacked } from './installed.mjs';

const DIST = dirname(TARBALL);
const sum = (kind, content, form) => createHash(kind).update(content).digest(form);

test('every file of a release has its sum', async () => {
  const lines = (await readFile(join(DIST, 'SHA256SUMS'), 'utf8')).trimEnd().split('\n').map((line) => line.split('  '));
  assert.deepEqual(lines.map(([, name]) => name), (await readdir(DIST)).filter((name) => name !== 'SHA256SUMS').sort());
  for (const [expected, name] of lines) assert.equal(sum('sha256', await readFile(join(DIST, name)), 'hex'), expected, name);
});

test('the integrity of scripts is that of the files in the tarball', async () => {
  const values = JSON.parse(await readFile(join(DIST, 'integrity.json'), 'utf8'));
  for (const name of ['carto.js', 'carto.core.js']) assert.ok(values[name], `${name} is missing`);
  for (const [name, value] of Object.entries(values)) {
    assert.equal(value, `sha384-${sum('sha384', await unpacked(TARBALL, `package/${name}`), 'base64')}`, name);
  }
});

test('the container is built from the files of the repository', async () => {
  const name = (await readdir(DIST)).find((name) => name.endsWith('-container.tar.gz'));
  const files = await listing(join(DIST, name));
  // A crate of the workspace that is missing would end the build.
  const crates = (await readdir(join(ROOT, 'crates'))).map((name) => `crates/${name}/Cargo.toml`);
  for (const file of ['.dockerignore', 'Dockerfile', 'Cargo.toml', 'Cargo.lock', 'LICENSE-MIT', 'src/lib.rs', 'build.rs', ...crates]) {
    assert.ok(files.includes(file), `${file} is missing`);
  }
  assert.ok(!files.some((file) => file.includes('node_modules') || file.startsWith('target')), 'what is built stays out');
  const dockerfile = await readFile(join(ROOT, 'Dockerfile'));
  assert.deepEqual(await unpacked(join(DIST, name), 'Dockerfile'), dockerfile);
});
