// The installed package in applications that bundlers built, opened in a browser.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { after, before, describe, test } from 'node:test';
import { build as esbuild } from 'esbuild';
import { program, Project, ROOT } from './installed.mjs';
import { DRAW, DRAWN, HTML, Opener } from './opener.mjs';
import { installTools, link, tool, TOOLS } from './projects.mjs';

const MAIN = `import carto from 'carto-wasm';${DRAW}`;
const CORE = `import carto from 'carto-wasm/core';${DRAW}`;
const SLIM = `import load from 'carto-wasm/slim'; const carto = await load();${DRAW}`;

describe('applications of bundlers', { timeout: 600_000 }, () => {
  let opener, project;

  before(async () => {
    await installTools();
    project = await Project.create({ type: 'module' });
    await link(project, 'leaflet', 'react', 'react-dom', 'scheduler', 'svelte', 'vue', '@vue', 'vue2', 'mobx');
    opener = await Opener.create();
  });
  after(async () => {
    await opener?.remove();
    await project?.remove();
  });

  /** Where a bundler is to write to; that is what is opened then. */
  function output(name) {
    opener.directory = project.path(name);
    return name;
  }

  const vite = async (more) => ({ root: project.directory, logLevel: 'error', configFile: false, ...more });

  for (const [entry, text] of [['the package', MAIN], ['its slim entry', SLIM]]) {
    test(`Vite builds ${entry}`, async () => {
      await project.write('index.html', HTML);
      await project.write('app.js', text);
      const directory = output('out-vite');
      const { build } = await tool('vite');
      await build(await vite({ build: { outDir: directory, emptyOutDir: true, target: 'es2022' } }));
      assert.deepEqual(await opener.opened(), DRAWN);
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
        assert.deepEqual(await opener.opened(`http://127.0.0.1:${development.httpServer.address().port}`), DRAWN);
      } finally {
        await development.close();
      }
    });

    test(`webpack builds ${entry}`, async () => {
      await project.write('app.js', text);
      const directory = output('out-webpack');
      const { default: webpack } = await tool('webpack');
      const compiler = webpack({ mode: 'production', context: project.directory, entry: './app.js', output: { path: project.path(directory), filename: 'app.js', publicPath: '/', module: true }, experiments: { outputModule: true }, performance: false });
      const stats = await promisify(compiler.run.bind(compiler))();
      assert.ok(!stats.hasErrors(), stats.toString());
      assert.deepEqual(stats.compilation.warnings.map(String), []);
      await project.write(`${directory}/index.html`, HTML);
      assert.deepEqual(await opener.opened(), DRAWN);
    });
  }

  test('Vite builds the core', async () => {
    await project.write('index.html', HTML);
    await project.write('app.js', CORE);
    const directory = output('out-core');
    const { build } = await tool('vite');
    await build(await vite({ build: { outDir: directory, emptyOutDir: true, target: 'es2022' } }));
    assert.deepEqual(await opener.opened(), DRAWN);
  });

  test('webpack builds the core', async () => {
    await project.write('app.js', CORE);
    const directory = output('out-core-webpack');
    const { default: webpack } = await tool('webpack');
    const compiler = webpack({ mode: 'production', context: project.directory, entry: './app.js', output: { path: project.path(directory), filename: 'app.js' }, performance: false });
    const stats = await promisify(compiler.run.bind(compiler))();
    assert.deepEqual([stats.hasErrors(), stats.compilation.warnings.map(String)], [false, []]);
    await project.write(`${directory}/index.html`, HTML);
    assert.deepEqual(await opener.opened(), DRAWN);
  });

  test('esbuild builds the slim entry, with the file beside it', async () => {
    await project.write('app.js', `import load from 'carto-wasm/slim'; import wasm from 'carto-wasm/carto_bg.wasm'; const carto = await load(wasm);${DRAW}`);
    const directory = output('out-esbuild');
    await esbuild({ entryPoints: [project.path('app.js')], absWorkingDir: project.directory, bundle: true, format: 'esm', outdir: directory, publicPath: '/', loader: { '.wasm': 'file' }, logLevel: 'error' });
    await project.write(`${directory}/index.html`, HTML);
    assert.deepEqual(await opener.opened(), DRAWN);
  });

  test('a worker that Vite builds loads the slim entry', async () => {
    await project.write('index.html', HTML);
    // A worker's own address does not say where the server of maps is.
    const text = SLIM.replace("new URLSearchParams(location.search).get('server')", JSON.stringify(opener.origin));
    await project.write('worker.js', `${text}\nresult.then((value) => postMessage(value), (error) => postMessage(String(error)));`);
    await project.write('app.js', "const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module' });\nglobalThis.result = new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); });");
    const directory = output('out-worker');
    const { build } = await tool('vite');
    await build(await vite({ build: { outDir: directory, emptyOutDir: true, target: 'es2022' }, worker: { format: 'es' } }));
    assert.deepEqual(await opener.opened(), DRAWN);
  });

  for (const [entry, text] of [['the package', MAIN], ['its slim entry', SLIM]]) {
    test(`Parcel builds ${entry}`, async () => {
      // Parcel and its plugins look for each other above the application.
      const beside = await Project.create({ type: 'module' }, TOOLS);
      try {
        await beside.write('index.html', HTML.replace('/app.js', './app.js'));
        await beside.write('app.js', text);
        const { code, stdout, stderr } = await program(join(TOOLS, 'node_modules/.bin/parcel'), ['build', 'index.html', '--no-cache', '--dist-dir', 'out', '--public-url', '/'], { cwd: beside.directory });
        assert.equal(code, 0, stdout + stderr);
        opener.directory = beside.path('out');
        assert.deepEqual(await opener.opened(), DRAWN);
      } finally {
        await beside.remove();
      }
    });
  }

  for (const [what, plugins] of [['as it is', []], ['with its plugin for CommonJS', ['@rollup/plugin-commonjs']]]) {
    test(`Rollup builds the package ${what}`, async () => {
      await project.write('app.js', MAIN);
      const directory = output('out-rollup');
      const { rollup } = await tool('rollup');
      const made = await Promise.all(['@rollup/plugin-node-resolve', ...plugins].map(async (name) => (await tool(name)).default()));
      // Rollup says that `this` of a script is undefined in a module, which the script knows.
      const warnings = [];
      const bundle = await rollup({ input: project.path('app.js'), plugins: made, onwarn: ({ code }) => warnings.push(code) });
      await bundle.write({ file: project.path(`${directory}/app.js`), format: 'es' });
      assert.ok(warnings.every((code) => ['THIS_IS_UNDEFINED', 'MISSING_EXPORT'].includes(code)), warnings.join());
      await project.write(`${directory}/index.html`, HTML);
      assert.deepEqual(await opener.opened(), DRAWN);
    });
  }

  for (const [framework, component, plugin] of [['react', 'CitiesMap.jsx'], ['vue', 'CitiesMap.vue', '@vitejs/plugin-vue'], ['svelte', 'CitiesMap.svelte', '@sveltejs/vite-plugin-svelte']]) {
    test(`the component of recipes/${framework} comes and goes, and leaves nothing behind`, async () => {
      await project.write(component, await readFile(`${ROOT}/www/docs/recipes/${framework}/${component}`, 'utf8'));
      for (const [name, file] of [['app.js', `${framework}.js`], ['watched.js', 'watched.js']]) {
        await project.write(name, await readFile(`${ROOT}/tests/package/projects/${file}`, 'utf8'));
      }
      await project.write('index.html', HTML);
      const directory = output(`out-${framework}`);
      const { build } = await tool('vite');
      const plugins = [];
      if (plugin) {
        const module = await tool(plugin);
        plugins.push((module.svelte ?? module.default)());
      }
      await build(await vite({ plugins, build: { outDir: directory, emptyOutDir: true, target: 'es2022' } }));
      const { shown, left } = await opener.opened();
      assert.ok(shown > 0, `${shown} tiles`);
      assert.deepEqual(left, { tiles: 0, containers: 0, asked: 0 });
    });
  }

  test('objects may be the state of Vue, MobX and Svelte', async () => {
    for (const [name, file] of [['app.js', 'reactive.js'], ['reactive.svelte.js', 'reactive.svelte.js']]) {
      await project.write(name, await readFile(`${ROOT}/tests/package/projects/${file}`, 'utf8'));
    }
    await project.write('index.html', HTML);
    const directory = output('out-reactive');
    const [{ build }, { svelte }] = [await tool('vite'), await tool('@sveltejs/vite-plugin-svelte')];
    await build(await vite({ plugins: [svelte()], build: { outDir: directory, emptyOutDir: true, target: 'es2022' } }));
    const { told, proxies } = await opener.opened();
    assert.deepEqual(proxies, [true, true], 'the frameworks are at work');
    const right = [1, 4, true, 'max', true, 5, 2, 'validation:auth:name-required', true, 0, 3];
    const names = ['Vue 3 reactive', 'Vue 3 ref', 'Vue 3 shallowRef', 'Vue 3 data', 'Vue 2 data', 'MobX observable', 'MobX store', 'Svelte 5 state'];
    assert.deepEqual(told, Object.fromEntries(names.map((name) => [name, right])));
  });
});
