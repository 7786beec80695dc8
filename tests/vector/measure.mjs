// What vector mode costs, in figures: `node tests/vector/measure.mjs` prints them. It needs a site and a server with the demo's data,
// as the browser tests do (CARTO_PAGE_URL, CARTO_SERVER_URL, CHROMIUM), and a machine that does nothing else. Not in CI.
import { loadavg } from 'node:os';
/* global client, native, shown */
import { readFile } from 'node:fs/promises';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { blankPage, launch, SERVER, until } from '../browser/browser.mjs';

const POINTS = '#layer { marker-width: 5; marker-fill: #ee4d5a; marker-line-color: #fff; marker-line-width: 0.5; marker-allow-overlap: true; }';
const AREAS = '#layer { polygon-fill: #ddd; line-color: #777; line-width: 1; }';
/** 49,025 cities and one in fifty of them again, so that they are 50,000; one column for styles. */
const MANY = 'SELECT cartodb_id, the_geom_webmercator, pop_max FROM cities UNION ALL SELECT cartodb_id + 100000, the_geom_webmercator, pop_max FROM cities WHERE cartodb_id % 50 = 0';
/** 20 copies of the countries, each a little aside: about 5,000 polygons. */
const SHAPES = 'SELECT c.cartodb_id + n * 1000 AS cartodb_id, ST_Translate(c.the_geom_webmercator, n * 9000, n * 7000) AS the_geom_webmercator, c.name FROM world_countries c, generate_series(0, 20) n';
const WIDE = 'SELECT cartodb_id, the_geom_webmercator, name, adm0name, pop_max, featurecla, adm0cap FROM cities';

const browser = await launch();
const tell = (what, figure) => console.log(`${what}: ${figure}`);
tell('load of the machine', loadavg()[0].toFixed(1));

const processes = await browser.newBrowserCDPSession();
/** Seconds of CPU that pages have had, with their workers. */
const cpu = async () => {
  const { processInfo } = await processes.send('SystemInfo.getProcessInfo');
  return processInfo.filter(({ type }) => type === 'renderer').reduce((sum, { cpuTime }) => sum + cpuTime, 0);
};
/** A page with what is measured in it. */
async function measuredPage(browser) {
  const { page } = await blankPage(browser, { viewport: { width: 1280, height: 800 } });
  await page.addScriptTag({ url: '/pkg/carto.vector.js' });
  await page.evaluate((server) => {
    window.begin = async (render, query, css, options, { zoom = 2, at = [25, 10] } = {}) => {
      window.shown?.remove();
      document.querySelector('#map').outerHTML = '<div id="map" style="width:1024px;height:768px;background:#fff"></div>';
      window.shown = L.map('map', { fadeAnimation: false, zoomAnimation: false, zoomControl: false }).setView(at, zoom);
      window.client = new carto.Client({ apiKey: 'default_public', username: 'demo', serverUrl: `${server}/user/{username}` });
      window.native = client.getLeafletLayer({ render }).addTo(shown);
      await client.addLayer(new carto.layer.Layer(new carto.source.SQL(query), new carto.style.CartoCSS(css), options));
    };
    /** Milliseconds until a style is drawn; and if asked, which takes time itself, the longest one in which the page's thread did nothing else. */
    window.restyle = async (css, isWatched) => {
      let [last, gap, isOver] = [performance.now(), 0, false];
      const channel = new MessageChannel();
      const tick = () => {
        const now = performance.now();
        [gap, last] = [Math.max(gap, now - last), now];
        if (!isOver) channel.port2.postMessage(0);
      };
      channel.port1.onmessage = tick;
      if (isWatched) tick();
      const start = performance.now();
      await client.getLayers()[0].getStyle().setContent(css);
      const milliseconds = performance.now() - start;
      isOver = true;
      return { milliseconds, gap };
    };
  }, SERVER);
  return page;
}
const page = await measuredPage(browser);

/** Tiles of the page that were asked for since this was emptied. */
const tiles = new Set();
page.on('request', (asked) => /\.(mvt|png)\?/.test(asked.url()) && tiles.add(asked.url()));
/** What they weigh, compressed with gzip where the server does: asked for again, because browsers do not tell of all answers of workers. */
async function weight() {
  const one = (url) =>
    new Promise((done, failed) => {
      const asked = request(url, { headers: { 'accept-encoding': 'gzip' } }, (answer) => {
        let sum = 0;
        answer.on('data', (part) => (sum += part.length)).on('end', () => done(sum));
      });
      asked.on('error', failed).end();
    });
  const sizes = await Promise.all([...tiles].map(one));
  tiles.clear();
  return `${sizes.reduce((sum, size) => sum + size, 0)} of ${sizes.length} tiles`;
}
const still = (of = page) => until(async () => {
  await new Promise((done) => setTimeout(done, 400));
  return of.evaluate(() => !native.isLoading());
}, 'a map that is drawn', 120_000);
const median = (list) => list.toSorted((one, other) => one - other)[Math.floor(list.length / 2)];

