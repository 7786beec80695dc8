// The installed package in applications that bundlers built, opened in a browser.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { after, before, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { Project, ROOT } from './installed.mjs';
import { installTools, link, tool } from './projects.mjs';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync', '--disable-background-networking', '--disable-component-update'];
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };
const MAP = JSON.stringify({ layergroupid: 'a:1', metadata: { layers: [{ type: 'mapnik', id: 'layer0', meta: {} }] } });
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

/** Draws a map and leaves in `result` what came of it. */
const DRAW = `
  const server = new URLSearchParams(location.search).get('server');
  const client = new carto.Client({ apiKey: 'default_public', username: 'demo', serverUrl: server + '/user/{username}' });
  const layer = new carto.layer.Layer(new carto.source.Dataset('cities'), new carto.style.CartoCSS('#l { marker-width: 1; }'));
  globalThis.result = client.addLayer(layer).then(() => ({ layers: client.getLayers().length, name: layer.constructor.name, global: 'carto' in globalThis }));`;
const MAIN = `import carto from 'carto-wasm';${DRAW}`;
const SLIM = `import load from 'carto-wasm/slim'; const carto = await load();${DRAW}`;
const DRAWN = { layers: 1, name: 'Layer', global: false };
const HTML = '<!doctype html><link rel="icon" href="data:,"><div id="app"></div><script type="module" src="/app.js"></script>';

describe('applications of bundlers', { timeout: 300_000 }, () => {
  let browser, project, server, origin, directory;

  before(async () => {
    await installTools();
    project = await Project.create({ type: 'module' });
    await link(project, 'leaflet', 'react', 'react-dom', 'scheduler', 'svelte', 'vue', '@vue');
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
    server = createServer(async (request, response) => {
      const { pathname } = new URL(request.url, 'http://localhost');
      const cors = { 'access-control-allow-origin': '*' };
      if (pathname.endsWith('/api/v1/map')) return response.writeHead(200, { 'content-type': 'application/json', ...cors }).end(MAP);
      if (pathname.endsWith('.png')) return response.writeHead(200, { 'content-type': 'image/png', ...cors }).end(PIXEL);
      const path = pathname === '/' ? '/index.html' : pathname;
      try {
        const body = await readFile(project.path(`${directory}${path}`));
        response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/plain' }).end(body);
      } catch {
        response.writeHead(404).end();
      }
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

  /** Opens an application and gives what it left in `result`. */
  async function opened(address = origin) {
    const page = await browser.newPage();
    const said = [];
    page.on('pageerror', (error) => said.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && said.push(message.text()));
    try {
      await page.goto(`${address}/?server=${encodeURIComponent(origin)}`);
      await page.waitForFunction(() => globalThis.result, null, { timeout: 30_000 }).catch((error) => {
        throw new Error(`${error.message} ${said.join()}`);
      });
      const result = await page.evaluate(() => globalThis.result);
      assert.deepEqual(said, []);
      return result;
    } finally {
      await page.close();
    }
  }

  const vite = async (more) => ({ root: project.directory, logLevel: 'error', configFile: false, ...more });

  for (const [entry, text] of [['the package', MAIN], ['its slim entry', SLIM]]) {
    test(`Vite builds ${entry}`, async () => {
      await project.write('index.html', HTML);
      await project.write('app.js', text);
      directory = 'out-vite';
      const { build } = await tool('vite');
      await build(await vite({ build: { outDir: directory, emptyOutDir: true, target: 'es2022' } }));
      assert.deepEqual(await opened(), DRAWN);
    });

    test(`Vite serves ${entry} while it is written`, async () => {
      await project.write('index.html', HTML);
      await project.write('app.js', text);
      const { createServer: serve } = await tool('vite');
      // What is bundled beforehand loses the file that the slim entry loads.
      const optimizeDeps = text === SLIM ? { exclude: ['carto-wasm'] } : {};
      const development = await serve(await vite({ optimizeDeps, cacheDir: project.path('.vite'), server: { host: '127.0.0.1', port: 0, hmr: false, fs: { allow: [project.directory] } } }));
      try {
        await development.listen();
        assert.deepEqual(await opened(`http://127.0.0.1:${development.httpServer.address().port}`), DRAWN);
      } finally {
        await development.close();
      }
    });

    test(`webpack builds ${entry}`, async () => {
      await project.write('app.js', text);
      directory = 'out-webpack';
      const { default: webpack } = await tool('webpack');
      const compiler = webpack({ mode: 'production', context: project.directory, entry: './app.js', output: { path: project.path(directory), filename: 'app.js', publicPath: '/', module: true }, experiments: { outputModule: true }, performance: false });
      const stats = await promisify(compiler.run.bind(compiler))();
      assert.ok(!stats.hasErrors(), stats.toString());
      assert.deepEqual(stats.compilation.warnings.map(String), []);
      await project.write(`${directory}/index.html`, HTML);
      assert.deepEqual(await opened(), DRAWN);
    });
  }

  for (const [what, plugins] of [['as it is', []], ['with its plugin for CommonJS', ['@rollup/plugin-commonjs']]]) {
    test(`Rollup builds the package ${what}`, async () => {
      await project.write('app.js', MAIN);
      directory = 'out-rollup';
      const { rollup } = await tool('rollup');
      const made = await Promise.all(['@rollup/plugin-node-resolve', ...plugins].map(async (name) => (await tool(name)).default()));
      // Rollup says that `this` of a script is undefined in a module, which the script knows.
      const warnings = [];
      const bundle = await rollup({ input: project.path('app.js'), plugins: made, onwarn: ({ code }) => warnings.push(code) });
      await bundle.write({ file: project.path(`${directory}/app.js`), format: 'es' });
      assert.ok(warnings.every((code) => ['THIS_IS_UNDEFINED', 'MISSING_EXPORT'].includes(code)), warnings.join());
      await project.write(`${directory}/index.html`, HTML);
      assert.deepEqual(await opened(), DRAWN);
    });
  }

  for (const [framework, component, plugin] of [['react', 'CitiesMap.jsx'], ['vue', 'CitiesMap.vue', '@vitejs/plugin-vue'], ['svelte', 'CitiesMap.svelte', '@sveltejs/vite-plugin-svelte']]) {
    test(`the component of examples/${framework} comes and goes, and leaves nothing behind`, async () => {
      await project.write(component, await readFile(`${ROOT}/examples/${framework}/${component}`, 'utf8'));
      for (const [name, file] of [['app.js', `${framework}.js`], ['watched.js', 'watched.js']]) {
        await project.write(name, await readFile(`${ROOT}/tests/package/projects/${file}`, 'utf8'));
      }
      await project.write('index.html', HTML);
      directory = `out-${framework}`;
      const { build } = await tool('vite');
      const plugins = [];
      if (plugin) {
        const module = await tool(plugin);
        plugins.push((module.svelte ?? module.default)());
      }
      await build(await vite({ plugins, build: { outDir: directory, emptyOutDir: true, target: 'es2022' } }));
      const { shown, left } = await opened();
      assert.ok(shown > 0, `${shown} tiles`);
      assert.deepEqual(left, { tiles: 0, containers: 0, asked: 0 });
    });
  }
});
