// A page that lives long: what comes and goes leaves nothing behind, on either side, and nobody has to free it.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Answers } from './answers.mjs';
import { launch, PAGE, watchedPage } from './browser.mjs';

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

  /**
   * What scripts hold, as numbers of objects, functions and strings; and the bytes of the WebAssembly side. Bytes of the heap would tell
   * what the browser keeps for itself, too: compiled code, records of long tasks and of requests, more of them on a busy machine.
   */
  async function measured() {
    // On a busy machine finalizers come late: what counts is what is left when they are through.
    const least = {};
    for (let look = 0; look < 4; look++) {
      await collect();
      for (const [kind, count] of Object.entries(await counted())) least[kind] = Math.min(least[kind] ?? Infinity, count);
    }
    return { ...least, wasm: await page.evaluate(() => window.wasmMemory.buffer.byteLength) };
  }

  async function counted() {
    let text = '';
    const add = ({ chunk }) => (text += chunk);
    devtools.on('HeapProfiler.addHeapSnapshotChunk', add);
    await devtools.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
    devtools.off('HeapProfiler.addHeapSnapshotChunk', add);
    const { snapshot, nodes } = JSON.parse(text);
    const { node_fields: fields, node_types: types } = snapshot.meta;
    const counts = { objects: 0, functions: 0, strings: 0 };
    const kinds = { object: 'objects', array: 'objects', closure: 'functions', string: 'strings', 'concatenated string': 'strings' };
    for (let at = fields.indexOf('type'); at < nodes.length; at += fields.length) {
      const kind = kinds[types[fields.indexOf('type')][nodes[at]]];
      if (kind) counts[kind]++;
    }
    return counts;
  }

  test(`${ROUNDS} layers, dataviews and filters come and go`, async (context) => {
    await play(0, WARM);
    const early = await measured();
    await play(WARM, ROUNDS);
    const late = await measured();
    context.diagnostic(`after ${WARM}: ${JSON.stringify(early)}; after ${ROUNDS}: ${JSON.stringify(late)}`);
    assert.equal(await page.evaluate(() => window.client.getLayers().length + window.client.getDataviews().length), 0);
    // It only ever grows, by blocks of 64 kB, and settles: a few more blocks may come, 50 bytes a round may not.
    assert.ok(late.wasm - early.wasm < 50 * (ROUNDS - WARM), `the memory of the WebAssembly side has grown by ${late.wasm - early.wasm} bytes`);
    // One that every eightieth round leaves behind would be seen.
    for (const kind of ['objects', 'functions', 'strings']) {
      assert.ok(late[kind] - early[kind] < (ROUNDS - WARM) / 80, `${late[kind] - early[kind]} more ${kind} than after ${WARM} rounds`);
    }
  });
});
