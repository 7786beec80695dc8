// The installed package in Node, where there is no document: imported, required, and asked to do its work.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { Project, ROOT, unpacked, TARBALL } from './installed.mjs';

const SETTINGS = `{ apiKey: 'default_public', username: 'demo', serverUrl: 'http://127.0.0.1:1/user/{username}' }`;
// The same checks for every way in; `carto` is the namespace.
const CHECKS = `
  const caught = (call) => { try { call(); } catch (error) { return error; } };
  const client = new carto.Client(${SETTINGS});
  const layer = new carto.layer.Layer(new carto.source.SQL('SELECT 1'), new carto.style.CartoCSS('#l { marker-width: 1; }'));
  const error = caught(() => new carto.Client({ username: 'demo' }));
  const report = {
    version: carto.version,
    names: Object.keys(carto).sort(),
    document: typeof document,
    window: typeof window,
    globals: Object.keys(globalThis).filter((name) => !before.includes(name)),
    layers: client.getLayers().length,
    identity: layer.getSource() instanceof carto.source.SQL && layer.hide() === layer && client.on('success', () => {}) === client,
    carto: error instanceof carto.CartoError,
    error: error instanceof Error,
    name: error.name,
    code: error.errorCode,
    leaflet: caught(() => client.getLeafletLayer())?.message,
  };
  console.log(JSON.stringify(report));`;
const NAMES = ['ATTRIBUTION', 'CartoError', 'Client', 'auth', 'dataview', 'events', 'filter', 'layer', 'operation', 'source', 'style', 'version'];

