import assert from 'node:assert/strict';
import { test } from 'node:test';
import { between, line, median } from './table.mjs';

test('medians are in the middle', () => {
  assert.equal(median([3, 1, 2]), 2);
  assert.equal(median([4, 1, 3, 2]), 2.5);
});

test('a line says what was measured and whether the aim was reached', () => {
  const both = { reference: [10, 12, 11], ours: [2, 3, 2.5] };
  assert.equal(line({ name: 'a', unit: 'ms', aim: 0.25 }, both), '| a | ms | 11.0 (10.0–12.0) | 2.50 (2.00–3.00) | 0.23 | 0.25 |');
  assert.match(line({ name: 'a', unit: 'ms', aim: 0.1 }, both), /\| 0.23 \| 0.1: missed \|$/);
  assert.equal(line({ name: 'b', unit: 'bytes' }, { reference: [2_000_000], ours: [1_500_000] }), '| b | bytes | 2,000,000 | 1,500,000 | 0.75 |  |');
});

test('a table goes between its marks', () => {
  assert.equal(between('a<!-- t -->old<!-- end of t -->b', 't', 'new'), 'a<!-- t -->\nnew\n<!-- end of t -->b');
  assert.throws(() => between('a', 't', 'new'), /no place for t/);
});
