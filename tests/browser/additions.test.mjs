// What CARTO.js never had: an end of a client, waiting that can be ended, and all features under a click.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, afterEach, before, describe, test } from 'node:test';
import { Answers, pageFor } from './answers.mjs';
import { launch, watchedPage } from './browser.mjs';

describe('additions', { timeout: 240_000 }, () => {
  let answers, browser, page, seen;

  before(async () => {
    answers = await Answers.start();
    browser = await launch();
    ({ page, seen } = await pageFor(browser, answers));
    await page.evaluate(() => {
      window.outcome = (promise) => promise.then((value) => ['resolved', value], (error) => ['rejected', error.name, error.reason ?? error.message]);
      window.makeMap = () => L.map('map', { fadeAnimation: false, zoomAnimation: false }).setView([0, 0], 2);
    });
  });
  afterEach(() => {
    answers.reset();
    seen.console.length = 0;
  });
  after(async () => {
    await browser?.close();
    answers?.stop();
  });

  test('dispose aborts, rejects, takes the layer off the map and lets everything go', async () => {
    answers.instead = ({ kind, config }) => (kind === 'map' && config.layers.length === 2 ? null : undefined);
    const log = await page.evaluate(async () => {
      const map = window.makeMap();
      const client = window.makeClient();
      const [one, two] = [window.makeLayer('one'), window.makeLayer('two')];
      const formula = new carto.dataview.Formula(one.getSource(), 'a');
      const told = [];
      client.on('all', (name) => told.push(name));
      const native = client.getLeafletLayer().addTo(map);
      await client.addLayer(one);
      await client.addDataview(formula);
      const waiting = window.outcome(client.addLayer(two));
      await window.wait(150);
      client.dispose();
      client.dispose();
      const ended = await waiting;
      const refused = [];
      for (const call of [() => client.addLayer(one), () => client.addDataview(formula)]) {
        try {
          call();
        } catch (error) {
          refused.push(error.message);
        }
      }
      const empty = [client.getLayers().length, client.getDataviews().length, formula.getData()];
      // Everything can go on in another client.
      const other = window.makeClient();
      await other.addLayer(one);
      await other.addDataview(formula);
      await window.until(() => formula.isLoaded());
      const after = [other.getLayers()[0] === one, map.hasLayer(native), await window.outcome(client.removeLayer(one))];
      map.remove();
      return { ended, refused, empty, after, told };
    });
    const disposed = 'The client was disposed of.';
    assert.deepEqual(log, {
      ended: ['rejected', 'CartoError', 'disposed'],
      refused: [disposed, disposed],
      empty: [0, 0, null],
      after: [true, false, ['rejected', 'CartoError', 'disposed']],
      told: ['success', 'success'],
    });
    assert.ok(answers.of('map').some(({ config, closed }) => config.layers.length === 2 && closed), 'the request under way is aborted');
  });

  test('a bounding box lets go of its map, for good or until a client needs it again', async () => {
    const log = await page.evaluate(async () => {
      const map = window.makeMap();
      const listeners = () => (map._events.move ?? []).length + (map._events.zoom ?? []).length;
      const before = listeners();
      const box = new carto.filter.BoundingBoxLeaflet(map);
      const [client, other] = [window.makeClient(), window.makeClient()];
      const source = new carto.source.Dataset('t');
      const view = () => new carto.dataview.Formula(source, 'a').addFilter(box);
      const [one, two] = [view(), view()];
      const steps = [];
      const step = (name) => steps.push(`${name}: ${listeners() - before}`);
      step('made');
      await client.addDataview(one);
      await other.addDataview(two);
      client.dispose();
      step('another client needs it');
      other.dispose();
      step('nobody needs it');
      map.setView([0, 40], 2);
      await window.wait(700);
      const still = box.getBounds();
      await window.makeClient().addDataview(one);
      step('needed again');
      const bounds = box.getBounds();
      map.setView([0, 80], 2);
      box.dispose();
      box.dispose();
      if (Symbol.dispose) box[Symbol.dispose]();
      step('disposed of');
      await window.wait(700);
      one.removeFilter(box).addFilter(box);
      step('for good');
      const last = box.getBounds();
      map.remove();
      return { steps, moved: Math.round(bounds.west - still.west), last: last.west - bounds.west };
    });
    assert.deepEqual(log, {
      steps: ['made: 2', 'another client needs it: 2', 'nobody needs it: 0', 'needed again: 2', 'disposed of: 0', 'for good: 0'],
      moved: 40,
      last: 0,
    });
  });

  test('a client is disposed of by its symbol, as `using` does', async () => {
    const [same, refused] = await page.evaluate(async () => {
      const client = window.makeClient();
      const same = Symbol.dispose === undefined || client[Symbol.dispose] === client.dispose;
      if (Symbol.dispose) client[Symbol.dispose]();
      else client.dispose();
      return [same, await window.outcome(client.removeLayers([]))];
    });
    assert.deepEqual([same, refused], [true, ['rejected', 'CartoError', 'disposed']]);
  });

  test('a signal ends the waiting of everything that gives a promise, and nothing else', async () => {
    const log = await page.evaluate(async () => {
      const client = window.makeClient();
      const layer = window.makeLayer('one', { featureClickColumns: ['a'] });
      const source = layer.getSource();
      const dataset = new carto.source.Dataset('t');
      const style = layer.getStyle();
      const formula = new carto.dataview.Formula(source, 'a');
      const aborted = AbortSignal.abort(new Error('too late'));
      // Aborted before: nothing is changed.
      const before = [await window.outcome(client.addLayer(layer, { signal: aborted })), client.getLayers().length];
      await client.addLayer(layer, { signal: new AbortController().signal });
      const calls = {
        addLayer: (options) => client.addLayer(window.makeLayer(), options),
        addLayers: (options) => client.addLayers([window.makeLayer()], options),
        moveLayer: (options) => client.moveLayer(layer, 1, options),
        removeLayer: (options) => client.removeLayer(client.getLayers()[2], options),
        removeLayers: (options) => client.removeLayers([client.getLayers()[1]], options),
        addDataview: (options) => client.addDataview(formula, options),
        addDataviews: (options) => client.addDataviews([], options),
        removeDataview: (options) => client.removeDataview(formula, options),
        setQuery: (options) => source.setQuery('SELECT 5', options),
        setContent: (options) => style.setContent('#l { marker-width: 9; }', options),
        setSource: (options) => layer.setSource(dataset, options),
        setTableName: (options) => dataset.setTableName('u', options),
        setStyle: (options) => layer.setStyle(new carto.style.CartoCSS('#n {}'), options),
        setFeatureClickColumns: (options) => layer.setFeatureClickColumns(['b'], options),
        setFeatureOverColumns: (options) => layer.setFeatureOverColumns(['c'], options),
        setOrder: (options) => layer.setOrder(0, options),
      };
      const outcomes = {};
      for (const [name, call] of Object.entries(calls)) {
        const controller = new AbortController();
        const done = window.outcome(call({ signal: controller.signal }));
        controller.abort(new Error(`no ${name}`));
        outcomes[name] = await done;
      }
      await window.wait(400);
      return { before, outcomes, now: [source.getQuery(), style.getContent(), layer.getFeatureClickColumns(), layer.getSource() === dataset] };
    });
    assert.deepEqual(log.before, [['rejected', 'Error', 'too late'], 0]);
    for (const [name, outcome] of Object.entries(log.outcomes)) {
      // What is settled already does not wait: the layer is at the bottom.
      if (name !== 'setOrder') assert.deepEqual(outcome, ['rejected', 'Error', `no ${name}`]);
    }
    assert.deepEqual(log.now, ['SELECT 5', '#l { marker-width: 9; }', ['b'], true], 'what was changed stays changed');
  });

  test('no rejection is left to nobody that a page could not have handled', async () => {
    answers.instead = ({ kind }) => (kind === 'map' ? { status: 400, body: { errors: ['syntax error at or near "x"'] } } : undefined);
    seen.errors.length = 0;
    await page.evaluate(async () => {
      const client = window.makeClient();
      const layer = window.makeLayer('one');
      await client.addLayer(layer).catch(() => {});
      await layer.setStyle(new carto.style.CartoCSS('#n {}')).catch(() => {});
      const signal = AbortSignal.timeout(1);
      await layer.getSource().setQuery('SELECT 1', { signal }).catch(() => {});
      // These have no promise to handle.
      layer.getSource().addFilter(new carto.filter.Category('a', { eq: 'b' }));
      layer.getSource().getFilters()[0].set('eq', 'c');
      client.addDataview(new carto.dataview.Formula(layer.getSource(), 'a')).catch(() => {});
      await window.wait(300);
    });
    assert.deepEqual(seen.errors, []);
  });

  test('a click tells the features of all layers, bottom first, once all grids are there', async () => {
    answers.instead = ({ kind, pathname }) => (kind === 'grid' && pathname.split('/').at(-4) === '2' ? { status: 400, body: { errors: ['no'] } } : undefined);
    const log = await page.evaluate(async () => {
      const map = window.makeMap();
      const client = window.makeClient();
      const layers = ['low', 'middle', 'broken', 'mute'].map((id) => window.makeLayer(id, id === 'mute' ? {} : { featureClickColumns: ['name'] }));
      const log = [];
      client.on('featuresClicked', ({ features, latLng, position }) =>
        log.push([features.map(({ layer, data }) => [layer.getId(), data.name, layer === layers[layer.getId() === 'low' ? 0 : 1]]), Math.round(latLng.lat), Math.round(latLng.lng), typeof position.x]));
      client.getLeafletLayer().addTo(map);
      await client.addLayers(layers);
      const click = (lat, lng) => {
        const latlng = L.latLng(lat, lng);
        map.fire('click', { latlng, containerPoint: map.latLngToContainerPoint(latlng), layerPoint: map.latLngToLayerPoint(latlng) });
      };
      click(10, 10);
      await window.until(() => log.length === 1);
      click(10, 80);
      layers[1].hide();
      click(10, 10);
      await window.until(() => log.length === 3);
      map.remove();
      return log;
    });
    assert.deepEqual(log, [
      [[['low', 'Here', true], ['middle', 'Here', true]], 10, 10, 'number'],
      [[], 10, 80, 'number'],
      [[['low', 'Here', true]], 10, 10, 'number'],
    ]);
  });

  test('tiles on Google Maps that failed come when the server is back, if they are still on the page', async () => {
    let isDown = true;
    answers.instead = ({ kind }) =>
      kind === 'map' ? { body: { layergroupid: 'google:1', metadata: { layers: [{ type: 'mapnik', id: 'layer0' }] } } } : kind === 'tile' && isDown ? { status: 502, body: 'down' } : undefined;
    await page.addScriptTag({ content: await readFile(new URL('../parity/google-maps.js', import.meta.url), 'utf8') });
    await page.evaluate(async () => {
      const client = window.makeClient();
      const map = new window.google.maps.Map(document.createElement('div'), { center: { lat: 0, lng: 0 }, zoom: 2 });
      const type = client.getGoogleMapsMapType(map);
      await client.addLayer(window.makeLayer());
      const told = [];
      client.on('error', ({ reason }) => told.push(reason)).on('success', () => told.push('success'));
      const tile = (x, y = 1) => type.getTile({ x, y }, 2, document);
      const shown = [tile(0), tile(1)];
      document.body.append(...shown, tile(0, -1));
      const gone = tile(2);
      window.google2 = { client, told, shown, gone, tile };
      await window.until(() => told.length === 3);
    });
    isDown = false;
    const result = await page.evaluate(async () => {
      const { client, told, shown, gone, tile } = window.google2;
      dispatchEvent(new Event('online'));
      await window.until(() => told.length === 4);
      const widths = [...shown, gone].map(({ naturalWidth }) => naturalWidth);
      const isNew = tile(2) !== gone;
      client.dispose();
      return { told, widths, isNew };
    });
    assert.deepEqual(result, { told: ['not-json', 'not-json', 'not-json', 'success'], widths: [1, 1, 0], isNew: true });
  });

  test('a tap counts as a click', async () => {
    const context = await browser.newContext({ hasTouch: true, viewport: { width: 900, height: 700 } });
    const touched = await context.newPage();
    await touched.goto(page.url());
    await touched.setContent(await page.evaluate(() => document.documentElement.outerHTML.replace(/<div id="map".*?<\/div>/s, '<div id="map" style="width:800px;height:600px"></div>')));
    await touched.waitForFunction(() => window.carto && window.L);
    await touched.evaluate(async (origin) => {
      const map = L.map('map', { fadeAnimation: false, zoomAnimation: false }).setView([0, 0], 2);
      const client = new carto.Client({ apiKey: 'default_public', username: 'u', serverUrl: `${origin}/user/{username}` });
      const layer = new carto.layer.Layer(new carto.source.SQL('SELECT 1'), new carto.style.CartoCSS('#l {}'), { featureClickColumns: ['name'] });
      window.told = [];
      layer.on('featureClicked', ({ data }) => window.told.push(['layer', data.name]));
      client.on('featuresClicked', ({ features }) => window.told.push(['client', features.length]));
      client.getLeafletLayer().addTo(map);
      await client.addLayer(layer);
    }, answers.origin);
    const box = await touched.locator('#map').boundingBox();
    await touched.touchscreen.tap(box.x + 430, box.y + 280);
    await touched.waitForFunction(() => window.told.length === 2);
    assert.deepEqual((await touched.evaluate(() => window.told)).sort(), [['client', 1], ['layer', 'Here']]);
    await context.close();
  });

  test('changes in many turns are two requests at most, and those after a pause are sent at once', async () => {
    const changes = () => page.evaluate(async () => {
      const client = window.makeClient();
      const layer = window.makeLayer();
      await client.addLayer(layer);
      await window.wait(200);
      const done = [];
      const turns = [performance.now()];
      for (let width = 1; width <= 6; width++) {
        done.push(layer.getStyle().setContent(`#l { marker-width: ${width}; }`));
        await window.wait(10);
        turns.push(performance.now());
      }
      await Promise.all(done);
      await window.wait(200);
      const before = performance.now();
      await layer.getStyle().setContent('#l { marker-width: 20; }');
      return { longest: Math.max(...turns.slice(1).map((turn, index) => turn - turns[index])), took: performance.now() - before };
    });
    // On a busy machine a turn may be a pause, and an answer late: of some rounds one is quick.
    let [quickest, isCounted] = [Infinity, false];
    for (let round = 0; round < 20 && !(isCounted && quickest < 100); round++) {
      answers.requests.length = 0;
      const { longest, took } = await changes();
      quickest = Math.min(quickest, took);
      if (longest > 80) continue;
      isCounted = true;
      assert.equal(answers.of('map').length, 4, 'the first map, two for six changes, one for the last');
      assert.equal(answers.of('map')[2].config.layers[0].options.cartocss, '#l { marker-width: 6; }');
    }
    assert.ok(isCounted, 'there was a round without a pause');
    assert.ok(quickest < 100, `${quickest} ms until the answer to a change after a pause`);
  });

  test('a master key in a page on a public host is warned about once, without showing it', async () => {
    const script = await readFile(new URL('../../pkg/carto.js', import.meta.url), 'utf8');
    const key = '0123456789abcdef0123456789abcdef01234567';
    const warnings = async (origin, play) => {
      const { page: visited, seen: told } = await watchedPage(browser);
      await visited.route('**/*', (route) => route.fulfill({ contentType: 'text/html', body: '<!doctype html><link rel="icon" href="data:,">' }));
      await visited.goto(origin);
      await visited.addScriptTag({ content: script });
      await visited.evaluate(play, key);
      await visited.close();
      assert.deepEqual(told.errors, []);
      assert.ok(!told.console.join().includes(key), 'the key shows');
      return told.console.filter((line) => /warn.*master key/.test(line)).length;
    };
    const twice = (apiKey) => [new carto.Client({ apiKey, username: 'u' }), new carto.Client({ apiKey, username: 'u' })].length;
    assert.equal(await warnings('http://maps.example/', twice), 1);
    assert.equal(await warnings('http://localhost/', twice), 0);
    assert.equal(await warnings('http://maps.example/', (apiKey) => new carto.Client({ apiKey, username: 'u', allowMasterKey: true }).getLayers()), 0);
    assert.equal(await warnings('http://maps.example/', (apiKey) => new carto.Client({ apiKey: apiKey.slice(1), username: 'u' }).getLayers()), 0);
  });
});
