// Random styles, each drawn in the browser and by the server: what is seen is the same.
/* global client */
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { launch } from './browser.mjs';
import { randomStyles } from './random-styles.mjs';
import { difference, vectorPage } from './vector-page.mjs';

const QUERIES = { points: 'SELECT * FROM cities WHERE pop_max > 300000', areas: 'SELECT * FROM world_countries' };
/** `STYLES=200 SEED=7` tries others, and more of them. */
const STYLES = randomStyles(Number(process.env.SEED ?? 1), Number(process.env.STYLES ?? 20));
/** Shares of all channels. Vector tiles have rounded places, and colours are rounded at other moments. */
const MOST = 0.01;

describe('random styles in vector mode', { timeout: 60_000 + STYLES.length * 10_000 }, () => {
  let browser, map;

  before(async () => {
    browser = await launch();
    map = await vectorPage(browser);
  });
  after(() => browser?.close());

  test('look as the server draws them', async () => {
    const { page, begin, screen, seen } = map;
    let [coloured, shares] = [0, 0];
    const unlike = [];
    for (const [kind, css] of STYLES) {
      await begin('vector', [[QUERIES[kind], css]]);
      const here = await screen({ mayBeEmpty: true });
      // On which side of an area something is, tiles do not tell.
      const mode = kind === 'areas' && css.includes('line-offset') ? 'image' : 'vector';
      assert.equal(await page.evaluate(() => client.getLayers()[0].getRenderMode()), mode, css);
      await begin('raster', [[QUERIES[kind], css]]);
      const found = await difference(page, await screen({ mayBeEmpty: true }), here);
      if (process.env.STYLES) console.log(found.share.toFixed(4), css);
      if (found.share >= MOST) unlike.push(`${found.share} of ${css}`);
      [coloured, shares] = [coloured + Number(found.coloured > 1000), shares + found.share];
    }
    assert.deepEqual(unlike, []);
    assert.ok(coloured > STYLES.length / 2, `${coloured} are seen`);
    assert.ok(shares / STYLES.length < 0.002, `${shares / STYLES.length} differ in the mean`);
    assert.deepEqual(seen.errors, []);
  });
});
