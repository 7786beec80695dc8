// Calls that no page should make, many of them, over every function and member that pages can reach: each ends in an error that
// pages may see, and the module works afterwards. CARTO_HOSTILE_CALLS says how many, CARTO_HOSTILE_SEED which; a failure names
// its seed and call.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { Answers, pageFor } from './answers.mjs';
import { launch } from './browser.mjs';

const CALLS = Number(process.env.CARTO_HOSTILE_CALLS ?? 100_000);
const SEED = Number(process.env.CARTO_HOSTILE_SEED ?? 20_261);
const BATCH = 5_000;

describe('hostile calls', { timeout: 120_000 + CALLS * 5 }, () => {
  let answers, browser, page;

  before(async () => {
    answers = await Answers.start();
    browser = await launch();
    ({ page } = await pageFor(browser, answers));
    await page.evaluate(() => {
      // What a page's own network would say, at once: maps, dataviews, and what is none of them.
      let asked = 0;
      window.fetch = async (url, { signal } = {}) => {
        signal?.throwIfAborted();
        if (asked++ % 5 === 4) return new Response(['{"errors":["no"]}', 'x', '', '[]'][asked % 4], { status: asked % 2 ? 400 : 200 });
        const answer = /\/dataview\//.test(url) ? { operation: 'count', result: 1, nulls: 0, categories: [], bins: [] } : { layergroupid: `g:${asked}`, metadata: { layers: [], dataviews: {} }, rows: [], result: [] };
        return new Response(JSON.stringify(answer));
      };
      window.works = async () => {
        const real = window.fetch;
        window.fetch = async (url) => new Response(JSON.stringify(/\/dataview\//.test(url) ? { operation: 'count', result: 7, nulls: 0 } : { layergroupid: 'g:1',
          metadata: { layers: [{ type: 'mapnik', id: 'L', meta: {} }], dataviews: Object.fromEntries([...decodeURIComponent(url).matchAll(/"([^"]+)":\{"type":"formula"/g)].map(([, id]) => [id, { url: { http: 'http://127.0.0.1/dataview/1', https: 'https://127.0.0.1/dataview/1' } }])) } }));
        const client = window.makeClient();
        const formula = new carto.dataview.Formula(new carto.source.SQL('SELECT 1'), 'a');
        const data = new Promise((resolve) => formula.once('dataChanged', resolve));
        await Promise.all([client.addLayer(window.makeLayer()), client.addDataview(formula)]);
        const { result } = await Promise.race([data, window.wait(30_000).then(() => ({}))]);
        window.fetch = real;
        client.dispose();
        return result === 7;
      };
    });
    await page.evaluate(readFileSync(new URL('hostile-page.js', import.meta.url), 'utf8'));
  });
  after(async () => {
    await browser?.close();
    answers?.stop();
  });

  test(`${CALLS} calls of seed ${SEED}`, async () => {
    const unfair = [];
    for (let first = 0; first < CALLS && unfair.length < 10; first += BATCH) {
      unfair.push(...(await page.evaluate(([seed, from, count]) => window.attack(seed, from, count), [SEED, first, Math.min(BATCH, CALLS - first)])));
      assert.equal(await page.evaluate(() => window.works()), true, `the library works after call ${first + BATCH}; ${unfair.join('\n')}`);
    }
    assert.equal(unfair.length, 0, unfair.join('\n\n'));
  });
});
