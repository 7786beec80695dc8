// The library by script tag and as a module, against the sandbox.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { blankPage, ENGINE, launch, PAGE, SERVER, watchedPage } from './browser.mjs';

const SETTINGS = { apiKey: 'default_public', username: 'demo', serverUrl: `${SERVER}/user/{username}` };
// What drives WebKit tells no requests.
const NEEDS_REQUESTS = { skip: ENGINE === 'webkit' && 'requests cannot be seen here' };

describe('the library', { timeout: 240_000 }, () => {
  let browser, page, seen;

  before(async () => {
    browser = await launch();
    ({ page, seen } = await blankPage(browser));
    await page.evaluate((settings) => {
      window.settings = settings;
      window.client = () => new carto.Client({ ...settings });
      window.cities = () => new carto.source.Dataset('cities');
      window.dots = () => new carto.style.CartoCSS('#l { marker-width: 6; marker-fill: #c00; }');
      window.layer = (options) => new carto.layer.Layer(window.cities(), window.dots(), options);
      window.caught = (call) => {
        try {
          call();
          return 'nothing';
        } catch (error) {
          return error instanceof carto.CartoError ? error.errorCode : `${error.constructor.name}: ${error.message}`;
        }
      };
    }, SETTINGS);
  });
  after(() => browser?.close());

  const maps = () => seen.requests.filter(({ url }) => url.includes('/api/v1/map?'));

  test('is complete on the line after its script tag, and is the only new global', async () => {
    assert.equal(await page.evaluate(() => window.there), 'function');
    const names = await page.evaluate(() => [carto.Client, carto.source.SQL, carto.layer.Layer, carto.CartoError].map((c) => c.name));
    assert.deepEqual(names, ['Client', 'SQL', 'Layer', 'CartoError']);
    assert.equal(await page.evaluate(() => 'Backbone' in window), false);
  });

  test('gives the page its own objects back', async () => {
    const same = await page.evaluate(() => {
      const client = window.client();
      const [a, b] = [window.layer(), window.layer()];
      const list = client.getLayers();
      client.addLayers([a, b]).catch(() => {});
      const added = list[0] === a && list[1] === b && client.getLayers() === list;
      client.moveLayer(a, 1).catch(() => {});
      const moved = list[0] === b && list[1] === a;
      client.removeLayer(b).catch(() => {});
      const dataview = new carto.dataview.Formula(a.getSource(), 'pop_max');
      client.addDataview(dataview).catch(() => {});
      return [added, moved, list.length === 1, a.getSource() instanceof carto.source.Dataset, a.getSource() === a.getSource(),
        a.hide() === a, a.show().isVisible(), dataview.disable() === dataview, client.getDataviews()[0] === dataview,
        client.on('x', () => {}) === client, a.constructor === carto.layer.Layer];
    });
    assert.deepEqual(same, same.map(() => true));
  });

  test('refuses wrong arguments with the codes of CARTO.js', async () => {
    const codes = await page.evaluate(() => {
      const { caught, client, layer, cities, dots } = window;
      const { SQL, Dataset } = carto.source;
      const Layer = carto.layer.Layer;
      return {
        'api-key-required': caught(() => new carto.Client({})),
        'api-key-required ': caught(() => new carto.Client()),
        'api-key-string': caught(() => new carto.Client({ apiKey: 5 })),
        'username-required': caught(() => new carto.Client({ apiKey: 'k' })),
        'non-valid-server-url': caught(() => new carto.Client({ apiKey: 'k', username: 'u', serverUrl: 'http://localhost/user/u' })),
        'non-matching-server-url': caught(() => new carto.Client({ apiKey: 'k', username: 'u', serverUrl: 'http://x.carto.com' })),
        'bad-layer-type': caught(() => client().addLayer({})),
        'bad-layer-type ': caught(() => client().addLayers(undefined)),
        'bad-layer-type  ': caught(() => client().addLayer(cities())),
        'duplicated-layer-id': caught(() => client().addLayers([layer({ id: 'x' }), layer({ id: 'x' })])),
        'index-number': caught(() => client().moveLayer(layer(), '0')),
        'index-out-of-range': caught(() => client().moveLayer(layer(), 0)),
        'query-required': caught(() => new SQL()),
        'query-string': caught(() => new SQL(42)),
        'no-dataset-name': caught(() => new Dataset()),
        'dataset-string': caught(() => new Dataset(null)),
        'dataset-required': caught(() => new Dataset('')),
        'required-css': caught(() => new carto.style.CartoCSS('')),
        'css-string': caught(() => new carto.style.CartoCSS({})),
        'non-valid-source': caught(() => new Layer('cities', dots())),
        'non-valid-style': caught(() => new Layer(cities(), cities())),
        'non-valid-columns': caught(() => layer().setFeatureClickColumns([1])),
        'wrong-interactivity-columns': caught(() => layer({ featureClickColumns: ['a'], aggregation: { columns: { b: {} } } })),
        'source-required': caught(() => new carto.dataview.Formula(undefined, 'a')),
        'column-required': caught(() => new carto.dataview.Formula(cities())),
        'formula-invalid-operation': caught(() => new carto.dataview.Formula(cities(), 'a', { operation: 'median' })),
        'category-limit-positive': caught(() => new carto.dataview.Category(cities(), 'a', { limit: 0 })),
        'filter-required': caught(() => new carto.dataview.Formula(cities(), 'a').addFilter({})),
        'invalid-bounds-object': caught(() => new carto.filter.BoundingBox().setBounds({ west: '1' })),
      };
    });
    for (const [code, found] of Object.entries(codes)) assert.ok(found.endsWith(`:${code.trim()}`), `${code}: ${found}`);
  });

  test('survives whatever a page passes', async () => {
    const outcome = await page.evaluate(async () => {
      const cyclic = {};
      cyclic.self = cyclic;
      const trap = new Proxy({}, { get: () => { throw new RangeError('trap'); } });
      const odd = [undefined, null, 0, NaN, -1, 1e300, '', 'x'.repeat(1e6), '\ud800', Symbol('s'), 10n, true, [], [[]], {}, cyclic, trap,
        () => {}, new Date(), new Map(), Object.create(null), document.body, new ArrayBuffer(8), Promise.resolve()];
      const calls = [];
      const { client, layer, cities, dots } = window;
      const targets = [carto.Client, carto.source.SQL, carto.source.Dataset, carto.style.CartoCSS, carto.filter.BoundingBoxLeaflet];
      for (const value of odd) {
        for (const Class of targets) calls.push(() => new Class(value));
        calls.push(() => new carto.Client({ apiKey: value, username: value, serverUrl: value, timeout: value }));
        calls.push(() => new carto.layer.Layer(value, value), () => new carto.layer.Layer(cities(), dots(), value));
        calls.push(() => layer({ id: value, featureClickColumns: value, aggregation: value, minzoom: value, visible: value }));
        calls.push(() => new carto.dataview.Formula(value, value, value), () => new carto.dataview.Category(cities(), 'a', { limit: value, operation: value }));
        for (const method of ['addLayer', 'addLayers', 'removeLayer', 'removeLayers', 'addDataview', 'addDataviews', 'removeDataview', 'on', 'off', 'trigger'])
          calls.push(() => client()[method](value));
        calls.push(() => client().moveLayer(value, value), () => client().moveLayer(layer(), value));
        for (const method of ['setSource', 'setStyle', 'setFeatureClickColumns', 'setOrder']) calls.push(() => layer()[method](value));
        calls.push(() => new carto.filter.BoundingBox().setBounds(value), () => new carto.dataview.Formula(cities(), 'a').addFilter(value));
        calls.push(() => cities().setTableName(value), () => dots().setContent(value));
      }
      const traps = [];
      for (const call of calls) {
        try {
          const result = call();
          if (result instanceof Promise) result.catch(() => {});
        } catch (error) {
          if (error instanceof WebAssembly.RuntimeError || !(error instanceof Error)) traps.push(`${call}: ${error}`);
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
      return { calls: calls.length, traps, works: new carto.source.SQL('SELECT 1').getQuery() };
    });
    assert.ok(outcome.calls > 600, `${outcome.calls} calls`);
    assert.deepEqual(outcome.traps, []);
    assert.equal(outcome.works, 'SELECT 1');
  });

  test('has the events of Backbone, and a listener that throws stops nobody', async () => {
    const log = await page.evaluate(async () => {
      const log = [];
      const reported = new Promise((resolve) => window.addEventListener('error', (event) => { event.preventDefault(); resolve(event.error.message); }, { once: true }));
      const source = window.cities();
      const other = window.dots();
      source.on('a', function (x) { log.push(['a', x, this === source]); });
      source.on('a b', function () { log.push(['ab', this === other]); }, other);
      source.once('a', () => log.push(['once']));
      source.on('a', () => { throw new Error('listener'); });
      source.on({ c: () => log.push(['c']) });
      source.on('all', (name, x) => log.push(['all', name, x]));
      other.listenTo(source, 'a', function () { log.push(['heard', this === other]); });
      source.trigger('a', 1).trigger('c');
      other.stopListening();
      source.off('a b', null, other).off('all').unbind('nothing');
      source.bind('late', () => log.push(['late']));
      source.on('grow', () => source.on('grow', () => log.push(['grown'])));
      source.trigger('a', 2).trigger('b').trigger('late').trigger('grow');
      return { log, reported: await reported };
    });
    assert.equal(log.reported, 'listener');
    assert.deepEqual(log.log, [
      ['a', 1, true], ['ab', true], ['once'], ['heard', true], ['all', 'a', 1], ['c'], ['all', 'c', undefined],
      ['a', 2, true], ['late'],
    ]);
  });

  test('makes one map request of many calls, and tells success before the promises', NEEDS_REQUESTS, async () => {
    const before = maps().length;
    const log = await page.evaluate(async () => {
      const log = [];
      const client = window.client();
      const layer = window.layer({ featureClickColumns: ['name'] });
      const source = layer.getSource();
      const style = layer.getStyle();
      client.on('success', () => log.push('success'));
      source.on('tableNameChanged', (name) => log.push(`source ${name}`));
      style.on('contentChanged', () => log.push('style'));
      const all = [client.addLayer(layer), source.setTableName('world_countries'), style.setContent('#l { polygon-fill: #0c0; }'),
        layer.setFeatureClickColumns(['iso_a2'])];
      await Promise.all(all.map((promise, index) => promise.then((value) => log.push(`${index} ${value?.slice(0, 2)}`))));
      log.push(layer.getFeatureClickColumns().join());
      return log;
    });
    assert.deepEqual([log[0], log.at(-1)], ['success', 'iso_a2']);
    assert.deepEqual(log.filter((line) => /^\d/.test(line)), ['0 undefined', '1 undefined', '2 #l', '3 undefined']);
    const order = ['source world_countries', '1 undefined', 'style', '2 #l'].map((line) => log.indexOf(line));
    assert.ok(order[0] >= 0 && order[0] < order[1] && order[2] >= 0 && order[2] < order[3], `each event before its promise: ${log}`);
    assert.equal(maps().length, before + 1);
    const { url, method } = maps().at(-1);
    const sent = JSON.parse(new URL(url).searchParams.get('config'));
    assert.equal(method, 'GET');
    assert.deepEqual(sent.layers[0].options.interactivity, ['cartodb_id', 'iso_a2']);
    assert.equal(sent.analyses[0].params.query, 'SELECT * from world_countries');
  });

  test('packs a long configuration, and sends one by POST that stays long', NEEDS_REQUESTS, async () => {
    const before = maps().length;
    await page.evaluate(async () => {
      const client = window.client();
      const noise = Array.from({ length: 2_000 }, (_, index) => (index * 2_654_435_761 % 4_294_967_296).toString(36)).join(' ');
      for (const text of ['long '.repeat(2000), noise]) {
        await client.addLayer(new carto.layer.Layer(new carto.source.SQL(`SELECT * FROM cities /* ${text} */`), window.dots()));
      }
    });
    assert.deepEqual(maps().slice(before).map(({ method }) => method), ['GET', 'POST']);
  });

  test('explains refusals, each with status and hint', async () => {
    const found = await page.evaluate(async (settings) => {
      const keys = await (await fetch(`${settings.serverUrl.split('/user')[0]}/demo/keys.json`)).json();
      const of = async (change, table = 'cities') => {
        const client = new carto.Client({ ...settings, ...change });
        const events = [];
        client.on('error', (error) => events.push(error));
        const layer = new carto.layer.Layer(new carto.source.Dataset(table), window.dots());
        const error = await client.addLayer(layer).then(() => null, (refused) => refused);
        return [error instanceof carto.CartoError, error.status, error.reason, error.forbidden, error.errorCode, events.length,
          error.hint?.includes(change.apiKey ?? '!') ?? true];
      };
      return [await of({ apiKey: 'YOUR_API_KEY' }), await of({ apiKey: '5up3rs3cr3t0000' }), await of({ apiKey: keys.restricted }, 'world_countries'),
        await of({ apiKey: keys.sqlOnly }), await of({ username: 'nobody' }), await of({}, 'no_such_table')];
    }, SETTINGS);
    assert.deepEqual(found.slice(0, 4), [
      [true, undefined, 'malformed-key', true, 'windshaft:auth:unknown-error', 1, false],
      [true, 401, 'unknown-key', true, 'windshaft:auth:unknown-error', 1, false],
      [true, 403, 'dataset-not-granted', true, 'windshaft:analysis:analysis-requires-authentication', 1, false],
      [true, 403, 'api-not-granted', true, 'windshaft:auth:forbidden', 1, false],
    ]);
    assert.equal(found[4][3], true, 'an unknown user is forbidden, too');
    assert.deepEqual(found[5].slice(1, 5), [404, 'dataset-not-found', false, 'windshaft:analysis:invalid-dataset']);
  });

  test('dataviews move through their statuses and follow a bounding box', async () => {
    const log = await page.evaluate(async () => {
      const log = [];
      const client = window.client();
      const formula = new carto.dataview.Formula(window.cities(), 'pop_max', { operation: carto.operation.COUNT });
      const box = new carto.filter.BoundingBox();
      const next = () => new Promise((resolve) => formula.once('dataChanged', resolve));
      formula.on('statusChanged', (status) => log.push(status));
      formula.on('dataChanged', () => log.push(`data while ${formula.getStatus()}`));
      log.push(formula.getData(), formula.hasFilter(box));
      const first = next();
      await client.addDataview(formula);
      const all = (await first).result;
      await new Promise((resolve) => setTimeout(resolve));
      const second = next();
      formula.addFilter(box);
      box.on('boundsChanged', (bounds) => log.push(bounds === box.getBounds()));
      box.setBounds({ west: -10, south: 36, east: 4, north: 44 });
      const iberia = (await second).result;
      return { log, all, iberia, loaded: formula.isLoaded(), has: formula.hasFilter(box) };
    });
    assert.deepEqual(log.log, [null, false, 'loading', 'data while loading', 'loaded', 'loading', true, 'data while loading', 'loaded']);
    assert.ok(log.all > 40_000 && log.iberia > 100 && log.iberia < log.all / 5, `${log.iberia} of ${log.all}`);
    assert.equal(log.has, true);
  });

  test('a dataview may leave filters of its source out', async () => {
    const seen = await page.evaluate(async () => {
      const source = window.cities();
      const chosen = new carto.filter.Category('adm0name', { in: ['France'] });
      const made = (exceptFilters) => new carto.dataview.Category(source, 'adm0name', { limit: 3, exceptFilters });
      const [free, bound] = [made([chosen]), made()];
      const list = window.client();
      await list.addDataviews([free, bound]);
      source.addFilter(chosen);
      const names = (dataview) => dataview.getData().categories.map(({ name }) => name);
      const until = Date.now() + 30_000;
      while (names(bound).length !== 1 || !free.isLoaded()) {
        if (Date.now() > until) throw new Error(`waited in vain: ${names(bound)}`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      const caught = (exceptFilters) => {
        try {
          return made(exceptFilters) && 'made';
        } catch (error) {
          return error.message;
        }
      };
      // The same, set later.
      const before = bound.getExceptFilters();
      bound.setExceptFilters([chosen]);
      while (names(bound).length !== 3) await new Promise((resolve) => setTimeout(resolve, 20));
      const after = bound.getExceptFilters()[0] === chosen;
      let later;
      try {
        bound.setExceptFilters([1]);
      } catch (error) {
        later = error.message;
      }
      const none = bound.setExceptFilters([]).getExceptFilters();
      // It is filtered again: no request is left for the next test.
      while (names(bound).length !== 1) await new Promise((resolve) => setTimeout(resolve, 20));
      return [names(free).length, before, after, none, later, caught('no'), caught([1]), caught([])];
    });
    const refused = 'The exceptFilters are a list of filters of rows.';
    assert.deepEqual(seen, [3, [], true, [], refused, refused, refused, 'made']);
  });

  test('shows its tiles with Leaflet, hides layers without a request, and tells features', NEEDS_REQUESTS, async () => {
    const before = maps().length;
    const result = await page.evaluate(async () => {
      const map = L.map('map', { fadeAnimation: false, zoomAnimation: false }).setView([40.4165, -3.70256], 8);
      const client = window.client();
      const madrid = new carto.source.SQL("SELECT * FROM cities WHERE name = 'Madrid' AND iso_a2 = 'ES'");
      const cities = new carto.layer.Layer(madrid, window.dots(), { featureClickColumns: ['name'], featureOverColumns: ['pop_max'] });
      const native = client.getLeafletLayer({ opacity: 0.7 });
      const log = [];
      for (const event of ['featureOver', 'featureOut', 'featureClicked']) cities.on(event, (e) => log.push([event, e.data?.name, Math.round(e.latLng?.lat ?? 0), !!e.position]));
      const loaded = new Promise((resolve) => native.on('load', () => native._url.includes('api/v1') && resolve()));
      map.addLayer(native);
      await client.addLayer(cities);
      await loaded;
      const url = native._url;
      const fire = (name, lat, lng) => {
        const latlng = L.latLng(lat, lng);
        map.fire(name, { latlng, containerPoint: map.latLngToContainerPoint(latlng), layerPoint: map.latLngToLayerPoint(latlng) });
      };
      const until = async (length) => { while (log.length < length) await new Promise((resolve) => setTimeout(resolve, 20)); };
      fire('mousemove', 40.4165, -3.70256);
      await until(1);
      const cursor = map.getContainer().style.cursor;
      fire('click', 40.4165, -3.70256);
      await until(3);
      cities.hide();
      const hidden = native._url;
      cities.show();
      const shown = native._url;
      map.removeLayer(native);
      fire('mousemove', 40.4165, -3.70256);
      map.remove();
      return { same: client.getLeafletLayer() === native, opacity: native.options.opacity, url, hidden, back: shown === url, log, cursor, setUrl: typeof native.setUrl };
    });
    assert.deepEqual([result.same, result.opacity, result.back, result.setUrl, result.cursor], [true, 0.7, true, 'undefined', 'pointer']);
    assert.match(result.url, /\/api\/v1\/map\/[0-9a-f]+:\d+\/0\/\{z\}\/\{x\}\/\{y\}\.png\?api_key=default_public$/);
    assert.match(result.hidden, /^data:image\/gif/);
    assert.deepEqual(result.log, [['featureOver', 'Madrid', 40, true], ['featureOut', undefined, 0, false], ['featureClicked', 'Madrid', 40, true]]
      .map(([event, name, lat, position]) => [event, name, lat, position]));
    assert.equal(maps().length, before + 1);
  });

  test('is collected when the page drops it', { skip: ENGINE && 'only Chromium collects on request' }, async () => {
    const { page: lean } = await blankPage(await (async () => (browser.lean = await launch(['--js-flags=--expose-gc'])))());
    const left = await lean.evaluate(async (settings) => {
      const refs = [];
      for (let i = 0; i < 100; i++) {
        const client = new carto.Client(settings);
        const layer = new carto.layer.Layer(new carto.source.Dataset('cities'), new carto.style.CartoCSS('#l { marker-width: 1; }'));
        layer.on('featureClicked', () => layer.hide());
        client.on('success', () => client.getLayers());
        const formula = new carto.dataview.Formula(layer.getSource(), 'pop_max');
        formula.on('dataChanged', () => formula.getData());
        if (i < 10) await Promise.all([client.addLayer(layer), client.addDataview(formula)]);
        refs.push(new WeakRef(client), new WeakRef(layer), new WeakRef(formula));
      }
      const left = () => refs.filter((ref) => ref.deref()).length;
      // What is under way is not garbage yet, and a busy machine is long at it.
      for (let i = 0; i < 10 || (i < 200 && left() > 6); i++) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        gc();
      }
      return left();
    }, SETTINGS);
    await browser.lean.close();
    // The engine may keep the last ones in registers of its own.
    assert.ok(left <= 6, `${left} of 300 objects are still there`);
  });

  test('works as a module', async () => {
    const { page: other } = await watchedPage(browser);
    await other.goto(`${PAGE}/minimal.html`);
    const result = await other.evaluate(async (settings) => {
      const module = await import('/pkg/carto.mjs');
      const client = new module.Client(settings);
      const formula = new module.dataview.Formula(new module.source.Dataset('cities'), 'pop_max');
      const data = new Promise((resolve) => formula.on('dataChanged', resolve));
      await client.addDataview(formula);
      return { same: module.default.Client === module.Client, version: module.version, count: (await data).result };
    }, SETTINGS);
    assert.ok(result.same && result.count > 40_000 && /^\d+\.\d+\.\d+$/.test(result.version), JSON.stringify(result));
    await other.close();
  });

  test('leaves no error and no rejection that nobody handled', async () => {
    assert.deepEqual(seen.errors, ['Error: listener'], 'but for the listener that is meant to throw');
  });
});
