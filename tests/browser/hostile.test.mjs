// Whatever pages pass and servers answer: errors, never a trap, never a promise that hangs, and everything works afterwards.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Answers, pageFor } from './answers.mjs';
import { launch } from './browser.mjs';

const nested = (levels, open, close) => open.repeat(levels) + close.repeat(levels);
// Values of every type in the place of any part of an answer.
const ODD = [null, true, -1, 1e308, 0.5, '', 'text', '\u0000\ud800', [], [[]], [null], {}, { a: {} }, 'x'.repeat(100_000)];

describe('hostile', { timeout: 240_000 }, () => {
  let answers, browser, page, seen;

  before(async () => {
    answers = await Answers.start();
    browser = await launch();
    ({ page, seen } = await pageFor(browser, answers));
    await page.evaluate(() => {
      window.traps = [];
      /** Tells whether an error is one that pages may see. */
      window.fair = (error, own) => error instanceof Error && !(error instanceof WebAssembly.RuntimeError) && (error === own || !/unreachable|memory access|recursive use|null pointer|table index/.test(error.message));
      window.works = async () => {
        const client = window.makeClient();
        const formula = new carto.dataview.Formula(new carto.source.SQL('SELECT 1'), 'a');
        const data = new Promise((resolve) => formula.once('dataChanged', resolve));
        await Promise.all([client.addLayer(window.makeLayer()), client.addDataview(formula)]);
        return typeof (await data).result === 'number' && client.getLayers().length === 1;
      };
    });
  });
  afterEach(async () => {
    answers.reset();
    assert.equal(await page.evaluate(() => window.works()), true, 'the library works afterwards');
    answers.reset();
  });
  after(async () => {
    await browser?.close();
    answers?.stop();
  });

  test('arguments of every type, in every place of every call', async () => {
    const { calls, unfair } = await page.evaluate(async () => {
      const own = new RangeError('of the page');
      const cyclic = { list: [] };
      cyclic.list.push(cyclic);
      let deep = {};
      for (let level = 0; level < 5_000; level++) deep = { columns: deep };
      const refusing = () => { throw own; };
      const handler = Object.fromEntries(['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'set'].map((name) => [name, refusing]));
      const revoked = Proxy.revocable({}, {});
      revoked.revoke();
      const odd = [undefined, null, true, NaN, -0, -1, 2 ** 32, 2 ** 53, 1e300, Infinity, '', ' ', 'x'.repeat(3e5), '\ud800', '\0', Symbol('s'), 10n, [], [[]],
        [undefined], [null, 'a', 1], new Array(5), {}, Object.create(null), cyclic, deep, new Proxy({}, handler), new Proxy([], handler), revoked.proxy, refusing,
        class {}, new Date(NaN), new Map(), new Set([1]), new WeakMap(), /x/, new Error('e'), document.body, new ArrayBuffer(8), new Uint8Array(3),
        Promise.resolve(1), { toString: refusing }, { valueOf: refusing }, { get apiKey() { throw own; } }, { length: 2 ** 31 },
        // Whatever these are asked for, they have it.
        ...[() => 7, () => ({}), () => null, () => new Proxy({}, {}), () => window.makeClient(), () => new carto.filter.BoundingBox(), refusing]
          .map((answer) => new Proxy({}, { get: (_, name) => (name === 'then' || name === Symbol.toPrimitive ? undefined : answer) })),
        { free: 1 }, carto.Client, carto.Client.prototype, carto.layer.Layer.prototype,
        Object.create(carto.source.SQL.prototype), new String('SELECT 1'), new Number(3), document.createElement('iframe')];
      const source = () => new carto.source.Dataset('t');
      const style = () => new carto.style.CartoCSS('#l {}');
      const objects = () => ({
        client: window.makeClient(), sql: new carto.source.SQL('SELECT 1'), table: source(), style: style(), layer: new carto.layer.Layer(source(), style()),
        formula: new carto.dataview.Formula(source(), 'a'), category: new carto.dataview.Category(source(), 'a'), box: new carto.filter.BoundingBox(),
      });
      const classes = { Client: carto.Client, ...carto.source, ...carto.style, Layer: carto.layer.Layer, Formula: carto.dataview.Formula, Category: carto.dataview.Category,
        ...carto.filter, CartoError: carto.CartoError };
      let calls = 0;
      const unfair = [];
      const attempt = (what, call) => {
        calls++;
        const wrong = (error) => { if (!window.fair(error, own)) unfair.push(`${what}: ${typeof error === 'object' ? error?.stack ?? error : String(error)}`); };
        try {
          const result = call();
          if (result instanceof Promise) result.then(() => {}, wrong);
        } catch (error) {
          wrong(error);
        }
      };
      // Listeners are called later, so what a listener throws is the page's.
      const silent = (event) => event.preventDefault();
      window.addEventListener('error', silent);
      const events = 'on off once trigger listenTo listenToOnce stopListening bind unbind';
      const dataviews = 'getStatus isLoading enable disable isEnabled getSource getColumn setColumn getOperation setOperation addFilter removeFilter hasFilter getData';
      const methods = {
        client: 'addLayer addLayers removeLayer removeLayers moveLayer getLayers addDataview addDataviews removeDataview getDataviews getLeafletLayer',
        sql: 'getId getQuery setQuery',
        table: 'getId getTableName setTableName',
        style: 'getContent setContent',
        layer: 'getId getSource setSource getStyle setStyle getFeatureClickColumns setFeatureClickColumns getFeatureOverColumns setFeatureOverColumns hide show toggle isVisible setOrder bringToBack bringToFront',
        formula: dataviews,
        category: `${dataviews} getLimit setLimit getOperationColumn setOperationColumn`,
        box: 'setBounds resetBounds getBounds',
      };
      for (const [index, value] of odd.entries()) {
        for (const [name, Class] of Object.entries(classes)) {
          attempt(`${name} 1 ${index}`, () => new Class(value));
          attempt(`${name} 2 ${index}`, () => new Class(source(), value));
          attempt(`${name} 3 ${index}`, () => new Class(source(), style(), value));
          attempt(`${name} 4 ${index}`, () => new Class(source(), 'a', value));
          attempt(`${name} call ${index}`, () => Class(value));
        }
        for (const option of ['apiKey', 'username', 'serverUrl', 'timeout', 'maxUrlLength'])
          attempt(`${option} ${index}`, () => new carto.Client({ ...window.settings, [option]: value }));
        for (const option of ['id', 'featureClickColumns', 'featureOverColumns', 'visible', 'aggregation', 'minzoom', 'maxzoom'])
          attempt(`${option} ${index}`, () => window.makeClient().addLayer(new carto.layer.Layer(source(), style(), { [option]: value })));
        for (const option of ['limit', 'operation', 'operationColumn'])
          attempt(`${option} ${index}`, () => window.makeClient().addDataview(new carto.dataview.Category(source(), 'a', { [option]: value })));
        const made = objects();
        for (const [kind, object] of Object.entries(made))
          for (const name of `${methods[kind]} ${events}`.split(' ')) {
            attempt(`${kind}.${name} 1 ${index}`, () => object[name](value));
            attempt(`${kind}.${name} 2 ${index}`, () => object[name](made.layer, value));
            attempt(`${kind}.${name} 3 ${index}`, () => object[name](value, value, value));
          }
        await window.wait();
        if (unfair.length) break;
      }
      await window.wait(200);
      window.removeEventListener('error', silent);
      return { calls, unfair: unfair.map((line) => line.slice(0, 400)).slice(0, 9) };
    });
    assert.deepEqual(unfair, []);
    assert.ok(calls > 15_000, `${calls} calls`);
    // Listeners that are no functions to be called are the page's own trouble.
    assert.deepEqual(seen.errors.filter((error) => /RuntimeError|unreachable|out of bounds/.test(error)), []);
    seen.errors.length = 0;
  });

  test('objects that the page freed by hand', async () => {
    const outcome = await page.evaluate(async () => {
      const source = () => new carto.source.SQL('SELECT 1');
      const [client, layer, formula, box, used] = [window.makeClient(), window.makeLayer('a'), new carto.dataview.Formula(source(), 'a'), new carto.filter.BoundingBox(), source()];
      const added = Promise.all([client.addLayer(layer), client.addDataview(formula), client.addLayer(new carto.layer.Layer(used, new carto.style.CartoCSS('#l {}')))]);
      const freed = [client, layer, formula, box, used].map((object) => typeof object.free === 'function' && (object.free(), true));
      const calls = [() => client.addLayer(layer), () => window.makeClient().addLayer(layer), () => layer.hide(), () => layer.setSource(source()), () => formula.getData(),
        () => formula.addFilter(box), () => box.setBounds({ west: 0, south: 0, east: 1, north: 1 }), () => used.setQuery('SELECT 2'), () => layer.getId(),
        () => new carto.layer.Layer(used, new carto.style.CartoCSS('#l {}')), () => client.moveLayer(layer, 0), () => window.makeClient().addDataview(formula), () => layer.free?.()];
      const bad = [];
      for (const call of calls) {
        try { await call(); } catch (error) { if (!(error instanceof Error) || error instanceof WebAssembly.RuntimeError) bad.push(`${call}: ${error}`); }
      }
      const settled = await Promise.race([added.then(() => true, () => true), window.wait(30_000)]);
      return { freed: freed.length, bad, settled };
    });
    assert.deepEqual(outcome, { freed: 5, bad: [], settled: true });
    seen.errors.length = 0;
  });

  /** Puts each body in the place of an answer and tells how the promise, the dataview and the events came out. */
  async function outcomes(kind, bodies) {
    const results = [];
    for (const body of bodies) {
      answers.reset();
      answers.instead = (request) => (request.kind === kind ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : undefined);
      results.push(
        await page.evaluate(async () => {
          const client = window.makeClient({ timeout: 30_000 });
          const layer = window.makeLayer('a', { featureClickColumns: ['name'] });
          const category = new carto.dataview.Category(layer.getSource(), 'a');
          let failure = null;
          category.on('error', (error) => (failure = error.reason ?? error.errorCode));
          const settled = Promise.all([client.addLayer(layer), client.addDataview(category)]).then(
            () => 'ok',
            (error) => (error instanceof carto.CartoError ? error.reason ?? error.errorCode : `unfair ${error}`),
          );
          const result = await Promise.race([settled, window.wait(40_000).then(() => 'hangs')]);
          if (result === 'ok') await window.until(() => !category.isLoading());
          const data = category.getData();
          return { result, failure, status: category.getStatus(), categories: Array.isArray(data?.categories) };
        }),
      );
    }
    return results;
  }

  const GROUP = { layergroupid: 'g:1' };
  const BROKEN = ['', ' ', '{', '{"layergroupid":', 'null', '"text"', 'NaN', '<!doctype html>', nested(5_000, '[', ']'), nested(5_000, '{"a":', '}').replace('}', '1}'),
    `{"layergroupid":"g","metadata":${nested(5_000, '[', ']')}}`, '\u0000', '[1,]', "{'layergroupid':'g'}", '{"layergroupid":"g"}x'];

  test('answers to map requests that are no maps', async () => {
    const results = await outcomes('map', [...BROKEN, ...ODD, ...ODD.filter((value) => typeof value !== 'string').map((layergroupid) => ({ layergroupid }))]);
    for (const [index, { result }] of results.entries()) assert.match(result, /^(not-json|not-maps-api)$/, `answer ${index}`);
  });

  test('maps of which parts have the wrong types', async () => {
    const parts = ODD.flatMap((value) => [
      { ...GROUP, metadata: value }, { ...GROUP, cdn_url: value }, { ...GROUP, metadata: { layers: value, dataviews: value, analyses: value } },
      { ...GROUP, metadata: { layers: [value, { type: value, id: value, meta: value }] } },
      { ...GROUP, metadata: { dataviews: { 'category-c1': value, x: { url: value }, y: { url: { http: value, https: value } } } } },
      { ...GROUP, cdn_url: { http: value, https: value, templates: { http: { url: value, subdomains: value }, https: value } } },
    ]);
    const results = await outcomes('map', parts);
    for (const [index, { result }] of results.entries()) assert.equal(result, 'ok', `answer ${index}: ${JSON.stringify(parts[index]).slice(0, 200)}`);
  });

  test('refusals of which parts have the wrong types', async () => {
    const refusals = ODD.flatMap((value) => [
      { errors: value }, { errors: [value] }, { errors_with_context: [value] }, { errors: ['a'], errors_with_context: value },
      { errors_with_context: [{ type: value, subtype: value, message: value, context: value }] },
      { errors_with_context: [{ type: 'layer', message: value, layer: value }, { type: 'analysis', message: value, analysis: { id: value, node_id: value, context: value } }] },
    ]);
    const results = await outcomes('map', refusals);
    for (const [index, { result }] of results.entries()) {
      assert.ok(!/^(ok|hangs|unfair)/.test(result), `refusal ${index} gave ${result}: ${JSON.stringify(refusals[index]).slice(0, 200)}`);
    }
  });

  test('answers to dataviews', async () => {
    const broken = await outcomes('dataview', BROKEN);
    for (const [index, { result, failure, status }] of broken.entries()) {
      if (index === 4 || index === 5) continue;
      assert.deepEqual([result, failure, status], ['ok', 'not-json', 'error'], `answer ${index}`);
    }
    const odd = ODD.flatMap((value) => [value, { categories: value, count: value, nulls: value }, { categories: [value, { category: value, value, agg: value }] }]);
    for (const [index, { result, status, categories }] of (await outcomes('dataview', odd)).entries()) {
      assert.equal(result, 'ok');
      assert.match(status, /^(loaded|error)$/, `answer ${index}`);
      assert.ok(categories, `answer ${index}: pages loop over the categories`);
    }
  });

  test('grids', async () => {
    const rows = (row) => ({ grid: Array(64).fill(row), keys: ['', '1'], data: { 1: { name: 'x' } } });
    const grids = [...BROKEN, ...ODD, ...ODD.map((value) => ({ grid: value, keys: value, data: value })), ...ODD.map((value) => rows(value)), rows(''), rows('"'.repeat(63)),
      rows('\uffff'.repeat(64)), rows('\ud83d\ude00'.repeat(64)), { ...rows('!'.repeat(64)), keys: [] }, { ...rows('!'.repeat(64)), data: [] },
      ...ODD.map((value) => ({ ...rows('!'.repeat(64)), keys: ['', value] })), ...ODD.map((value) => ({ ...rows('!'.repeat(64)), data: { 1: value } })),
      { ...rows('!'.repeat(64)), data: { 1: JSON.parse(nested(99, '[', ']')) } }];
    let asked = 0;
    answers.instead = ({ kind }) => {
      if (kind !== 'grid') return undefined;
      const body = grids[asked++ % grids.length];
      return { body: typeof body === 'string' ? body : JSON.stringify(body) };
    };
    const told = await page.evaluate(async (count) => {
      let told = 0;
      const map = L.map('map', { fadeAnimation: false, zoomAnimation: false }).setView([0, 0], 2);
      for (let round = 0; round < count; round++) {
        const client = window.makeClient();
        const layer = window.makeLayer('a', { featureClickColumns: ['name'] });
        for (const event of ['featureOver', 'featureOut', 'featureClicked']) layer.on(event, () => told++);
        const native = client.getLeafletLayer().addTo(map);
        await client.addLayer(layer);
        const latlng = L.latLng(10, 10);
        const before = told;
        map.fire('mousemove', { latlng, containerPoint: map.latLngToContainerPoint(latlng), layerPoint: map.latLngToLayerPoint(latlng) });
        // A grid that cannot be read tells nothing; the others tell over or out.
        await Promise.race([window.until(() => told > before), window.wait(60)]);
        map.fire('click', { latlng, containerPoint: map.latLngToContainerPoint(latlng), layerPoint: map.latLngToLayerPoint(latlng) });
        native.remove();
      }
      map.remove();
      return told;
    }, grids.length);
    assert.equal(asked >= grids.length, true, `${asked} of ${grids.length} grids were asked for`);
    assert.ok(told > 20, `${told} events`);
  });

  test('nothing of all that reached the console', () => {
    assert.deepEqual(seen.errors, []);
    assert.deepEqual(seen.console, []);
  });
});
