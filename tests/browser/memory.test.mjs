// What a page lets go of is collected, on both sides of the boundary, without a word to the library.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Answers, pageFor } from './answers.mjs';
import { launch } from './chromium.mjs';

describe('memory', { timeout: 120_000 }, () => {
  let answers, browser, page;

  before(async () => {
    answers = await Answers.start();
    browser = await launch(['--js-flags=--expose-gc']);
    ({ page } = await pageFor(browser, answers));
    await page.evaluate(() => {
      /** Collects until `left` things are alive at most, or nothing changes any more; gives what is alive. */
      window.collected = async (refs, left = 0) => {
        for (let round = 0; round < 40; round++) {
          await window.wait(10);
          window.gc();
          if (refs.filter((ref) => ref.deref()).length <= left) break;
        }
        return refs.filter((ref) => ref.deref()).map((ref) => ref.deref().constructor.name);
      };
    });
  });
  afterEach(() => answers.reset());
  after(async () => {
    await browser?.close();
    answers?.stop();
  });

  // The engine may keep the last round in a register or on the stack of a finished function.
  const FEW = 10;

  const SCENARIOS = {
    'clients that never asked': () => {
      const [client, layer] = [window.makeClient(), window.makeLayer()];
      return [client, layer, layer.getSource(), layer.getStyle()];
    },
    'clients with layers that are on their map': async () => {
      const [client, layer] = [window.makeClient(), window.makeLayer()];
      await client.addLayer(layer);
      return [client, layer, layer.getSource(), layer.getStyle()];
    },
    'clients that are dropped while they ask': () => {
      const [client, layer] = [window.makeClient(), window.makeLayer()];
      client.addLayer(layer);
      return [client, layer, layer.getSource()];
    },
    'clients that were refused': async () => {
      const client = window.makeClient({ username: 'refused' });
      const layer = window.makeLayer();
      await client.addLayer(layer).catch(() => {});
      return [client, layer];
    },
    'listeners that close over their own object and over others': async () => {
      const [client, layer] = [window.makeClient(), window.makeLayer()];
      const formula = new carto.dataview.Formula(layer.getSource(), 'a');
      const heavy = { payload: new Array(1000).fill(layer) };
      client.on('success error', () => heavy.payload.push(client));
      layer.on('all', () => layer.listenTo(client, 'success', () => heavy));
      formula.on('dataChanged', () => client.getDataviews());
      client.listenTo(formula, 'statusChanged', () => layer);
      layer.getSource().on('error', () => formula);
      await Promise.all([client.addLayer(layer), client.addDataview(formula)]);
      await window.until(() => formula.isLoaded());
      return [client, layer, formula, heavy];
    },
    'clients whose native layer was on a map that stays': async () => {
      const [client, layer] = [window.makeClient(), window.makeLayer('a', { featureClickColumns: ['name'] })];
      const native = client.getLeafletLayer().addTo(window.map);
      await client.addLayer(layer);
      const latlng = L.latLng(10, 10);
      const over = new Promise((resolve) => layer.once('featureOver', resolve));
      window.map.fire('mousemove', { latlng, containerPoint: L.point(1, 1), layerPoint: L.point(1, 1) });
      await over;
      native.remove();
      return [client, layer, native];
    },
    'dataviews that were taken from a filter that stays': async () => {
      const client = window.makeClient();
      const formula = new carto.dataview.Formula(new carto.source.SQL('SELECT 1'), 'a');
      formula.addFilter(window.box);
      await client.addDataview(formula);
      await window.until(() => formula.isLoaded());
      formula.removeFilter(window.box);
      return [client, formula];
    },
    'layers and dataviews that a client which stays has given back': async () => {
      const layer = window.makeLayer();
      const formula = new carto.dataview.Formula(new carto.source.SQL('SELECT 1'), 'a');
      await Promise.all([window.staying.addLayer(layer), window.staying.addDataview(formula)]);
      await Promise.all([window.staying.removeLayer(layer), window.staying.removeDataview(formula)]);
      return [layer, formula];
    },
  };

  for (const [what, scenario] of Object.entries(SCENARIOS)) {
    test(what, async () => {
      answers.instead = ({ pathname }) => (pathname.includes('refused') ? { status: 401, body: { errors: ['Unauthorized'] } } : undefined);
      const { made, alive } = await page.evaluate(
        async ({ text, rounds }) => {
          window.box = new carto.filter.BoundingBox().setBounds({ west: 0, south: 0, east: 1, north: 1 });
          window.staying = window.makeClient();
          window.map = L.map('map', { fadeAnimation: false, zoomAnimation: false }).setView([0, 0], 2);
          const round = new Function(`return (${text})`)();
          const refs = [];
          for (let count = 0; count < rounds; count++) refs.push(...(await round()).map((object) => new WeakRef(object)));
          await window.wait(300);
          const alive = await window.collected(refs, 8);
          window.map.remove();
          return { made: refs.length, alive };
        },
        { text: String(scenario), rounds: /map that stays/.test(what) ? 60 : 200 },
      );
      assert.ok(made >= 180, `${made} objects were made`);
      assert.ok(alive.length <= FEW, `${alive.length} of ${made} are still there: ${[...new Set(alive)]}`);
    });
  }

  test('what the page still holds works as before', async () => {
    const told = await page.evaluate(async () => {
      // Only the layer is kept: it must keep nothing alive, and still tell.
      const layer = window.makeLayer('kept');
      await (async () => { await window.makeClient().addLayer(layer); })();
      await window.collected([new WeakRef({})]);
      const told = [];
      layer.on('visibilityChanged', (visible) => told.push(visible));
      layer.hide().show();
      layer.getSource().on('queryChanged', (query) => told.push(query));
      await layer.getSource().setQuery('SELECT 7');
      return told;
    });
    assert.deepEqual(told, [false, true, 'SELECT 7']);
  });

  test('promises and listeners outlive the objects that the page has dropped', async () => {
    const told = await page.evaluate(async () => {
      const told = [];
      const promise = (() => {
        const client = window.makeClient();
        client.on('success', () => told.push('success'));
        return client.addLayer(window.makeLayer());
      })();
      window.gc();
      await promise;
      told.push('settled');
      const data = new Promise((resolve) => {
        const formula = new carto.dataview.Formula(new carto.source.SQL('SELECT 1'), 'a');
        formula.on('dataChanged', resolve);
        window.makeClient().addDataview(formula);
      });
      for (let round = 0; round < 5; round++) { await window.wait(1); window.gc(); }
      told.push(typeof (await data).result);
      return told;
    });
    assert.deepEqual(told, ['success', 'settled', 'number']);
  });

  test('the memory of the module does not grow with what is gone', async () => {
    const sizes = await page.evaluate(async () => {
      // The module is started again with its memory in sight.
      const { Instance } = WebAssembly;
      let memory;
      WebAssembly.Instance = class extends Instance {
        constructor(module, imports) {
          super(module, imports);
          memory = Object.values(this.exports).find((exported) => exported instanceof WebAssembly.Memory);
        }
      };
      const script = document.createElement('script');
      script.src = '/pkg/carto.js';
      const loaded = new Promise((resolve) => (script.onload = resolve));
      document.head.append(script);
      await loaded;
      WebAssembly.Instance = Instance;
      const sizes = [];
      for (let round = 0; round < 5; round++) {
        for (let count = 0; count < 200; count++) {
          const [client, layer] = [window.makeClient(), window.makeLayer('a', { featureClickColumns: ['x'.repeat(2_000)] })];
          const category = new carto.dataview.Category(layer.getSource(), 'a');
          const added = Promise.all([client.addLayer(layer), client.addDataview(category)]);
          if (count % 30 === 0) await added;
        }
        for (let times = 0; times < 10; times++) { await window.wait(20); window.gc(); }
        sizes.push(memory.buffer.byteLength);
      }
      return sizes;
    });
    assert.ok(sizes[0] > 100_000, `${sizes}`);
    assert.ok(sizes[4] <= sizes[1] * 1.2, `bytes after each round: ${sizes}`);
  });
});