async function restyles(name, styles) {
  const [plain, watched] = [[], []];
  const half = styles.length / 2;
  const before = await cpu();
  for (const css of styles.slice(0, half)) plain.push(await page.evaluate((css) => window.restyle(css, false), css));
  tell(`${name}: milliseconds of CPU, mean`, ((await cpu() - before) / plain.length * 1000).toFixed(0));
  tell(`${name}: milliseconds until drawn, median of ${plain.length}`, median(plain.map(({ milliseconds }) => milliseconds)).toFixed(0));
  for (const css of styles.slice(half)) watched.push(await page.evaluate((css) => window.restyle(css, true), css));
  tell(`${name}: longest gap of the page's thread, median`, median(watched.map(({ gap }) => gap)).toFixed(1));
}

await page.evaluate(([query, css]) => window.begin('vector', query, css), [MANY, POINTS]);
await still();
tell('first map of 50,000 points: bytes of vector tiles', await weight());
await restyles('50,000 points, colours that were drawn before', Array.from({ length: 24 }, (_, index) => (index % 2 ? POINTS : POINTS.replace('#ee4d5a', '#07a'))).slice(8));
await restyles('50,000 points, new colours', Array.from({ length: 16 }, (_, index) => POINTS.replace('#ee4d5a', `#${index.toString(16)}7${index.toString(16)}`)));
tiles.clear();
await page.evaluate(([query, css]) => window.begin('raster', query, css), [MANY, POINTS]);
await still();
tell('first map of 50,000 points: bytes of images', await weight());

await page.evaluate(([query, css]) => window.begin('vector', query, css), [SHAPES, AREAS]);
await still();
await restyles('5,000 polygons', Array.from({ length: 16 }, (_, index) => AREAS.replace('#ddd', `#d${index.toString(16)}d`)));

await page.evaluate(([query, css, options]) => window.begin('vector', query, css, options), [WIDE, POINTS, { featureOverColumns: ['name', 'adm0name', 'pop_max', 'featurecla', 'adm0cap'] }]);
await still();
const hover = await page.evaluate(async () => {
  const layer = client.getLayers()[0];
  let answers = 0;
  const count = () => (answers += 1);
  layer.on('featureOver', count).on('featureOut', count);
  const { port1, port2 } = new MessageChannel();
  // Timers would be slower than what is measured.
  const turn = () => new Promise((done) => {
    port1.onmessage = done;
    port2.postMessage(0);
  });
  const start = performance.now();
  for (let index = 0; performance.now() - start < 3000; index++) {
    const before = answers;
    const containerPoint = L.point(200 + (index * 37) % 600, 200 + (index * 53) % 400);
    native._map.fire('mousemove', { latlng: native._map.containerPointToLatLng(containerPoint), containerPoint });
    while (answers === before) await turn();
  }
  return answers / 3;
});
tell('hover: moves a second that are answered one after the other', hover.toFixed(0));
await browser.close();

// In a browser of its own, because a process keeps what other maps needed.
const other = await launch();
const fresh = await measuredPage(other);
const renderers = await other.newBrowserCDPSession();
const own = await fresh.context().newCDPSession(fresh);
/** Megabytes that the page's process has, all of a browser's process included, and those of them that are objects of scripts. */
async function memory() {
  await own.send('HeapProfiler.collectGarbage');
  const { processInfo } = await renderers.send('SystemInfo.getProcessInfo');
  const [{ id }] = processInfo.filter(({ type }) => type === 'renderer');
  const resident = Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${id}/status`, 'utf8'))[1]) / 1024;
  return `${resident.toFixed(0)} (${((await own.send('Runtime.getHeapUsage')).usedSize / 1048576).toFixed(1)} of scripts)`;
}
tell('MB of the process before the first map', await memory());
await fresh.evaluate(([query, css, options]) => window.begin('vector', query, css, options), [WIDE, POINTS, { featureOverColumns: ['name', 'adm0name', 'pop_max', 'featurecla', 'adm0cap'] }]);
await still(fresh);
tell('MB with 50,000 features of 5 columns', await memory());
for (let round = 1; round <= 1000; round++) {
  await fresh.evaluate(([css, round]) => {
    native._map.setView([25 + (round % 7) * 3, 10 + (round % 11) * 4], 2, { animate: false });
    return client.getLayers()[0].getStyle().setContent(css.replace('5', String(3 + (round % 5))));
  }, [POINTS, round]);
  if (round % 250 === 0) tell(`MB after ${round} pans and restyles`, await memory());
}
tell('carto.vector.js, bytes of gzip', gzipSync(await readFile(new URL('../../pkg/carto.vector.js', import.meta.url)), { level: 9 }).length);
tell('load of the machine at the end', loadavg()[0].toFixed(1));
await other.close();
