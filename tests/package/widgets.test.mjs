// What charts of the widgets work out, and the entries where there is no browser.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const { outputFiles } = await build({ entryPoints: [join(ROOT, 'pkg/widgets/bins.ts')], bundle: true, format: 'esm', write: false });
const { barsOf, countOf, dateParts, edgesOf, grouped, numberTicks, rowTicks, timeTicks, within } = await import(`data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`);

const bins = (count) => Array.from({ length: count }, (_, at) => ({ start: at * 10, end: at * 10 + 10, freq: at }));
const YEAR = 365 * 86_400;

describe('widgets', () => {
  test('neighbours are one bar where there is little room, and no row is lost', () => {
    assert.deepEqual(grouped(bins(5), 2), [{ start: 0, end: 30, freq: 3 }, { start: 30, end: 50, freq: 7 }]);
    assert.deepEqual(grouped(bins(3), 10), bins(3));
    assert.deepEqual([grouped([], 3), edgesOf([])], [[], []]);
  });

  test('a selection takes the bars with the nearest edges, one at least', () => {
    const edges = edgesOf(bins(4));
    assert.deepEqual(edges, [0, 10, 20, 30, 40]);
    assert.deepEqual([barsOf(edges, [11, 29]), barsOf(edges, [11, 12]), barsOf(edges, [39, 90]), barsOf(edges, [-9, 90])], [[1, 3], [1, 2], [3, 4], [0, 4]]);
    assert.deepEqual([barsOf(edges, [50, 60]), barsOf(edges, [-9, 0]), barsOf(edges, null), barsOf([], [0, 1])], [null, null, null, null]);
    assert.equal(countOf(bins(4), [1, 3]), 3);
    assert.deepEqual(within(bins(4), [10, 30]).map(({ start }) => start), [10, 20]);
  });

  test('ticks are round, and stand side by side', () => {
    const text = (value) => value.toLocaleString('en');
    for (const width of [60, 150, 300, 700, 1400]) {
      const marks = numberTicks([0, 22_000_000], width, text);
      for (const [at, mark] of marks.entries()) {
        assert.ok(mark.at >= 0 && mark.at <= 1);
        if (at) assert.ok((mark.at - marks[at - 1].at) * width >= 6 * mark.text.length, `${mark.text} at ${width} pixels`);
      }
    }
    assert.deepEqual(numberTicks([0, 100], 300, text).map((mark) => mark.text), ['0', '20', '40', '60', '80', '100']);
    assert.deepEqual([rowTicks(2, 3), rowTicks(1, 3), rowTicks(0, 3)], [[1, 2], [1], []]);
    const years = timeTicks([0, 10 * YEAR], 300, (seconds) => new Date(seconds * 1000).toISOString());
    assert.ok(years.length >= 1 && years.every((mark) => mark.text.endsWith('-01-01T00:00:00.000Z')), JSON.stringify(years));
    assert.deepEqual([dateParts(YEAR), dateParts(30 * 86_400).month, dateParts(86_400).day, dateParts(60).hour], [{ year: 'numeric' }, 'short', 'numeric', 'numeric']);
  });

  test('both entries can be loaded where there is no element, and bring no module of WebAssembly', async () => {
    const script = createRequire(import.meta.url)(join(ROOT, 'pkg/carto.widgets.js'));
    const module = await import(join(ROOT, 'pkg/carto.widgets.mjs'));
    assert.deepEqual(Object.keys(script).sort(), Object.keys(module).sort());
    assert.equal(globalThis.customElements, undefined);
  });
});
