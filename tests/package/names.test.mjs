// What people see of the package while they work: objects in consoles, JSON, and the stack of an error.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { before, describe, test } from 'node:test';
import { inspect } from 'node:util';
import { chromium } from 'playwright-core';
import { ROOT } from './installed.mjs';

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-sync', '--disable-background-networking', '--disable-component-update'];
const KEY = 'S3cretKeyThatNobodyMaySee_1';
const SCRIPT = `${ROOT}/pkg/carto.js`;

/** One object of each class, by the name that pages know the class by. */
const MAKE = `(carto) => {
  const source = new carto.source.Dataset('cities');
  const map = new (class { getBounds() {} wrapLatLng() {} })();
  return {
    Client: new carto.Client({ apiKey: '${KEY}', username: 'demo' }),
    Dataset: source,
    SQL: new carto.source.SQL('SELECT 1'),
    CartoCSS: new carto.style.CartoCSS('#layer {}'),
    Layer: new carto.layer.Layer(source, new carto.style.CartoCSS('#layer {}')),
    Formula: new carto.dataview.Formula(source, 'population'),
    Category: new carto.dataview.Category(source, 'country'),
    Histogram: new carto.dataview.Histogram(source, 'population'),
    TimeSeries: new carto.dataview.TimeSeries(source, 'founded'),
    BoundingBox: new carto.filter.BoundingBox(),
    Circle: new carto.filter.Circle(),
    Polygon: new carto.filter.Polygon(),
    Range: new carto.filter.Range('population', { gt: 1 }),
    AND: new carto.filter.AND([]),
    OR: new carto.filter.OR([]),
    ApiKeys: new carto.auth.ApiKeys({ apiKey: '${KEY}', username: 'demo' }),
  };
}`;

describe('names', () => {
  let carto, made;

  before(() => {
    carto = createRequire(import.meta.url)(SCRIPT);
    made = eval(MAKE)(carto);
  });

  test('every class has the name that pages know it by', () => {
    for (const [name, object] of Object.entries(made)) assert.equal(object.constructor.name, name);
    assert.equal(new carto.filter.Category('country', {}).constructor.name, 'Category');
    assert.equal(carto.layer.Aggregation.name, 'Aggregation');
    for (const name of ['BoundingBoxLeaflet', 'BoundingBoxGoogleMaps']) assert.equal(carto.filter[name].name, name);
    assert.equal(carto.CartoError.name, 'CartoError');
  });

  test('Node.js shows what an object is, and never its key', () => {
    for (const [name, object] of Object.entries(made)) {
      const shown = inspect(object, { depth: 5, showHidden: name !== 'ApiKeys' });
      assert.ok(inspect(object).startsWith(`${name} {`), inspect(object));
      assert.ok(!shown.includes(KEY), name);
    }
    assert.equal(inspect(made.Client), "Client { layers: [], dataviews: [], username: 'demo' }");
    assert.match(inspect(made.Layer), /source: Dataset \{ id: 'S\d+', tableName: 'cities', filters: \[\] \}/);
    assert.match(inspect(made.SQL), /query: 'SELECT 1'/);
    assert.equal(inspect(made.BoundingBox.setBounds({ west: 1, south: 2, east: 3, north: 4 })), 'BoundingBox { bounds: { west: 1, south: 2, east: 3, north: 4 } }');
  });

  test('JSON has nothing of the glue, and never a key', () => {
    for (const [name, object] of Object.entries(made)) {
      const { type, ...rest } = JSON.parse(JSON.stringify(object));
      assert.deepEqual(rest, {}, name);
      assert.ok(type === undefined || ['bbox', 'circle', 'polygon'].includes(type), name);
    }
  });

  test('the stack of an error begins where the page called', () => {
    const limit = Error.stackTraceLimit;
    const stacks = [
      [() => new carto.Client({}), /^CartoError: apiKey property is required\.\n +at new /],
      [() => made.Layer.setStyle(3), /^CartoError: The given object is not a valid style[^\n]*\n +at Layer\.setStyle /],
    ].map(([callOfThePage, begin]) => {
      try {
        callOfThePage();
      } catch (error) {
        assert.match(error.stack.slice(0, 300), begin);
        return error.stack;
      }
      return assert.fail('nothing was thrown');
    });
    for (const stack of stacks) {
      assert.match(stack, /at callOfThePage |names\.test\.mjs/);
      assert.doesNotMatch(stack, /wasm-function/);
    }
    assert.equal(Error.stackTraceLimit, limit);
  });

  test('a browser names objects and methods so, too', async () => {
    const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: FLAGS });
    try {
      const page = await browser.newPage();
      const session = await page.context().newCDPSession(page);
      const said = [];
      session.on('Runtime.consoleAPICalled', ({ args }) => said.push(args[0]));
      await session.send('Runtime.enable');
      await page.addScriptTag({ content: await readFile(SCRIPT, 'utf8') });
      const names = await page.evaluate(`{
        const made = (${MAKE})(carto);
        for (const object of Object.values(made)) console.log(object);
        Object.keys(made);
      }`);
      assert.deepEqual(said.map(({ className }) => className), names);
      for (const { preview } of said) {
        // Its address in WebAssembly's memory is all that a browser finds there, and who keeps whom alive.
        const shown = preview.properties.map(({ name }) => name).filter((name) => name !== 'type' && !name.startsWith('#'));
        assert.ok(shown.length <= 3, `${preview.description} shows ${shown.join()}`);
        assert.ok(!JSON.stringify(preview).includes(KEY));
      }
    } finally {
      await browser.close();
    }
  });
});
