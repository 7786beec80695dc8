// What is measured in a page, the same way under CARTO.js 4.2.2 and under this library. All times are in milliseconds.
import { openPage } from '../parity/pages.mjs';

/** Dataviews are answered at once: it is not the server that is measured. */
const atOnce = (request, usual) => (request.kind === 'dataview' ? { ...usual(), delay: 1 } : usual());

async function within(browser, side, options, work) {
  const { page, recorder, close } = await openPage(browser, side, atOnce, options);
  try {
    return await work(page, recorder);
  } finally {
    await close();
  }
}

const throttled = (rate) => async (page) => {
  const session = await page.context().newCDPSession(page);
  await session.send('Emulation.setCPUThrottlingRate', { rate });
};

/** From the evaluation of the script to the first client, in a page that has never seen the script. */
export function start(rate) {
  return (browser, side) =>
    within(browser, side, { path: '/bare.html', prepare: throttled(rate) }, (page) =>
      page.evaluate(async () => {
        const text = await (await fetch('/carto.js')).text();
        const script = document.createElement('script');
        script.textContent = text;
        const begin = performance.now();
        document.head.append(script);
        new window.carto.Client(window.parity.tools().settings());
        return performance.now() - begin;
      }));
}

/** From the evaluation of the script to the request of the first tile that is one of the map. */
export function firstTile(browser, side) {
  return within(browser, side, { path: '/bare.html' }, async (page, recorder) => {
    await page.evaluate(async () => {
      const script = document.createElement('script');
      script.textContent = await (await fetch('/carto.js')).text();
      const { map } = window.parity.tools();
      const place = map();
      window.begin = performance.now();
      document.head.append(script);
      const { client, layer } = window.parity.tools();
      const shown = client();
      shown.getLeafletLayer().addTo(place);
      shown.addLayer(layer('a'));
    });
    while (!recorder.requests.some(({ kind }) => kind === 'tile')) await new Promise((resolve) => setTimeout(resolve, 5));
    await recorder.idle(200);
    return page.evaluate(() => {
      const tiles = performance.getEntriesByType('resource').filter(({ name }) => /\/\d+\/\d+\/\d+\.png/.test(name));
      return Math.min(...tiles.map(({ startTime }) => startTime)) - window.begin;
    });
  });
}

/** Layers to the map's success, then a change of one style to the next. */
export function layers(count) {
  return (browser, side) =>
    within(browser, side, {}, (page) =>
      page.evaluate(async (count) => {
        const { client, layer, idle } = window.parity.tools();
        const shown = client();
        const success = () => new Promise((resolve) => shown.on('success', resolve));
        const all = Array.from({ length: count }, (_, index) => layer(`${index}`));
        let begin = performance.now();
        let done = success();
        shown.addLayers(all);
        await done;
        const added = performance.now() - begin;
        await idle(300);
        begin = performance.now();
        done = success();
        all[0].getStyle().setContent('#layer { marker-width: 9; }');
        await done;
        return { added, changed: performance.now() - begin };
      }, count));
}

/** Adds dataviews of one source, waits for the data of all, and gives the time; it runs in the page. */
async function addDataviews(count) {
  const { carto, client } = window.parity.tools();
  const source = new carto.source.Dataset('t');
  const all = Array.from({ length: count }, (_, index) => new carto.dataview.Formula(source, `c${index}`));
  const begin = performance.now();
  const data = all.map((view) => new Promise((resolve) => view.on('dataChanged', resolve)));
  client().addDataviews(all);
  await Promise.all(data);
  return performance.now() - begin;
}

/** Dataviews of one source to the data of the last of them. */
export function dataviews(count) {
  return (browser, side) => within(browser, side, {}, (page) => page.evaluate(addDataviews, count));
}

/** The requests of as many dataviews by `fetch` and nothing else: no library that asks for each dataview can be quicker. */
export function requests(count) {
  return (browser, side) =>
    within(browser, side, {}, async (page, recorder) => {
      await page.evaluate(addDataviews, count);
      const urls = recorder.requests.filter(({ kind }) => kind === 'dataview').map(({ url }) => url);
      return page.evaluate(async (urls) => {
        const begin = performance.now();
        const all = await Promise.all(urls.map(async (url) => (await fetch(url)).json()));
        if (!all.length || !all.every((data) => 'result' in data)) throw new Error('the server answers something else');
        return performance.now() - begin;
      }, urls);
    });
}

/** Time of the main thread for a move of the mouse over ten layers with features, all grids loaded. */
export function hover(moves) {
  return (browser, side) =>
    within(browser, side, {}, async (page, recorder) => {
      const session = await page.context().newCDPSession(page);
      await session.send('Performance.enable');
      await page.evaluate(async () => {
        const { client, layer, map, idle } = window.parity.tools();
        const place = map();
        const shown = client();
        window.over = 0;
        const all = Array.from({ length: 10 }, (_, index) => layer(`${index}`, { featureOverColumns: ['name'] }));
        for (const one of all) one.on('featureOver', () => (window.over += 1));
        shown.getLeafletLayer().addTo(place);
        shown.addLayers(all);
        await idle(800);
        window.move = (step) => {
          const at = { clientX: 20 + ((step * 37) % 470), clientY: 20 + ((step * 23) % 470), bubbles: true };
          const target = place.getContainer();
          target.dispatchEvent(new PointerEvent('pointermove', at));
          target.dispatchEvent(new MouseEvent('mousemove', at));
        };
        for (let step = 0; step < 200; step++) window.move(step);
        await idle(800);
      });
      const metric = async () => (await session.send('Performance.getMetrics')).metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
      const before = await metric();
      const over = await page.evaluate(async (moves) => {
        window.over = 0;
        for (let step = 0; step < moves; step++) {
          window.move(step);
          // As with a real mouse every move has a turn of its own, and what a library puts off has its time.
          await new Promise((resolve) => setTimeout(resolve, 5));
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
        return window.over;
      }, moves);
      const spent = (await metric()) - before;
      if (over < moves) throw new Error(`${side}: ${over} features were found below the mouse`);
      if (!recorder.requests.some(({ kind }) => kind === 'grid')) throw new Error(`${side}: no grid was loaded`);
      return spent / moves;
    });
}

/** Bytes of JavaScript's heap after a collection, and of WebAssembly's memory. */
export function memory(count) {
  const watched = (page) =>
    page.addInitScript(() => {
      const { Instance } = WebAssembly;
      WebAssembly.Instance = class extends Instance {
        constructor(...parts) {
          super(...parts);
          window.wasmMemory = this.exports.memory ?? Object.values(this.exports).find((value) => value instanceof WebAssembly.Memory);
        }
      };
    });
  const heap = async (page) => {
    const session = await page.context().newCDPSession(page);
    await session.send('HeapProfiler.enable');
    for (let i = 0; i < 3; i++) await session.send('HeapProfiler.collectGarbage');
    return (await session.send('Runtime.getHeapUsage')).usedSize;
  };
  return async (browser, side) => {
    const empty = await within(browser, side, { path: '/bare.html' }, heap);
    const full = await within(browser, side, { prepare: watched }, async (page) => {
      await page.evaluate(async (count) => {
        const { client, layer, idle } = window.parity.tools();
        window.kept = client();
        if (!count) return;
        window.kept.addLayers(Array.from({ length: count }, (_, index) => layer(`${index}`)));
        await idle(500);
      }, count);
      return (await heap(page)) + (await page.evaluate(() => window.wasmMemory?.buffer.byteLength ?? 0));
    });
    return full - empty;
  };
}