describe('the installed package in Node', () => {
  let project, version;

  before(async () => {
    project = await Project.create();
    ({ version } = JSON.parse(await unpacked(TARBALL, 'package/package.json')));
  });
  after(() => project?.remove());

  const works = (report) =>
    assert.deepEqual(report, {
      version,
      names: NAMES,
      document: 'undefined',
      window: 'undefined',
      globals: [],
      layers: 0,
      identity: true,
      carto: true,
      error: true,
      name: 'CartoError',
      code: 'validation:client:api-key-required',
      leaflet: 'Leaflet is required',
    });

  test('the default import is the namespace', async () => {
    works(await project.node('default.mjs', `import carto from 'carto-wasm';\nconst before = Object.keys(globalThis);${CHECKS}`));
  });

  test('an import that is awaited finds and leaves no global', async () => {
    works(await project.node('late.mjs', `const before = Object.keys(globalThis);\nconst { default: carto } = await import('carto-wasm');${CHECKS}`));
  });

  test('everything is a named export too', async () => {
    const report = await project.node('named.mjs', `
      import * as named from 'carto-wasm';
      import carto, { Client, CartoError, source } from 'carto-wasm';
      const same = Object.keys(carto).filter((name) => named[name] === carto[name]);
      let caught;
      try { new source.SQL(42); } catch (error) { caught = error instanceof CartoError && error.errorCode; }
      console.log(JSON.stringify({ same: same.sort(), all: Object.keys(named).sort(), client: Client === carto.Client, caught }));`);
    assert.deepEqual(report, { same: NAMES, all: [...NAMES, 'default'].sort(), client: true, caught: 'validation:source:query-string' });
  });

  test('the core is imported and required, and says what it has not', async () => {
    const names = ['ATTRIBUTION', 'CartoError', 'Client', 'events', 'layer', 'source', 'style', 'version'];
    const missing = "carto.dataview is not in carto.core.js but in carto.js: load that script in place of this one, or import 'carto-wasm' in place of 'carto-wasm/core'.";
    const check = `${CHECKS.replace('console.log(JSON.stringify(report));', '')}
      console.log(JSON.stringify({ ...report, missing: caught(() => carto.dataview.Formula).message }));`;
    const begin = 'const before = Object.keys(globalThis);';
    for (const [name, text] of [['core.mjs', `import carto, { Client } from 'carto-wasm/core';\n${begin}\nif (Client !== carto.Client) throw new Error('two');`], ['core.cjs', `${begin}\nconst carto = require('carto-wasm/core');`], ['core-file.cjs', `${begin}\nconst carto = require('carto-wasm/carto.core.js');`]]) {
      const { names: found, missing: said, ...report } = await project.node(name, `${text}${check}`);
      assert.deepEqual([found, said], [names, missing]);
      works({ ...report, names: NAMES });
    }
    const both = await project.node('both.mjs', `
      import carto from 'carto-wasm';
      import core from 'carto-wasm/core';
      const layer = new core.layer.Layer(new core.source.SQL('SELECT 1'), new core.style.CartoCSS('#l {}'));
      let code;
      try { new carto.Client(${SETTINGS}).addLayer(layer); } catch (error) { code = error.errorCode; }
      console.log(JSON.stringify([carto === core, code]));`);
    assert.deepEqual(both, [false, 'validation:client:bad-layer-type']);
  });

  test('require gives the namespace itself', async () => {
    works(await project.node('required.cjs', `const before = Object.keys(globalThis);\nconst carto = require('carto-wasm');${CHECKS}`));
    works(await project.node('file.cjs', `const before = Object.keys(globalThis);\nconst carto = require('carto-wasm/carto.js');${CHECKS}`));
  });

  test('its manifest can be read, and nothing else is reachable', async () => {
    const report = await project.node('paths.cjs', `
      const reach = (path) => { try { require(path); return true; } catch (error) { return error.code; } };
      console.log(JSON.stringify([require('carto-wasm/package.json').name, reach('carto-wasm/carto.mjs'), reach('carto-wasm/types/client')]));`);
    assert.deepEqual(report, ['carto-wasm', 'ERR_PACKAGE_PATH_NOT_EXPORTED', 'ERR_PACKAGE_PATH_NOT_EXPORTED']);
  });

  test('the script serves loaders of asynchronous modules, and pages without any', async () => {
    const report = await project.node('script.cjs', `
      const { readFileSync } = require('node:fs');
      const { createContext, runInContext } = require('node:vm');
      const text = readFileSync(require.resolve('carto-wasm'), 'utf8');
      const shared = { WebAssembly, TextDecoder, TextEncoder, WeakRef, FinalizationRegistry };
      const amd = { ...shared };
      amd.define = Object.assign((needs, make) => { amd.defined = [needs.length, Object.keys(make())]; }, { amd: {} });
      runInContext(text, createContext(amd));
      const page = createContext({ ...shared });
      runInContext(text, page);
      console.log(JSON.stringify([amd.defined, 'carto' in amd, runInContext('typeof carto.Client', page)]));`);
    assert.deepEqual(report, [[0, report[0][1]], false, 'function']);
    assert.deepEqual(report[0][1].sort(), NAMES);
  });

  test('asks a server for a map and for data, without a page', async () => {
    const asked = [];
    const server = createServer((request, response) => {
      const url = new URL(request.url, 'http://server');
      asked.push(url.pathname);
      const config = JSON.parse(url.searchParams.get('config'));
      const dataview = Object.keys(config?.dataviews ?? {})[0];
      const address = `http://127.0.0.1:${server.address().port}/data`;
      response.setHeader('Content-Type', 'application/json');
      response.end(JSON.stringify(url.pathname === '/data'
        ? { operation: 'count', result: 42, nulls: 0 }
        : { layergroupid: 'a:1', metadata: { layers: [], dataviews: { [dataview]: { url: { http: address, https: address } } } } }));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const report = await project.node('asks.mjs', `
        import carto from 'carto-wasm';
        const serverUrl = 'http://127.0.0.1:${server.address().port}/user/{username}';
        const client = new carto.Client({ apiKey: 'default_public', username: 'demo', serverUrl });
        const count = new carto.dataview.Formula(new carto.source.Dataset('cities'), 'pop_max');
        const data = new Promise((resolve, reject) => { count.on('dataChanged', resolve); count.on('error', reject); });
        await client.addDataview(count);
        console.log(JSON.stringify(await data));`);
      assert.deepEqual(report, { operation: 'count', result: 42, nulls: 0 });
      assert.deepEqual(asked, ['/user/demo/api/v1/map', '/data']);
    } finally {
      server.close();
    }
  });

  test('a server that is not there is a rejection with a cause, and Node ends by itself', async () => {
    const report = await project.node('absent.mjs', `
      import carto from 'carto-wasm';
      const client = new carto.Client(${SETTINGS});
      const layer = new carto.layer.Layer(new carto.source.Dataset('cities'), new carto.style.CartoCSS('#l { marker-width: 1; }'));
      const error = await client.addLayer(layer).then(() => null, (rejected) => rejected);
      console.log(JSON.stringify([error instanceof carto.CartoError, error.reason, error.forbidden, error.cause instanceof Error, 'status' in error]));`);
    assert.deepEqual(report, [true, 'unreachable', false, true, false]);
  });

  test('a project of ES modules and one of the tests directory see the same package', async () => {
    const modules = await Project.create({ type: 'module' });
    try {
      works(await modules.node('app.js', `import carto from 'carto-wasm';\nconst before = Object.keys(globalThis);${CHECKS}`));
    } finally {
      await modules.remove();
    }
    assert.ok(!project.directory.startsWith(ROOT), 'nothing of this workspace could be found by accident');
  });
});
