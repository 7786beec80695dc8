// What a method is called on: an object of its class, or a proxy of one; anything else is refused, and nothing can reach below.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Answers, pageFor } from './answers.mjs';
import { launch } from './browser.mjs';

describe('receivers', { timeout: 240_000 }, () => {
  let answers, browser, page, seen;

  before(async () => {
    answers = await Answers.start();
    browser = await launch();
    ({ page, seen } = await pageFor(browser, answers));
    await page.evaluate(() => {
      const source = () => new carto.source.Dataset('t');
      const map = L.map('map').setView([0, 0], 2);
      /** One object of each public class. */
      window.specimens = () => ({
        Client: window.makeClient(), ApiKeys: new carto.auth.ApiKeys(window.settings), SQL: new carto.source.SQL('SELECT 1'), Dataset: source(),
        CartoCSS: new carto.style.CartoCSS('#l {}'), Layer: window.makeLayer(), Formula: new carto.dataview.Formula(source(), 'a'),
        Category: new carto.dataview.Category(source(), 'a'), Histogram: new carto.dataview.Histogram(source(), 'a'),
        TimeSeries: new carto.dataview.TimeSeries(source(), 'a'), BoundingBox: new carto.filter.BoundingBox(), BoundingBoxLeaflet: new carto.filter.BoundingBoxLeaflet(map),
        Circle: new carto.filter.Circle(), Polygon: new carto.filter.Polygon(), FilterCategory: new carto.filter.Category('a', { in: ['b'] }),
        Range: new carto.filter.Range('a', { gt: 1 }), AND: new carto.filter.AND(), OR: new carto.filter.OR(),
      });
      /** The prototypes of an object, without JavaScript's own. */
      window.prototypesOf = (object) => {
        const found = [];
        for (let at = Object.getPrototypeOf(object); at && at !== Object.prototype; at = Object.getPrototypeOf(at)) found.push(at);
        return found;
      };
    });
  });
  after(async () => {
    await browser?.close();
    answers?.stop();
  });

  test('a method of one class on an object of another is a TypeError that says so', async () => {
    const { calls, bad } = await page.evaluate(async () => {
      const all = Object.entries(window.specimens());
      const others = [...all, ['nothing', undefined], ['null', null], ['a number', 1], ['an object', {}], ['a prototype', carto.layer.Layer.prototype]];
      const bad = [];
      let calls = 0;
      for (const [name, object] of all)
        for (const prototype of window.prototypesOf(object))
          for (const key of Reflect.ownKeys(prototype)) {
            const { value } = Object.getOwnPropertyDescriptor(prototype, key);
            if (key === 'constructor' || typeof value !== 'function' || typeof key === 'symbol') continue;
            for (const [other, receiver] of others) {
              if (receiver !== undefined && receiver !== null && receiver !== prototype && Object.prototype.isPrototypeOf.call(prototype, receiver)) continue;
              calls++;
              let said;
              try { said = value.call(receiver, 1, 2, 3); } catch (error) { said = error; }
              if (said instanceof Promise) said = await said.then(() => 'resolved', (error) => error);
              if (!(said instanceof TypeError) || !/^A method of carto's .+ was called on something else\.$/.test(said.message)) bad.push(`${name}.${String(key)} on ${other}: ${said?.stack ?? said}`);
            }
          }
      return { calls, bad: bad.slice(0, 5) };
    });
    assert.deepEqual(bad, []);
    assert.ok(calls > 3_000, `${calls} calls`);
  });

  test('what is below is out of reach', async () => {
    const open = await page.evaluate(() => {
      const open = [];
      for (const [name, object] of Object.entries(window.specimens())) {
        const own = Reflect.ownKeys(object).filter((key) => key !== 'type');
        if (own.length !== 1 || typeof own[0] !== 'symbol' || typeof object[own[0]] !== 'number') open.push(`${name} has ${own.map(String)}`);
        const number = Object.getOwnPropertyDescriptor(object, own[0]);
        if (number.enumerable || number.writable || number.configurable) open.push(`the number of ${name} can be changed`);
        for (const at of window.prototypesOf(object))
          for (const key of Reflect.ownKeys(at)) if (typeof key === 'string' && (key.length < 2 || /^_|^free$|^ptr$/.test(key))) open.push(`${name}.${key}`);
        for (const at of window.prototypesOf(object)) if (Symbol.dispose && !['Client', 'BoundingBoxLeaflet'].includes(name) && Object.hasOwn(at, Symbol.dispose)) open.push(`${name}[Symbol.dispose]`);
        // The hidden classes between the public ones and Object make nothing.
        for (let at = Object.getPrototypeOf(object.constructor); at !== Function.prototype; at = Object.getPrototypeOf(at)) {
          if (at === Error) break;
          for (const args of [[], [1], [{ bits: -1 }, () => ({})], [0, new carto.source.SQL('SELECT 1'), 'a', {}]]) {
            try { new at(...args); open.push(`new ${at.name} above ${name}`); } catch (error) { if (!(error instanceof TypeError) || !/carto/.test(error.message)) open.push(`${error}`); }
          }
        }
      }
      return open;
    });
    assert.deepEqual(open, []);
  });

  test('a number that a page forges finds another object of the class, or none', async () => {
    const said = await page.evaluate(() => {
      const layer = window.makeLayer('real');
      const [symbol] = Object.getOwnPropertySymbols(layer);
      const formula = new carto.dataview.Formula(layer.getSource(), 'a');
      const { getId } = carto.layer.Layer.prototype;
      const call = (number) => { try { return getId.call({ [symbol]: number }); } catch (error) { return `${error.name}: ${error.message}`; } };
      const odd = [formula[symbol], -1, 0, 1e9, NaN, Infinity, 2 ** 53, '1', {}, null, undefined, 1n, Symbol(), () => 1];
      return { right: call(layer[symbol]), inherited: getId.call(Object.create(layer)), odd: odd.map(call) };
    });
    assert.equal(said.right, 'real');
    assert.equal(said.inherited, 'real');
    for (const line of said.odd) assert.equal(line, "TypeError: A method of carto's layer.Layer was called on something else.");
  });

  test('proxies around public objects are as good as they', async () => {
    const said = await page.evaluate(async () => {
      // As reactive frameworks do it: what is read through a proxy is a proxy again.
      const deep = (object) => new Proxy(object, { get: (target, key, receiver) => {
        const value = Reflect.get(target, key, receiver);
        const fixed = Object.getOwnPropertyDescriptor(target, key)?.configurable === false;
        return typeof value === 'object' && value && !fixed ? deep(value) : value;
      } });
      const client = deep(window.makeClient());
      const layer = deep(window.makeLayer('p', { featureClickColumns: ['name'] }));
      const formula = deep(new carto.dataview.Formula(layer.getSource(), 'a'));
      const box = deep(new carto.filter.BoundingBox());
      const told = [];
      layer.on('visibilityChanged', (visible) => told.push(visible));
      const data = new Promise((resolve) => formula.once('dataChanged', resolve));
      await Promise.all([client.addLayer(layer), client.addDataview(formula)]);
      formula.addFilter(box);
      box.setBounds({ west: 0, south: 0, east: 1, north: 1 });
      const { result } = await data;
      const chained = layer.hide() === layer && layer.show() === layer;
      const and = deep(new carto.filter.AND([deep(new carto.filter.Range('a', { gt: 1 }))]));
      layer.getSource().addFilter(and);
      const counts = [client.getLayers().length, client.getDataviews().length, and.count(), layer.getSource().getFilters().length];
      await layer.setSource(deep(new carto.source.SQL('SELECT 2')));
      client.getLeafletLayer();
      await client.removeLayer(layer);
      counts.push(client.getLayers().length);
      client.dispose();
      return { result: typeof result, chained, told, counts, is: layer instanceof carto.layer.Layer };
    });
    assert.deepEqual(said, { result: 'number', chained: true, told: [false, true], counts: [1, 1, 1, 1, 0], is: true });
  });

  test('an object that lost its class still has what is behind it', async () => {
    const bad = await page.evaluate(async () => {
      const bad = [];
      for (const [name, object] of Object.entries(window.specimens())) {
        const methods = window.prototypesOf(object).flatMap((prototype) => Object.getOwnPropertyNames(prototype).map((key) => [key, prototype[key]]));
        Object.setPrototypeOf(object, null);
        for (const [key, method] of methods) {
          // Those ask a server of another kind.
          if (name === 'ApiKeys' || ['constructor', 'sql', 'checkKey'].includes(key)) continue;
          try {
            const answer = Reflect.apply(method, object, [[]]);
            if (answer instanceof Promise) await answer.catch(() => {});
          } catch (error) {
            if (!(error instanceof carto.CartoError) && !/^(This object has lost its|A list is needed|An adapter with|Leaflet|OpenLayers|Google|A map of)/.test(error.message)) bad.push(`${name}.${key}: ${error}`);
          }
        }
      }
      return bad;
    });
    assert.deepEqual(bad, []);
  });

  test('classes of the page extend ours', async () => {
    const said = await page.evaluate(async () => {
      class Mine extends carto.layer.Layer {
        #mine = 'secret';
        tell() { return `${this.getId()} ${this.#mine}`; }
        getSource() { throw new Error('of the page'); }
      }
      const mine = new Mine(new carto.source.SQL('SELECT 1'), new carto.style.CartoCSS('#l {}'), { id: 'm' });
      const client = window.makeClient();
      await client.addLayer(mine);
      const made = Reflect.construct(carto.style.CartoCSS, ['#l {}'], Object);
      return [mine.tell(), client.getLayers()[0] === mine, mine instanceof carto.layer.Layer, carto.style.CartoCSS.prototype.getContent.call(made)];
    });
    assert.deepEqual(said, ['m secret', true, true, '#l {}']);
  });

  test('after its end a client refuses what would change it', async () => {
    const said = await page.evaluate(async () => {
      const client = window.makeClient();
      const layer = window.makeLayer();
      await client.addLayer(layer);
      client.dispose();
      client.dispose();
      const formula = new carto.dataview.Formula(layer.getSource(), 'a');
      const calls = [() => client.addLayer(layer), () => client.addDataview(formula), () => client.removeLayer(layer), () => client.moveLayer(layer, 0),
        () => client.setApiKey('k'), () => client.sql('SELECT 1'), () => client.checkKey({ datasets: ['t'] })];
      const said = [];
      for (const call of calls) said.push(await (async () => call())().then(() => 'resolved', (error) => (error instanceof carto.CartoError ? error.message : `unfair ${error}`)));
      return { said: [...new Set(said)], lists: [client.getLayers().length, client.getDataviews().length] };
    });
    assert.deepEqual(said, { said: ['The client was disposed of.'], lists: [0, 0] });
  });

  test('nothing of all that reached the console', () => {
    assert.deepEqual(seen.errors, []);
    assert.deepEqual(seen.console.filter((line) => !line.startsWith('error: Failed to load')), []);
  });
});
