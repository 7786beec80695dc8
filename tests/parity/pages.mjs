// A page with CARTO.js 4.2.2 or with this library, and a recording server of its own.
import { readFile } from 'node:fs/promises';
import { chromium } from 'playwright-core';
import { Recorder } from './server.mjs';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync', '--disable-background-networking', '--disable-component-update', '--disable-dev-shm-usage'];

if (!process.env.CARTO_REFERENCE) throw new Error('CARTO_REFERENCE is the carto.min.js of CARTO.js 4.2.2: `cargo xtask parity` sets it');

const here = (path) => readFile(new URL(path, import.meta.url), 'utf8');
/** The scripts that are compared. */
export const library = { reference: await readFile(process.env.CARTO_REFERENCE, 'utf8'), ours: await here('../../pkg/carto.js'), core: await here('../../pkg/carto.core.js') };
const leaflet = await here('../../node_modules/leaflet/dist/leaflet.js');
const google = await here('google-maps.js');
const toolbox = await here('page.js');

/** The files of a page with one of the libraries. */
function files(side) {
  const script = (body) => ({ type: 'text/javascript', body });
  const page = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body style="margin:0">
    <script src="/leaflet.js"></script><script src="/google-maps.js"></script><script src="/carto.js"></script><script src="/page.js"></script>`;
  // Without a library: measurements bring it in themselves.
  const bare = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><body style="margin:0"><script src="/leaflet.js"></script><script src="/page.js"></script>';
  const all = {
    '/page.html': { type: 'text/html', body: page },
    '/bare.html': { type: 'text/html', body: bare },
    '/leaflet.js': script(leaflet),
    '/google-maps.js': script(google),
    '/carto.js': script(library[side]),
    '/page.js': script(toolbox),
  };
  return (path) => all[path];
}

export function launch(flags = []) {
  return chromium.launch({ executablePath: process.env.CHROMIUM, args: [...FLAGS, ...flags] });
}

/**
 * Opens a page with the library of a side (`reference`, `ours`, or `core` with our carto.core.js); `answers` may replace answers of the server, `prepare` may do
 * something with the page before it is opened.
 */
export async function openPage(browser, side, answers, { path = '/page.html', prepare } = {}) {
  const recorder = await Recorder.start(files(side), answers);
  const context = await browser.newContext({ viewport: { width: 800, height: 600 } });
  const page = await context.newPage();
  await page.exposeFunction('parityIdle', (milliseconds) => recorder.idle(milliseconds));
  await prepare?.(page);
  await page.goto(`${recorder.page}${path}`);
  const close = async () => {
    await context.close();
    recorder.stop();
  };
  return { page, recorder, close };
}
