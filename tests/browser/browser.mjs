// A browser for the tests, and what every test watches: the console, requests, and secrets that must not show.
import { chromium } from 'playwright-core';

export const PAGE = process.env.CARTO_PAGE_URL?.replace(/\/$/, '');
export const SERVER = process.env.CARTO_SERVER_URL;

const QUIET = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync'];
const CLOSED = ['--disable-background-networking', '--disable-component-update'];

/** Flags for WebGL without a graphics card. */
export const WEBGL = ['--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'];

/** The other engine in which core tests run, `firefox` or `webkit`. */
export const ENGINE = process.env.CARTO_ENGINE;

/** Starts Chromium, or the other engine; `flags` are for Chromium, added to the usual ones. */
export async function launch(flags = []) {
  if (ENGINE) return (await import('./engines/shared.mjs')).launch(ENGINE);
  return chromium.launch({ executablePath: process.env.CHROMIUM, args: [...QUIET, ...CLOSED, ...flags] });
}

/** A page that remembers its console, its errors and its requests. */
export async function watchedPage(browser, options = { viewport: { width: 1280, height: 800 } }) {
  const page = await browser.newPage(options);
  const seen = { console: [], errors: [], requests: [] };
  page.on('console', (message) => seen.console.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => seen.errors.push(String(error)));
  page.on('request', (request) => seen.requests.push({ method: request.method(), url: request.url() }));
  return { page, seen };
}

/** Opens a document of HTML, the only kind in which custom elements live, and nothing of what it refers to. */
export async function openDocument(page) {
  const onlyIt = (route) => (route.request().isNavigationRequest() ? route.continue() : route.abort());
  await page.route('**/*', onlyIt);
  await page.goto(`${PAGE}/examples/index.html`);
  await page.unroute('**/*', onlyIt);
}

/** A blank page of the site with Leaflet and one of the library's scripts as script tags. */
export async function blankPage(browser, { script = 'carto.js', viewport = { width: 1280, height: 800 }, hasElements = false } = {}) {
  const { page, seen } = await watchedPage(browser, { viewport });
  // A real answer of the site below it: Chromium keeps invented pages away from servers on this machine.
  if (hasElements) await openDocument(page);
  else await page.goto(`${PAGE}/config.json`);
  await page.setContent(`<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><link rel="stylesheet" href="/vendor/leaflet/leaflet.css">
    <div id="map" style="width:800px;height:600px"></div>
    <script src="/vendor/leaflet/leaflet.js"></script>
    <script src="/pkg/${script}"></script>
    <script>window.there = typeof carto.Client;</script>`);
  seen.console.length = 0;
  seen.errors.length = 0;
  return { page, seen };
}

/** How many pixels of the window, or of a part of it, have which colour, as `#rrggbb`. */
export async function colours(page, clip) {
  const png = (await page.screenshot()).toString('base64');
  return page.evaluate(async ([data, part]) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const { x, y, width, height } = part ?? { x: 0, y: 0, width: image.width, height: image.height };
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    const { data: bytes } = context.getImageData(x, y, width, height);
    const counts = {};
    for (let at = 0; at < bytes.length; at += 4) {
      const colour = `#${[0, 1, 2].map((c) => bytes[at + c].toString(16).padStart(2, '0')).join('')}`;
      counts[colour] = (counts[colour] ?? 0) + 1;
    }
    return counts;
  }, [png, clip ?? null]);
}

/** The colour that most of the counted pixels have. */
export function mostly(counts) {
  return Object.keys(counts).reduce((most, colour) => (counts[colour] > counts[most] ? colour : most));
}

/** How many of the counted pixels are nearer than `distance` to a colour, channel by channel. */
export function near(counts, colour, distance) {
  const channels = (text) => [1, 3, 5].map((at) => parseInt(text.slice(at, at + 2), 16));
  const wanted = channels(colour);
  return Object.entries(counts)
    .filter(([found]) => channels(found).every((channel, index) => Math.abs(channel - wanted[index]) <= distance))
    .reduce((sum, [, count]) => sum + count, 0);
}

/** Waits until `check` gives something true, and gives it. */
export async function until(check, what, milliseconds = 30_000) {
  for (const end = Date.now() + milliseconds; ; ) {
    const found = await check();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
