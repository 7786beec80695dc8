// The slim entry of the installed package, and its scripts in pages without a bundler.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { after, before, beforeEach, describe, test } from 'node:test';
import { chromium } from 'playwright-core';
import { Project } from './installed.mjs';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync', '--disable-background-networking', '--disable-component-update'];
const TYPES = { js: 'text/javascript', mjs: 'text/javascript', wasm: 'application/wasm' };

describe('pages without a bundler', () => {
  let browser, project, server, origin;
  let asked, wasm, headers, pages;

  before(async () => {
    project = await Project.create();
    browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
    server = createServer(async (request, response) => {
      const path = request.url.split('?')[0];
      const file = path.match(/^\/carto-wasm\/([\w.]+\.(js|mjs|wasm))$/);
      if (file) asked.push(file[1]);
      const { status = 200, type = TYPES[file?.[2]] ?? 'text/html', body } = (file?.[2] === 'wasm' && wasm()) || {};
      response.writeHead(status, { 'content-type': type, ...headers });
      response.end(body ?? (file ? await readFile(project.path(`node_modules/carto-wasm/${file[1]}`)) : pages.get(path)));
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
  beforeEach(() => {
    asked = [];
    wasm = () => undefined;
    headers = {};
    pages = new Map();
  });

  /** Opens a page of these tags and gives what it left in `result`, and what its console and its errors said. */
  async function opened(tags) {
    pages.set('/', `<!doctype html><link rel="icon" href="data:,">${tags}`);
    const page = await browser.newPage();
    const said = [];
    page.on('pageerror', (error) => said.push(String(error)));
    page.on('console', (message) => said.push(message.text()));
    try {
      await page.goto(origin);
      await page.waitForFunction(() => globalThis.result, null, { timeout: 30_000 });
      return { result: await page.evaluate(() => globalThis.result), said };
    } finally {
      await page.close();
    }
  }

  const IMPORTS = '<script type="importmap">{"imports":{"carto-wasm":"/carto-wasm/carto.mjs","carto-wasm/core":"/carto-wasm/carto.core.mjs","carto-wasm/slim":"/carto-wasm/slim.mjs"}}</script>';
  const module = (text) => `${IMPORTS}<script type="module">${text}</script>`;
  const use = "new carto.Client({ apiKey: 'a', username: 'b' }).constructor.name";

  test('an import map finds the module, which makes no global', async () => {
    const { result, said } = await opened(module(`import carto, { Client } from 'carto-wasm'; globalThis.result = [${use}, Client === carto.Client, 'carto' in globalThis];`));
    assert.deepEqual([result, said, asked], [['Client', true, false], [], ['carto.mjs', 'carto.js']]);
  });

  test('the core is a module beside the whole library, and makes no global either', async () => {
    const { result, said } = await opened(module(`import core, { Client } from 'carto-wasm/core'; import carto from 'carto-wasm';
      globalThis.result = [${use}, Client === core.Client, Client === carto.Client, typeof carto.dataview.Formula, 'carto' in globalThis];`));
    assert.deepEqual([result, said, asked.toSorted()], [['Client', true, false, 'function', false], [], ['carto.core.js', 'carto.core.mjs', 'carto.js', 'carto.mjs']]);
  });

  test('the slim entry loads its file once', async () => {
    const { result, said } = await opened(module(`import load from 'carto-wasm/slim';
      const [carto, again] = await Promise.all([load(), load()]);
      globalThis.result = [${use}, carto === again && carto === await load(), 'carto' in globalThis];`));
    assert.deepEqual([result, said, asked], [['Client', true, false], [], ['slim.mjs', 'carto_bg.wasm']]);
  });

  test('a server that does not know the type of the file is no reason to fail, nor to complain', async () => {
    wasm = () => ({ type: 'application/octet-stream' });
    const { result, said } = await opened(module(`import { load } from 'carto-wasm/slim'; const carto = await load(); globalThis.result = ${use};`));
    assert.deepEqual([result, said], ['Client', []]);
  });

  test('a load that failed says why, and the next call tries again', async () => {
    const answers = [{ status: 503, type: 'text/html', body: 'later' }, { body: 'no module' }, undefined];
    wasm = () => answers[asked.filter((name) => name.endsWith('wasm')).length - 1];
    const { result } = await opened(module(`import load from 'carto-wasm/slim';
      const said = [];
      for (let i = 0; i < 2; i++) await load().catch((error) => said.push(error.name + ' ' + error.message));
      const carto = await load();
      globalThis.result = [said, ${use}];`));
    assert.match(result[0][0], /^Error http.*carto_bg.wasm was answered with 503\.$/);
    assert.match(result[0][1], /^CompileError /);
    assert.equal(result[1], 'Client');
  });

  test('the file may be elsewhere, or compiled already', async () => {
    const { result } = await opened(module(`import load from 'carto-wasm/slim';
      const carto = await load(await WebAssembly.compileStreaming(fetch('/carto-wasm/carto_bg.wasm')));
      globalThis.result = ${use};`));
    assert.equal(result, 'Client');
    const { result: moved } = await opened(module("import load from 'carto-wasm/slim'; const carto = await load('carto-wasm/carto_bg.wasm?moved'); globalThis.result = carto.version;"));
    assert.match(moved, /^\d/);
  });

  test('a script tag with integrity works under a strict policy', async () => {
    const script = await readFile(project.path('node_modules/carto-wasm/carto.js'));
    headers = { 'content-security-policy': "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; img-src data:", 'access-control-allow-origin': '*' };
    pages.set('/use', `globalThis.result = [${use}, typeof carto]`);
    const integrity = `sha384-${createHash('sha384').update(script).digest('base64')}`;
    const { result, said } = await opened(`<script src="/carto-wasm/carto.js" integrity="${integrity}" crossorigin="anonymous"></script><script src="/use"></script>`);
    assert.deepEqual([result, said], [['Client', 'object'], []]);
  });

  test('Node reads the file beside the slim entry', async () => {
    const told = await project.node('slim.mjs', `import load from 'carto-wasm/slim'; const carto = await load(); console.log(JSON.stringify(${use}));`);
    assert.equal(told, 'Client');
    const required = await project.node('slim.cjs', `require('carto-wasm/slim')().then((carto) => console.log(JSON.stringify(${use})));`);
    assert.equal(required, 'Client');
    const file = await project.node('file.mjs', "console.log(JSON.stringify(import.meta.resolve('carto-wasm/carto_bg.wasm').split('/').at(-1)));");
    assert.equal(file, 'carto_bg.wasm');
  });
});
