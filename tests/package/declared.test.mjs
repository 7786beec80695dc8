// The types as an app uses them, and a bundle under a strict policy.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

describe('the declared types', { timeout: 240_000 }, () => {
  let project, installed;

  before(() => {
    project = mkdtempSync(join(tmpdir(), 'carto-wasm-'));
    installed = join(project, 'node_modules/carto-wasm');
    mkdirSync(installed, { recursive: true });
    execFileSync('tar', ['xzf', process.env.CARTO_TARBALL, '--strip-components=1', '-C', installed]);
    symlinkSync(join(ROOT, 'node_modules/typescript'), join(project, 'node_modules/typescript'));
    writeFileSync(join(project, 'package.json'), '{"type":"module"}');
  });
  after(() => rmSync(project, { recursive: true, force: true }));

  test('has types that help', () => {
    writeFileSync(join(project, 'usage.ts'), readFileSync(join(ROOT, 'tests/package/usage.ts')));
    const compile = (...options) => {
      const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
      const strict = ['--strict', '--noEmit', '--target', 'es2022', '--lib', 'es2022,dom'];
      execFileSync(process.execPath, [tsc, ...strict, ...options, 'usage.ts'], { cwd: project, encoding: 'utf8', stdio: 'pipe' });
    };
    for (const options of [['--module', 'esnext', '--moduleResolution', 'bundler'], ['--module', 'node16', '--moduleResolution', 'node16']]) {
      assert.doesNotThrow(() => compile(...options), (error) => { throw new Error(error.stdout); });
    }
  });

  test('runs from a bundle in a browser', async () => {
    const app = `import { Client, version } from 'carto-wasm';
      try { new Client({}) } catch (error) { document.title = version + ' ' + error.errorCode }`;
    const { outputFiles } = await build({
      stdin: { contents: app, resolveDir: project }, bundle: true, format: 'esm', write: false, logLevel: 'silent',
    });
    const policy = { 'content-security-policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'" };
    const server = createServer(({ url }, response) => {
      response.writeHead(200, { 'content-type': url === '/app.js' ? 'text/javascript' : 'text/html', ...policy });
      response.end(url === '/app.js' ? outputFiles[0].text : '<!doctype html><script type="module" src="/app.js"></script>');
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const browser = await chromium.launch({
      executablePath: process.env.CHROMIUM,
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
    try {
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${server.address().port}/`);
      await page.waitForFunction(() => document.title !== '', undefined, { timeout: 30_000 });
      const { version } = JSON.parse(readFileSync(join(installed, 'package.json'), 'utf8'));
      assert.equal(await page.title(), `${version} validation:client:api-key-required`);
    } finally {
      await browser.close();
      server.close();
    }
  });
});
