// A browser and a server for applications that bundlers made: their files, and a server of maps.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { chromium } from 'playwright-core';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync', '--disable-background-networking', '--disable-component-update'];
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };
const MAP = JSON.stringify({ layergroupid: 'a:1', metadata: { layers: [{ type: 'mapnik', id: 'layer0', meta: {} }] } });
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

/** Draws a map and leaves in `result` what came of it; needs `carto`. */
export const DRAW = `
  const server = new URLSearchParams(location.search).get('server');
  const client = new carto.Client({ apiKey: 'default_public', username: 'demo', serverUrl: server + '/user/{username}' });
  const layer = new carto.layer.Layer(new carto.source.Dataset('cities'), new carto.style.CartoCSS('#l { marker-width: 1; }'));
  globalThis.result = client.addLayer(layer).then(() => ({ layers: client.getLayers().length, name: layer.constructor.name, global: 'carto' in globalThis }));`;
/** What {@link DRAW} leaves. */
export const DRAWN = { layers: 1, name: 'Layer', global: false };
export const HTML = '<!doctype html><link rel="icon" href="data:,"><div id="app"></div><script type="module" src="/app.js"></script>';

export class Opener {
  /** The directory whose files are served. */
  directory = '';

  static async create() {
    const opener = new Opener();
    opener.browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
    opener.server = createServer((request, response) => opener.#answer(request, response));
    await new Promise((resolve) => opener.server.listen(0, '127.0.0.1', resolve));
    opener.origin = `http://127.0.0.1:${opener.server.address().port}`;
    return opener;
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, 'http://localhost');
    const cors = { 'access-control-allow-origin': '*' };
    if (pathname.endsWith('/api/v1/map')) return response.writeHead(200, { 'content-type': 'application/json', ...cors }).end(MAP);
    if (pathname.endsWith('.png')) return response.writeHead(200, { 'content-type': 'image/png', ...cors }).end(PIXEL);
    if (pathname === '/favicon.ico') return response.writeHead(204).end();
    try {
      const body = await readFile(`${this.directory}${pathname === '/' ? '/index.html' : pathname}`);
      return response.writeHead(200, { 'content-type': TYPES[extname(pathname)] ?? 'text/html' }).end(body);
    } catch {
      return response.writeHead(404).end();
    }
  }

  /** Opens an application and gives what it left in `result`; an error in its console is a failure. */
  async opened(address = this.origin) {
    const page = await this.browser.newPage();
    const said = [];
    page.on('pageerror', (error) => said.push(String(error)));
    page.on('console', (message) => message.type() === 'error' && said.push(message.text()));
    try {
      await page.goto(`${address}/?server=${encodeURIComponent(this.origin)}`);
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

  async remove() {
    await this.browser?.close();
    this.server?.closeAllConnections();
    this.server?.close();
  }
}
