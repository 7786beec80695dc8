// The installed package in pages that a bundler made.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';
import { Project, ROOT } from './installed.mjs';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync', '--disable-background-networking', '--disable-component-update'];
const PAGE = '<!doctype html><link rel="icon" href="data:,"><div id="map" style="width:256px;height:256px"></div>';
const USE = `
  const layer = new carto.layer.Layer(new carto.source.Dataset('cities'), new carto.style.CartoCSS('#l { marker-width: 1; }'));
  const client = new carto.Client({ apiKey: 'default_public', username: 'demo', serverUrl: location.origin.replace('localhost', '127.0.0.1') + '/user/{username}' });
  let code;
  try { new carto.source.SQL(42); } catch (error) { code = error instanceof carto.CartoError && error.errorCode; }
  globalThis.result = client.addLayer(layer).then(() => ({ code, layers: client.getLayers()[0] === layer, name: layer.constructor.name, global: 'carto' in globalThis }));`;
const GOOD = { code: 'validation:source:query-string', layers: true, name: 'Layer', global: false };
const MAP = { layergroupid: 'a:1', metadata: { layers: [{ type: 'mapnik', id: 'layer0', meta: {} }] } };

describe('bundles of the installed package', () => {
  let browser, project, server, origin;
  const files = new Map();

  before(async () => {
    project = await Project.create();
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
    server = createServer((request, response) => {
      const path = request.url.split('?')[0];
      const [type, body] = files.get(path) ?? (path.includes('/api/v1/map') ? ['application/json', JSON.stringify(MAP)] : ['text/html', PAGE]);
      response.setHeader('Content-Type', type);
      response.end(body);
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${server.address().port}`;
  });
  after(async () => {
    await browser?.close();
    server?.closeAllConnections();
    server?.close();
    await project?.remove();
  });

  /** Bundles a script of the project; every warning is a failure. */
  async function bundled(name, text, options) {
    const entry = await project.write(name, text);
    const { outputFiles, warnings } = await build({
      entryPoints: [entry], absWorkingDir: project.directory, bundle: true, write: false, logLevel: 'silent', outdir: project.path('out'), ...options,
    });
    assert.deepEqual(warnings.map(({ text: warning }) => warning), []);
    for (const file of outputFiles) files.set(`/${file.path.split(/[\\/]/).at(-1)}`, ['text/javascript', file.text]);
    return outputFiles.map((file) => `/${file.path.split(/[\\/]/).at(-1)}`);
  }

  /** Loads a script into an empty page and gives what it left in `result`. */
  async function loaded(address, type = '') {
    const page = await browser.newPage();
    const errors = [];
    page.on('pageerror', (error) => errors.push(String(error)));
    page.on('console', (message) => errors.push(message.text()));
    try {
      await page.goto(origin);
      await page.addScriptTag({ url: address, type });
      await page.waitForFunction(() => globalThis.result);
      const result = await page.evaluate(() => globalThis.result);
      assert.deepEqual(errors, []);
      return result;
    } finally {
      await page.close();
    }
  }

  for (const [what, options] of [['as it is', {}], ['minified', { minify: true }], ['for ES2022 and with names kept', { target: 'es2022', keepNames: true, minify: true }]]) {
    test(`an application of ES modules works ${what}`, async () => {
      const [address] = await bundled('modules.mjs', `import carto from 'carto-wasm';${USE}`, { format: 'iife', ...options });
      assert.deepEqual(await loaded(address), GOOD);
    });
  }

  test('named imports work, and the wasm comes once however many modules import it', async () => {
    await project.write('part.mjs', `import { source } from 'carto-wasm';\nexport const table = () => new source.Dataset('cities');\n`);
    const [address] = await bundled('named.mjs', `import * as carto from 'carto-wasm';\nimport { table } from './part.mjs';\nif (!(table() instanceof carto.source.Dataset)) throw new Error('two copies');${USE}`, { format: 'iife', minify: true });
    assert.deepEqual(await loaded(address), GOOD);
    const [, text] = files.get(address);
    const own = await readFile(join(project.directory, 'node_modules/carto-wasm/carto.js'), 'utf8');
    assert.ok(text.length < own.length * 1.1, `${text.length} characters of ${own.length}`);
  });

  test('an application of CommonJS works', async () => {
    const [address] = await bundled('common.cjs', `const carto = require('carto-wasm');${USE}`, { format: 'iife' });
    assert.deepEqual(await loaded(address), GOOD);
  });

  test('a module that is loaded when it is needed works', async () => {
    const [address] = await bundled('lazy.mjs', `const { default: carto } = await import('carto-wasm');${USE}`, { format: 'esm', splitting: true, outdir: project.path('lazy') });
    assert.deepEqual(await loaded(address, 'module'), GOOD);
  });

  test('a worker can use it', async () => {
    const [worker] = await bundled('worker.mjs', `import carto from 'carto-wasm';${USE}\nresult.then((value) => postMessage(value), (error) => postMessage(String(error)));`, { format: 'iife' });
    const [address] = await bundled('boss.mjs', `globalThis.result = new Promise((resolve) => { new Worker('${worker}').onmessage = ({ data }) => resolve(data); });`, { format: 'iife' });
    assert.deepEqual(await loaded(address), GOOD);
  });

  test('the script of the package serves a page and a worker by itself', async () => {
    files.set('/carto.js', ['text/javascript', await readFile(join(project.directory, 'node_modules/carto-wasm/carto.js'))]);
    files.set('/classic.js', ['text/javascript', `importScripts('/carto.js');${USE}\nresult.then((value) => postMessage(value), (error) => postMessage(String(error)));`]);
    files.set('/start.js', ['text/javascript', `globalThis.result = new Promise((resolve) => { new Worker('/classic.js').onmessage = ({ data }) => resolve(data); });`]);
    assert.deepEqual(await loaded('/start.js'), { ...GOOD, global: true });
  });

  test('Leaflet of the same bundle shows the map', async () => {
    const leaflet = JSON.stringify(join(ROOT, 'node_modules/leaflet'));
    const [address] = await bundled('leaflet.mjs', `
      import L from ${leaflet};
      import carto from 'carto-wasm';
      const client = new carto.Client({ apiKey: 'default_public', username: 'demo', serverUrl: location.origin + '/user/demo' });
      const map = L.map('map').setView([0, 0], 1);
      const native = client.getLeafletLayer().addTo(map);
      globalThis.result = { tiles: native instanceof L.TileLayer, there: map.hasLayer(native) };`, { format: 'iife' });
    assert.deepEqual(await loaded(address), { tiles: true, there: true });
  });
});
