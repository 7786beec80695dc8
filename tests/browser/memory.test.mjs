// A page that lives long: what comes and goes leaves nothing behind, on either side, and nobody has to free it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Answers } from './answers.mjs';
import { launch, PAGE, watchedPage } from './chromium.mjs';

const ROUNDS = 10_000;
/** Rounds after which all that grows once has grown: caches, tables, the allocator's first blocks. */
const WARM = 2_000;
const BATCH = 100;

describe('memory', { timeout: 240_000 }, () => {
  let answers, browser, page, devtools;

  before(async () => {
    answers = await Answers.start();
    browser = await launch();
    ({ page } = await watchedPage(browser));
    await page.addInitScript(() => {
      const { Instance } = WebAssembly;
      WebAssembly.Instance = function (...args) {
        const instance = new Instance(...args);
        window.wasmMemory = instance.exports.memory ?? Object.values(instance.exports).find((part) => part instanceof WebAssembly.Memory);
        return instance;
      };
    });
    await page.goto(`${PAGE}/config.json`);
    await page.setContent('<!doctype html><script src="/pkg/carto.js"></script><script>window.there = true</script>');
    await page.evaluate((origin) => {
      window.client = new carto.Client({ apiKey: 'default_public', username: 'u', serverUrl: `${origin}/user/{username}` });
      const { source, style, layer, dataview, filter } = carto;
      window.round = (number) => {
        const rows = new source.SQL(`SELECT ${number}`);
        const drawn = new layer.Layer(rows, new style.CartoCSS(`#l { marker-width: ${number}; }`), { featureClickColumns: ['name'] });
        const views = [new dataview.Formula(rows, 'a'), new dataview.Category(rows, 'b'), new dataview.Histogram(rows, 'c'), new dataview.TimeSeries(rows, 'd')];
        const [box, kind] = [new filter.BoundingBox(), new filter.AND([new filter.Category('e', { in: ['x', 'y'] }), new filter.Range('f', { gt: number })])];
        // Listeners close over everything, as those of pages do.
        for (const object of [rows, drawn, box, kind, ...views]) object.on('all', () => [rows, drawn, box, kind, views]);
        rows.addFilter(kind);
        for (const view of views) view.addFilter(box);
        const done = [window.client.addLayer(drawn), window.client.addDataviews(views)];
        box.setBounds({ west: 0, south: 0, east: number, north: 1 });
        kind.getFilters()[1].set('gt', number + 1);
        for (const view of views) {
          view.removeFilter(box);
          done.push(window.client.removeDataview(view));
        }
        rows.removeFilter(kind);
        done.push(window.client.removeLayer(drawn));
        return Promise.all(done);
      };
    }, answers.origin);
    devtools = await page.context().newCDPSession(page);
  });
  after(async () => {
    await browser?.close();
    answers?.stop();
  });

  async function play(from, to) {
    for (let at = from; at < to; at += BATCH) {
      await page.evaluate(([start, count]) => Promise.all(Array.from({ length: count }, (_, index) => window.round(start + index))).then(() => {}), [at, BATCH]);
      // Memory on the other side is given back by finalizers, which run in turns of their own after a collection.
      if (at % 500 === 0) await collect();
      answers.reset();
    }
  }

  async function collect() {
    for (let round = 0; round < 3; round++) {
      await devtools.send('HeapProfiler.collectGarbage');
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 10)));
    }
  }

  async function measured() {
    // On a busy machine finalizers come late: what counts is what is left when they are through.
    let least = Infinity;
    for (let look = 0; look < 8; look++) {
      await collect();
      const { usedSize } = await devtools.send('Runtime.getHeapUsage');
      least = Math.min(least, usedSize);
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 100)));
    }
    return { heap: least, wasm: await page.evaluate(() => window.wasmMemory.buffer.byteLength) };
  }

  test(`${ROUNDS} layers, dataviews and filters come and go`, async (context) => {
    await play(0, WARM);
    const early = await measured();
    await play(WARM, ROUNDS);
    const late = await measured();
    context.diagnostic(`after ${WARM}: heap ${early.heap}, wasm ${early.wasm}; after ${ROUNDS}: heap ${late.heap}, wasm ${late.wasm} bytes`);
    assert.equal(await page.evaluate(() => window.client.getLayers().length + window.client.getDataviews().length), 0);
    // It only ever grows, by blocks of 64 kB, and settles: a few more blocks may come, 50 bytes a round may not.
    assert.ok(late.wasm - early.wasm < 50 * (ROUNDS - WARM), `the memory of the WebAssembly side has grown by ${late.wasm - early.wasm} bytes`);
    // A byte for each of the eleven objects of a round would be seen.
    assert.ok(late.heap - early.heap < 10 * (ROUNDS - WARM), `the heap has grown by ${late.heap - early.heap} bytes`);
  });
});
