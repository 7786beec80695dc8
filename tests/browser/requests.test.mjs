// What the library asks servers for, how often, and in which form.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Answers, pageFor } from './answers.mjs';
import { launch, until } from './browser.mjs';

describe('requests', { timeout: 240_000 }, () => {
  let answers, browser, page, seen;

  before(async () => {
    answers = await Answers.start();
    browser = await launch();
    ({ page, seen } = await pageFor(browser, answers));
  });
  afterEach(() => answers.reset());
  after(async () => {
    await browser?.close();
    answers?.stop();
  });

  const orders = () => answers.of('map').map(({ config }) => config.layers.map(({ id }) => id).join(''));

  test('a map that fits an address is asked for by GET, without preflight and without headers of ours', async () => {
    await page.evaluate(() => window.makeClient({ apiKey: 'a+key&more=1' }).addLayer(window.makeLayer('a')));
    assert.deepEqual(answers.requests.map(({ kind, method }) => [kind, method]), [['map', 'GET']]);
    const { pathname, query, headers, url } = answers.requests[0];
    assert.equal(pathname, '/user/u/api/v1/map');
    assert.deepEqual(Object.keys(query).sort(), ['api_key', 'client', 'config']);
    assert.equal(query.api_key, 'a+key&more=1');
    assert.match(query.client, /^wasm-\d+\.\d+\.\d+$/);
    assert.ok(url.length < 2_000, `${url.length} characters`);
    for (const header of ['authorization', 'content-type', 'cookie', 'access-control-request-method']) assert.equal(headers[header], undefined);
  });

  test('a key that cannot be one goes nowhere', async () => {
    for (const apiKey of ['YOUR_API_KEY', '{YOUR_API_KEY}', 'a key', '"quoted"', 'schlüssel', 'tab\tkey']) {
      const found = await page.evaluate(async (apiKey) => {
        const client = window.makeClient({ apiKey });
        const refused = (error) => [error.reason, error.forbidden, error.status, error.errorCode, JSON.stringify(error).includes(apiKey) || `${error} ${error.hint} ${error.stack}`.includes(apiKey)];
        const map = await client.addLayer(window.makeLayer('a')).catch(refused);
        const events = [];
        client.on('error', (error) => events.push(error.errorCode));
        const again = await client.addLayer(window.makeLayer('b')).catch(refused);
        return [map, await client.sql('SELECT 1').catch(refused), again[0], events];
      }, apiKey);
      assert.deepEqual(found, [
        ['malformed-key', true, undefined, 'windshaft:auth:unknown-error', false],
        ['malformed-key', true, undefined, 'sql:malformed-key', false],
        'malformed-key',
        ['windshaft:auth:unknown-error'],
      ], apiKey);
    }
    assert.deepEqual(answers.requests, []);
    await page.evaluate(async () => {
      const client = window.makeClient({ apiKey: 'YOUR_API_KEY' });
      await client.addLayer(window.makeLayer('a')).catch(() => {});
      await client.setApiKey('another');
    });
    assert.equal(answers.requests.at(-1).query.api_key, 'another', 'a good key in its place makes the map');
  });

  test('a longer one is packed', async () => {
    const length = await page.evaluate(async () => {
      const source = new carto.source.SQL(`SELECT 1 /* "\\ ${'lÖng\n'.repeat(2_000)} */`);
      await window.makeClient().addLayer(new carto.layer.Layer(source, new carto.style.CartoCSS('#l {}')));
      return source.getQuery().length;
    });
    assert.deepEqual(answers.requests.map(({ method }) => method), ['GET']);
    const { query, config, url } = answers.requests[0];
    assert.deepEqual(Object.keys(query).sort(), ['api_key', 'client', 'lzma']);
    assert.equal(config.analyses[0].params.query, `SELECT 1 /* "\\ ${'lÖng\n'.repeat(2_000)} */`);
    assert.equal(config.analyses[0].params.query.length, length);
    assert.ok(url.length < 1_500, `${url.length} characters`);
  });

  test('one that stays long goes by POST as JSON, at the price of one preflight', async () => {
    const length = await page.evaluate(async () => {
      const source = new carto.source.SQL(`SELECT 1 /* ${Array.from({ length: 2_000 }, (_, index) => (index * 2_654_435_761 % 4_294_967_296).toString(36)).join(' ')} */`);
      await window.makeClient().addLayer(new carto.layer.Layer(source, new carto.style.CartoCSS('#l {}')));
      return source.getQuery().length;
    });
    assert.deepEqual(answers.requests.map(({ method }) => method), ['OPTIONS', 'POST']);
    const { headers, query, config } = answers.requests[1];
    assert.match(headers['content-type'], /^application\/json/);
    assert.deepEqual(Object.keys(query).sort(), ['api_key', 'client']);
    assert.equal(config.analyses[0].params.query.length, length);
  });

  test('the page decides what long is', async () => {
    await page.evaluate(() => window.makeClient({ maxUrlLength: 100 }).addLayer(window.makeLayer('a')));
    assert.equal(answers.of('map')[0].method, 'POST');
  });

  test('the calls of a turn are one request, and layers are sent in the order of getLayers', async () => {
    const lists = await page.evaluate(async () => {
      const client = window.makeClient();
      const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((id) => window.makeLayer(id));
      const lists = [];
      const note = () => lists.push(client.getLayers().map((layer) => layer.getId()).join(''));
      await Promise.all([client.addLayer(a), client.addLayers([b, c]), client.moveLayer(c, 0)]);
      note();
      await b.bringToBack();
      note();
      await client.addLayer(d);
      note();
      await c.bringToFront();
      note();
      await Promise.all([client.removeLayer(a), d.setOrder(0)]);
      note();
      await client.moveLayer(b, client.getLayers().indexOf(b));
      await client.removeLayers(client.getLayers());
      note();
      return lists;
    });
    assert.deepEqual(lists, ['cab', 'bca', 'bcad', 'badc', 'dbc', '']);
    assert.deepEqual(orders(), lists);
  });

  test('hiding and showing change the address of the tiles at once, and ask for no map', async () => {
    const log = await page.evaluate(async () => {
      const client = window.makeClient();
      const [a, b, c] = [window.makeLayer('a'), window.makeLayer('b', { visible: false }), window.makeLayer('c')];
      const native = client.getLeafletLayer();
      const log = [];
      const note = () => log.push(/^data:/.test(native._url) ? 'nothing' : /:1\/([\d,]+)\/\{z\}/.exec(native._url)[1]);
      for (const layer of [a, b, c]) layer.on('visibilityChanged', (visible) => log.push(`${layer.getId()} ${visible}`));
      note();
      const added = client.addLayers([a, b, c]);
      c.hide();
      await added;
      note();
      c.show();
      note();
      c.show();
      b.toggle();
      note();
      a.hide();
      note();
      for (const layer of [b, c]) layer.hide();
      note();
      a.toggle();
      note();
      return log;
    });
    assert.deepEqual(log, ['nothing', 'c false', '0', 'c true', '0,2', 'b true', '0,1,2', 'a false', '1,2', 'b false', 'c false', 'nothing', 'a true', '0']);
    assert.equal(answers.of('map').length, 1);
    assert.equal(answers.of('map')[0].config.layers.length, 3, 'hidden layers are sent, too');
  });

  test('tiles come for visible layers only, and carry the key', async () => {
    await page.evaluate(async () => {
      const map = L.map('map').setView([0, 0], 2);
      const client = window.makeClient();
      await client.addLayers([window.makeLayer('a', { visible: false }), window.makeLayer('b')]);
      const native = client.getLeafletLayer();
      const loaded = new Promise((resolve) => native.once('load', resolve));
      native.addTo(map);
      await loaded;
      map.remove();
    });
    const tiles = answers.of('tile');
    assert.ok(tiles.length >= 4, `${tiles.length} tiles`);
    for (const { pathname, query } of tiles) {
      assert.match(pathname, /^\/user\/u\/api\/v1\/map\/group1:1\/1\/2\/\d\/\d\.png$/);
      assert.deepEqual(query, { api_key: 'default_public' });
    }
  });

  test('dataviews are asked with their own parameters, and for a map only when it changes', async () => {
    const id = await page.evaluate(async () => {
      const client = window.makeClient();
      const source = new carto.source.Dataset('cities');
      const category = new carto.dataview.Category(source, 'country', { operation: 'sum', operationColumn: 'people', limit: 5 });
      const loaded = () => new Promise((resolve) => category.on('statusChanged', (status) => status === 'loaded' && resolve()));
      let next = loaded();
      await client.addDataview(category);
      await next;
      next = loaded();
      category.setLimit(9);
      await next;
      const box = new carto.filter.BoundingBox();
      category.addFilter(box);
      next = loaded();
      box.setBounds({ west: -10.5, south: 36, east: 4, north: 44.25 });
      await next;
      category.disable();
      box.setBounds({ west: 0, south: 0, east: 1, north: 1 });
      await window.wait(50);
      next = loaded();
      category.enable();
      await next;
      next = loaded();
      category.removeFilter(box);
      await next;
      box.setBounds({ west: 5, south: 5, east: 6, north: 6 });
      category.setLimit(9).addFilter(box).removeFilter(box).setColumn('country');
      await window.wait(50);
      await client.removeDataview(category);
    });
    assert.equal(id, undefined);
    assert.equal(answers.of('preflight').length, 0);
    const [first, last] = answers.of('map').map(({ config }) => config);
    const [[name, sent]] = Object.entries(first.dataviews);
    assert.match(name, /^category-c\d+$/);
    assert.deepEqual([sent.type, sent.options], ['aggregation', { column: 'country', aggregation: 'sum', aggregationColumn: 'people' }]);
    assert.equal(first.analyses.find(({ id: node }) => node === sent.source.id).params.query, 'SELECT * from cities');
    assert.deepEqual(last.dataviews ?? {}, {});
    const asked = answers.of('dataview').map(({ query: { bbox = '', ...rest } }) => [bbox, rest.own_filter, rest.categories, rest.api_key]);
    assert.deepEqual(asked.slice(0, 5), [
      ['', '0', '5', 'default_public'],
      ['', '0', '9', 'default_public'],
      ['-10.5,36,4,44.25', '0', '9', 'default_public'],
      ['0,0,1,1', '0', '9', 'default_public'],
      ['', '0', '9', 'default_public'],
    ]);
    assert.equal(answers.of('map').length, 2);
  });

  test('a newer request aborts the older one, and promises settle in the order of the calls', async () => {
    answers.instead = ({ kind, number }) => (kind === 'map' && number === 1 ? null : undefined);
    const adding = page.evaluate(async () => {
      const log = [];
      const client = window.makeClient();
      client.on('success', () => log.push('success')).on('error', (error) => log.push(error.message));
      window.layer = window.makeLayer('a');
      window.added = client.addLayer(window.layer).then(() => log.push('added'), (error) => log.push(`refused ${error}`));
      window.log = log;
    });
    await adding;
    await until(() => answers.of('map').length === 1, 'the first request');
    const log = await page.evaluate(async () => {
      const set = window.layer.getSource().setQuery('SELECT 2').then(() => window.log.push('set'));
      await Promise.all([window.added, set]);
      return window.log;
    });
    assert.deepEqual(log, ['success', 'added', 'set']);
    await until(() => answers.of('map')[0].closed, 'the end of the first request');
    assert.deepEqual(answers.of('map').map(({ config }) => config.analyses[0].params.query), ["SELECT 'a'", 'SELECT 2']);
  });

  test('two clients know nothing of each other', async () => {
    const result = await page.evaluate(async () => {
      const log = [];
      const [one, two] = [window.makeClient({ apiKey: 'first' }), window.makeClient({ apiKey: 'second', username: 'v' })];
      one.on('success', () => log.push('one'));
      two.on('success', () => log.push('two'));
      const [a, b] = [window.makeLayer('same'), window.makeLayer('same')];
      await one.addLayer(a);
      await two.addLayer(b);
      await b.getSource().setQuery('SELECT 9');
      const code = (call) => { try { call(); } catch (error) { return error.errorCode; } };
      return {
        log,
        natives: one.getLeafletLayer() !== two.getLeafletLayer(),
        lists: [one.getLayers().includes(b), two.getLayers().includes(a)],
        source: code(() => a.setSource(b.getSource())),
        style: code(() => a.setStyle(b.getStyle())),
      };
    });
    assert.deepEqual(result, {
      log: ['one', 'two', 'two'], natives: true, lists: [false, false],
      source: 'validation:layer:source-with-different-client', style: 'validation:layer:style-with-different-client',
    });
    assert.deepEqual(answers.of('map').map(({ pathname, query }) => [pathname, query.api_key]), [
      ['/user/u/api/v1/map', 'first'], ['/user/v/api/v1/map', 'second'], ['/user/v/api/v1/map', 'second'],
    ]);
  });

  test('nothing reached the console', () => {
    assert.deepEqual([seen.errors, seen.console], [[], []]);
  });
});
