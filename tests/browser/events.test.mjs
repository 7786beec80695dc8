// Who is told what, in which order: listeners, promises, statuses and features.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Answers, pageFor } from './answers.mjs';
import { launch } from './browser.mjs';

const SYNTAX = { errors: ['syntax error at end of input'], errors_with_context: [] };

describe('events', { timeout: 240_000 }, () => {
  let answers, browser, page, seen;

  before(async () => {
    answers = await Answers.start();
    browser = await launch();
    ({ page, seen } = await pageFor(browser, answers));
    await page.evaluate(() => {
      // The same rules hold for every public object.
      window.emitters = () => [
        window.makeClient(), new carto.source.SQL('SELECT 1'), new carto.source.Dataset('t'), new carto.style.CartoCSS('#l {}'), window.makeLayer(),
        new carto.dataview.Formula(new carto.source.SQL('SELECT 1'), 'a'), new carto.dataview.Category(new carto.source.SQL('SELECT 1'), 'a'),
        new carto.filter.BoundingBox(),
      ];
    });
  });
  afterEach(() => answers.reset());
  after(async () => {
    await browser?.close();
    answers?.stop();
  });

  const SAME = 8;
  /** Runs a scenario with every kind of object, `x`, and another one, `y`; the log must be the same for all. */
  async function everywhere(scenario, expected) {
    const logs = await page.evaluate((text) => {
      const run = new Function('x', 'y', 'log', text);
      return window.emitters().map((x, index, all) => {
        const log = [];
        run(x, all[(index + 1) % all.length], log);
        return log;
      });
    }, scenario);
    assert.equal(logs.length, SAME);
    for (const log of logs) assert.deepEqual(log, expected);
  }

  test('listeners are called in order, with arguments and their object', () =>
    everywhere(
      `x.on('e', function (...all) { log.push([1, ...all, this === x]); }).on('e', function () { log.push([2, this === y]); }, y);
       if (x.trigger('e', 'a', 5) !== x) log.push('not itself');
       x.trigger('other');`,
      [[1, 'a', 5, true], [2, true]],
    ));

  test('several names, a map of names, and all', () =>
    everywhere(
      `x.on('a  b', (v) => log.push(['ab', v])).on({ c: (v) => log.push(['c', v]), d() { log.push(['d', this === y]); } }, y);
       x.on('all', (name, v) => log.push(['all', name, v]));
       x.trigger('a', 1).trigger('b c', 2).trigger('d');`,
      [['ab', 1], ['all', 'a', 1], ['ab', 2], ['all', 'b', 2], ['c', 2], ['all', 'c', 2], ['d', true], ['all', 'd', undefined]],
    ));

  test('once means once, for every name of a list and also when it triggers itself', () =>
    everywhere(
      `x.once('a b', (v) => log.push(v)).once('r', () => { log.push('r'); x.trigger('r'); });
       const f = () => log.push('never');
       x.once('o', f).off('o', f).trigger('o').trigger('a', 1).trigger('a', 2).trigger('b', 3).trigger('b', 4).trigger('r').trigger('r');`,
      [1, 3, 'r'],
    ));

  for (const [what, off, left] of [
    ['everything', 'x.off()', []],
    ['a name', "x.off('a')", ['bf']],
    ['a name and a callback', "x.off('a', f)", ['ag', 'ac', 'bf']],
    ['a callback under any name', 'x.off(null, f)', ['ag', 'ac']],
    ['a context under any name', 'x.off(null, null, y)', ['af', 'ag', 'bf']],
    ['a map of names', 'x.off({ a: g, b: f })', ['af', 'ac']],
    ['several names', "x.off('a b')", []],
    ['a name that nobody knows', "x.off('zzz').off('a', () => {}).off(null, null, {})", ['af', 'ag', 'ac', 'bf']],
    ['what was there, by its other name', "x.unbind('a')", ['bf']],
  ])
    test(`off takes away ${what}`, () =>
      everywhere(
        `const f = (n) => log.push(n + 'f'), g = (n) => log.push(n + 'g'), c = (n) => log.push(n + 'c');
         x.bind('a', f).on('a', g).on('a', c, y).on('b', f);
         if (${off} !== x) log.push('not itself');
         x.trigger('a', 'a').trigger('b', 'b');`,
        left,
      ));

  test('what changes during a dispatch counts from the next one on', () =>
    everywhere(
      `const second = () => log.push('second');
       x.on('a', function first() { log.push('first'); x.off('a', second).on('a', () => log.push('third')).off('a', first); });
       x.on('a', second).trigger('a').trigger('a');`,
      ['first', 'second', 'third'],
    ));

  test('one object listens to another, until it stops', () =>
    everywhere(
      `y.listenTo(x, 'a b', function (v) { log.push(['to', v, this === y]); }).listenToOnce(x, 'a', function () { log.push(['once', this === y]); });
       y.listenTo(x, { c: () => log.push(['c']) });
       x.on('a', () => log.push(['own']));
       x.trigger('a', 1).trigger('a', 2).trigger('c');
       y.stopListening(x, 'a');
       x.trigger('a', 3).trigger('b', 4);
       y.stopListening();
       x.trigger('a', 5).trigger('b', 6).trigger('c');`,
      [['to', 1, true], ['once', true], ['own'], ['to', 2, true], ['own'], ['c'], ['own'], ['to', 4, true], ['own']],
    ));

  test('a listener that throws is reported and stops nobody, nor the answer that is being read', async () => {
    const { log, reported } = await page.evaluate(async () => {
      const log = [];
      const reported = [];
      const listener = (event) => { event.preventDefault(); reported.push(String(event.error?.message ?? event.error)); };
      window.addEventListener('error', listener);
      const client = window.makeClient();
      const formula = new carto.dataview.Formula(new carto.source.SQL('SELECT 1'), 'a');
      const bad = (what) => () => { throw what; };
      client.on('success', bad(new Error('one'))).on('success', () => log.push('success'));
      formula.on('statusChanged', bad('a text')).on('statusChanged', (status) => log.push(status));
      formula.on('dataChanged', bad(new Error('two'))).on('all', (name) => log.push(`all ${name}`));
      await client.addDataview(formula).then(() => log.push('added'));
      await window.until(() => formula.isLoaded());
      window.removeEventListener('error', listener);
      return { log, reported };
    });
    assert.deepEqual(log, ['loading', 'all statusChanged', 'success', 'added', 'all dataChanged', 'loaded', 'all statusChanged']);
    assert.deepEqual(reported, ['a text', 'one', 'two', 'a text']);
  });

  test('setters of objects on no map settle at once and tell', async () => {
    const log = await page.evaluate(async () => {
      const log = [];
      const [query, table, style] = [new carto.source.SQL('SELECT 1'), new carto.source.Dataset('a'), new carto.style.CartoCSS('#a {}')];
      const layer = new carto.layer.Layer(query, style);
      query.on('queryChanged', (text) => log.push(text));
      table.on('tableNameChanged', (text) => log.push(text));
      style.on('contentChanged', (text) => log.push(text));
      layer.on('sourceChanged', (changed) => log.push(changed === layer && layer.getSource() === table));
      layer.on('styleChanged', (changed) => log.push(changed === layer));
      const values = [query.setQuery('SELECT 2'), table.setTableName('b'), style.setContent('#b {}'), layer.setSource(table),
        layer.setStyle(new carto.style.CartoCSS('#c {}')), layer.setStyle(layer.getStyle()), layer.setFeatureClickColumns(['n']),
        layer.setOrder(3), layer.bringToFront()];
      log.push(query.getQuery(), table.getTableName(), style.getContent(), layer.getFeatureClickColumns().join(), layer.isInteractive());
      log.push(await Promise.all(values));
      return log;
    });
    const nothing = Array(9).fill(undefined).with(2, '#b {}');
    assert.deepEqual(log, ['SELECT 2', 'b', '#b {}', true, true, 'SELECT 2', 'b', '#b {}', 'n', true, nothing]);
    assert.equal(answers.requests.length, 0);
  });

  test('a refused change rejects, is told to whom it concerns, and can be put right', async () => {
    answers.instead = ({ kind, config }) => {
      if (kind !== 'map' || !config.analyses.some(({ params }) => params.query === 'SELEC')) return undefined;
      const node = config.analyses.find(({ params }) => params.query === 'SELEC').id;
      const analysis = { type: 'analysis', message: SYNTAX.errors[0], analysis: { id: node, type: 'source', node_id: node } };
      return { status: 400, body: { errors: SYNTAX.errors, errors_with_context: [analysis] } };
    };
    const log = await page.evaluate(async () => {
      const log = [];
      const client = window.makeClient();
      const source = new carto.source.SQL('SELECT 1');
      const layer = new carto.layer.Layer(source, new carto.style.CartoCSS('#l {}'));
      const formula = new carto.dataview.Formula(source, 'a');
      await Promise.all([client.addLayer(layer), client.addDataview(formula)]);
      await window.until(() => formula.isLoaded());
      source.on('error', (error) => log.push(['source', error.errorCode, error.source === source, error.sourceId === source.getId()]));
      source.on('queryChanged', (query) => log.push(['changed', query]));
      formula.on('statusChanged', (status, raw) => log.push(['status', status, raw?.type]));
      formula.on('error', (error) => log.push(['formula', error.errorCode]));
      client.on('error', (error) => log.push(['client', error.errorCode, error.status]));
      client.on('success', () => log.push(['success']));
      await source.setQuery('SELEC').catch((error) => log.push(['rejected', error instanceof carto.CartoError, error.message, source.getQuery()]));
      await source.setQuery('SELECT 3').then(() => log.push(['resolved']));
      await window.until(() => formula.isLoaded());
      return log;
    });
    const code = 'windshaft:analysis:sql-syntax-error';
    assert.deepEqual(log.slice(0, 5), [
      ['source', code, true, true], ['status', 'error', 'analysis'], ['formula', code], ['client', code, 400], ['rejected', true, SYNTAX.errors[0], 'SELEC'],
    ]);
    assert.deepEqual(log.slice(5), [['status', 'loading', undefined], ['success'], ['changed', 'SELECT 3'], ['resolved'], ['status', 'loaded', undefined]]);
  });

  test('a layer that is refused a source or style goes on with the old one', async () => {
    answers.instead = ({ kind, config }) =>
      kind === 'map' && /bad/.test(JSON.stringify(config)) ? { status: 400, body: { errors: ['bad'], errors_with_context: [{ type: 'layer', message: 'no', layer: { id: 'a' } }] } } : undefined;
    const log = await page.evaluate(async () => {
      const log = [];
      const client = window.makeClient();
      const layer = window.makeLayer('a');
      const [source, style] = [layer.getSource(), layer.getStyle()];
      await client.addLayer(layer);
      layer.on('error', (error) => log.push(error.errorCode));
      client.on('error', (error) => log.push(error.layer === layer));
      for (const change of [() => layer.setSource(new carto.source.Dataset('bad')), () => layer.setStyle(new carto.style.CartoCSS('bad'))])
        await change().then(() => log.push('resolved'), () => log.push('rejected'));
      log.push(layer.getSource() === source, layer.getStyle() === style);
      await layer.setFeatureClickColumns(['name']);
      log.push(layer.getFeatureClickColumns().join());
      return log;
    });
    assert.deepEqual(log.filter((entry) => entry === 'rejected').length, 2);
    assert.ok(log.includes('windshaft:layer:generic-layer-error') && log.includes(true));
    assert.deepEqual(log.slice(-3), [true, true, 'name']);
    const last = answers.of('map').at(-1).config;
    assert.ok(!/bad/.test(JSON.stringify(last)), 'nothing of what was refused is sent again');
  });

  test('features of all layers under the pointer are told, bottom first', async () => {
    const { log, cursors } = await page.evaluate(async () => {
      const log = [];
      const cursors = [];
      const map = L.map('map', { fadeAnimation: false, zoomAnimation: false }).setView([0, 0], 2);
      const client = window.makeClient();
      const layers = ['a', 'b', 'plain'].map((id) => window.makeLayer(id, id === 'plain' ? {} : { featureClickColumns: ['name'] }));
      client.getLeafletLayer().addTo(map);
      await client.addLayers(layers);
      for (const layer of layers)
        layer.on('featureOver featureOut featureClicked', () => {}).on('all', (name, event) => {
          if (name.startsWith('feature')) log.push([layer.getId(), name.slice(7), event.data?.name ?? null, event.latLng?.lng ?? null, 'position' in event]);
        });
      // Longitudes of the left, full half and of the right, empty half of a tile at zoom 2.
      const fire = (name, lng) => {
        const latlng = L.latLng(10, lng);
        map.fire(name, { latlng, containerPoint: map.latLngToContainerPoint(latlng), layerPoint: map.latLngToLayerPoint(latlng) });
        cursors.push(map.getContainer().style.cursor);
      };
      const settled = async (length) => { await window.until(() => log.length >= length); cursors.push(map.getContainer().style.cursor); };
      fire('mousemove', 10);
      await settled(2);
      fire('mousemove', 12);
      fire('click', 12);
      fire('mousemove', 80);
      await settled(10);
      layers[0].hide();
      fire('mousemove', 10);
      await settled(11);
      layers[1].off();
      fire('click', 10);
      map.remove();
      return { log, cursors };
    });
    const hit = (id, name, lng) => [id, name, 'Here', lng, true];
    const out = (id) => [id, 'Out', null, null, false];
    // Of the first move the grids have yet to come, in any order.
    assert.deepEqual([...log.slice(0, 2).toSorted(), ...log.slice(2)], [
      hit('a', 'Over', 10), hit('b', 'Over', 10), hit('a', 'Over', 12), hit('b', 'Over', 12),
      out('a'), hit('a', 'Clicked', 12), out('b'), hit('b', 'Clicked', 12),
      out('a'), out('b'), hit('b', 'Over', 10),
    ]);
    assert.equal(cursors[1], 'pointer');
    assert.equal(cursors[4], 'auto');
    const grids = answers.of('grid').map(({ pathname }) => /1:1|:1\/(\d)\//.exec(pathname)[1]);
    assert.ok(!grids.includes('2'), 'a layer without columns has no grid');
  });

  test('nothing but what was meant to fail reached the console', () => {
    assert.deepEqual(seen.errors.filter((error) => !/^(Error: (one|two)|a text)$/.test(error)), []);
    assert.deepEqual(seen.console.filter((line) => !line.includes('Failed to load resource: the server responded with')), []);
  });
});
