// What each action of a page costs under CARTO.js 4.2.2 and under this library: requests, bytes that are sent, time.
import { launch, openPage } from './pages.mjs';

const RUNS = 7;
const SIDES = ['reference', 'ours'];

/** Actions on a map of three layers and four dataviews; each begins and ends in quiet. */
const ACTIONS = {
  'first map': async ({ client, layer, carto, map, idle }) => {
    const shown = client();
    const layers = ['a', 'b', 'c'].map((id) => layer(id, { featureClickColumns: ['name'] }));
    const source = layers[0].getSource();
    const { Formula, Category, Histogram, TimeSeries } = carto.dataview;
    const views = [new Formula(source, 'a'), new Category(source, 'b'), new Histogram(source, 'c'), new TimeSeries(source, 'd')];
    const place = map();
    shown.getLeafletLayer().addTo(place);
    shown.addLayers(layers);
    shown.addDataviews(views);
    Object.assign(window, { shown, layers, source, views, place });
    await idle(1000);
  },
  setContent: async ({ idle }) => {
    window.layers[0].getStyle().setContent('#layer { marker-width: 9; }');
    await idle(1000);
  },
  setQuery: async ({ idle }) => {
    window.source.setQuery('SELECT * FROM other');
    await idle(1000);
  },
  'hide and show': async ({ idle }) => {
    window.layers[1].hide();
    await idle(1000);
    window.layers[1].show();
    await idle(1000);
  },
  'pan with four dataviews': async ({ carto, idle }) => {
    const box = new carto.filter.BoundingBoxLeaflet(window.place);
    for (const view of window.views) view.addFilter(box);
    await idle(1500);
    window.place.panBy([60, 0], { animate: false });
    await idle(1500);
  },
  'ten changes in one turn': async ({ idle }) => {
    for (let width = 1; width <= 10; width++) window.layers[2].getStyle().setContent(`#layer { marker-width: ${width}; }`);
    await idle(1000);
  },
  'the same query of four dataviews': async ({ idle }) => {
    for (const view of window.views) view.setColumn('other');
    await idle(1500);
  },
};

const KINDS = ['map', 'dataview', 'grid', 'tile', 'stray', 'preflight'];

async function costs(browser, side) {
  const { page, recorder, close } = await openPage(browser, side);
  const all = {};
  for (const [name, action] of Object.entries(ACTIONS)) {
    const from = recorder.requests.length;
    await page.evaluate((body) => new Function(`return (${body});`)()(window.parity.tools()), action.toString());
    const made = recorder.requests.slice(from);
    all[name] = { bytes: made.reduce((sum, { bytes }) => sum + bytes, 0) };
    for (const kind of KINDS) all[name][kind] = made.filter((request) => request.kind === kind).length;
  }
  await close();
  return all;
}

/** Milliseconds, measured in the page. */
async function times(browser, side) {
  const { page, recorder, close } = await openPage(browser, side);
  const measured = {};
  for (const count of [1, 10, 100]) {
    measured[`addLayers(${count}) to success`] = await page.evaluate(async (count) => {
      const { client, layer } = window.parity.tools();
      const shown = client();
      const layers = Array.from({ length: count }, (_, index) => layer(`${count}-${index}`));
      const start = performance.now();
      await new Promise((resolve) => {
        shown.on('success', resolve);
        shown.addLayers(layers);
      });
      return performance.now() - start;
    }, count);
    await recorder.idle(300);
  }
  await page.evaluate(async () => {
    const { client, layer, map, idle } = window.parity.tools();
    const shown = client();
    window.one = layer('one');
    shown.getLeafletLayer().addTo(map());
    shown.addLayer(window.one);
    await idle(600);
  });
  const next = recorder.requests.length;
  const start = Date.now();
  await page.evaluate(() => void window.one.getStyle().setContent('#layer { marker-width: 3; }'));
  while (!recorder.requests.slice(next).some(({ kind }) => kind === 'tile')) await new Promise((resolve) => setTimeout(resolve, 1));
  measured['setContent to the new tile request'] = Date.now() - start;
  await close();
  return measured;
}

const browser = await launch();
const cost = { reference: await costs(browser, 'reference'), ours: await costs(browser, 'ours') };
console.log('Requests and bytes that a page sends (CARTO.js 4.2.2 → ours):');
for (const name of Object.keys(ACTIONS)) {
  const [before, now] = SIDES.map((side) => cost[side][name]);
  const kinds = KINDS.filter((kind) => before[kind] || now[kind]).map((kind) => `${kind} ${before[kind]} → ${now[kind]}`);
  console.log(`${name.padEnd(34)} ${kinds.join(', ')}; bytes ${before.bytes} → ${now.bytes}`);
}
const runs = { reference: [], ours: [] };
for (let run = 0; run < RUNS; run++) for (const side of run % 2 ? [...SIDES].reverse() : SIDES) runs[side].push(await times(browser, side));
await browser.close();
const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
console.log(`\nTimes, medians of ${RUNS} alternating runs:`);
for (const name of Object.keys(runs.ours[0])) {
  const [before, now] = SIDES.map((side) => median(runs[side].map((run) => run[name])));
  console.log(`${name.padEnd(38)} ${before.toFixed(0)} ms → ${now.toFixed(0)} ms, ratio ${(now / before).toFixed(2)}`);
}
