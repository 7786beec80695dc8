// The widgets on a page with real dataviews: what they show, what a selection does, keyboard, states, looks and life.
/* global made, put, settle */
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, before, beforeEach, describe, test } from 'node:test';
import { colours, launch, mostly, PAGE, SERVER, until, watchedPage } from './browser.mjs';

const SETTINGS = { apiKey: 'default_public', username: 'demo', serverUrl: `${SERVER}/user/{username}` };
const HOSTILE = '<img src=x onerror="window.harmed = true">';

/** What the page has for the tests. */
function helpers(settings) {
  // Few rows, so that a selection can be counted by hand; the days are one year apart.
  const QUERY = `SELECT *, (timestamp '1990-01-01' + (cartodb_id % 10) * interval '1 year') AS founded, cartodb_id % 100 AS hundred,
    CASE WHEN cartodb_id % 4 = 0 THEN 'four' WHEN cartodb_id % 4 = 1 THEN '${window.HOSTILE.replaceAll("'", "''")}' WHEN cartodb_id % 4 = 2 THEN 'two' END AS kind FROM cities WHERE cartodb_id <= 1000`;
  window.made = (add) => {
    const client = new carto.Client(settings);
    const source = new carto.source.SQL(QUERY);
    const dataviews = add(source, carto.dataview);
    client.addDataviews(Object.values(dataviews)).catch(() => {});
    return { client, source, ...dataviews };
  };
  window.put = (tag, properties) => {
    const widget = Object.assign(document.createElement(tag), properties);
    document.querySelector('main').append(widget);
    return widget;
  };
  window.settle = async (check) => {
    for (const end = Date.now() + 30_000; ; ) {
      const found = await check();
      if (found) return found;
      if (Date.now() > end) throw new Error(`waited in vain for ${check}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
}

/** The whole pixels within a box. */
const rounded = ({ x, y, width, height }) => ({ x: Math.ceil(x), y: Math.ceil(y), width: Math.max(1, Math.floor(width)), height: Math.max(1, Math.floor(height)) });

describe('widgets', { timeout: 480_000 }, () => {
  let browser, page, seen;

  async function open(scripts = '<script src="/pkg/carto.widgets.js"></script>', options = {}) {
    const opened = await watchedPage(browser, { viewport: { width: 420, height: 900 }, ...options });
    // A document of HTML: in the one of a JSON file no element is upgraded.
    await opened.page.goto(`${PAGE}/examples/index.html`, { waitUntil: 'commit' });
    await opened.page.setContent(`<!doctype html><html lang="en"><title>Widgets</title><link rel="icon" href="data:,"><script src="/pkg/carto.js"></script>${scripts}<main></main></html>`);
    await opened.page.evaluate((text) => (window.HOSTILE = text), HOSTILE);
    await opened.page.evaluate(helpers, SETTINGS);
    opened.seen.errors.length = 0;
    return opened;
  }

  before(async () => {
    browser = await launch();
    ({ page, seen } = await open());
  });
  beforeEach(() => page.evaluate(() => document.querySelector('main').replaceChildren()));
  after(() => browser?.close());

  const box = async (selector) => page.locator(selector).boundingBox();

  test('a formula shows its number in the language of the page', async () => {
    await page.evaluate(() => {
      window.it = made((source, { Formula }) => ({ formula: new Formula(source, 'cartodb_id', { operation: 'sum' }) }));
      window.widget = put('carto-formula', { heading: 'Numbers', unit: 'in all', dataview: window.it.formula });
    });
    const value = page.locator('carto-formula [part=value]');
    await until(async () => (await value.textContent()).includes('500,500'), 'the number');
    assert.equal(await value.textContent(), '500,500in all');
    await page.evaluate(() => (document.documentElement.lang = 'de'));
    await until(async () => (await value.textContent()).includes('500.500'), 'the number in German');
    await page.evaluate(() => (window.widget.lang = 'no language'));
    await page.evaluate(() => Object.assign(window.widget, { format: (number) => `<b>${number}</b>` }));
    await until(async () => (await value.textContent()).startsWith('<b>500500</b>'), 'the number as the page writes it');
    await page.evaluate(() => (document.documentElement.lang = 'en'));
  });

  test('a category widget filters its source, not itself, and clears', async () => {
    await page.evaluate(() => {
      window.it = made((source, { Category, Formula }) => ({ kinds: new Category(source, 'kind'), count: new Formula(source, 'cartodb_id') }));
      window.widget = put('carto-category', { heading: 'Kinds', dataview: window.it.kinds, filters: window.it.source });
      window.told = [];
      window.widget.addEventListener('carto-selection', ({ detail }) => window.told.push(detail.selection));
    });
    const rows = page.locator('carto-category [part=name]');
    await until(async () => (await rows.count()) === 3, 'rows');
    // Names are text.
    const names = await rows.allTextContents();
    assert.deepEqual([...names].sort(), ['four', 'two', HOSTILE].sort());
    assert.equal(await page.evaluate(() => window.harmed), undefined);
    assert.equal(await page.locator('carto-category img').count(), 0);
    await page.locator('carto-category button.row', { hasText: 'four' }).click();
    await page.locator('carto-category button.row', { hasText: '<img' }).click();
    await until(() => page.evaluate(() => window.it.count.getData().result === 500), 'the filtered count');
    await until(() => page.evaluate(() => window.it.kinds.isLoaded()), 'its own data');
    assert.equal(await rows.count(), 3, 'it shows what can be selected, too');
    assert.deepEqual(await page.evaluate(() => [window.told.at(-1), window.it.source.getFilters().length, window.it.kinds.getExceptFilters().length]), [['four', HOSTILE], 1, 1]);
    // Locked: its own filter counts, so that only what is selected is there.
    await page.getByRole('button', { name: 'Show selected only' }).click();
    await until(() => page.evaluate(() => window.it.kinds.getData().categories.length === 2), 'the locked data');
    assert.equal(await rows.count(), 2);
    await page.getByRole('button', { name: 'Show all' }).click();
    await until(async () => (await rows.count()) === 3, 'all again');
    await page.getByRole('button', { name: 'Clear' }).click();
    await until(() => page.evaluate(() => window.it.count.getData().result === 1000 && window.it.source.getFilters().length === 0), 'the whole count');
  });

  test('a category widget finds what is not among the largest', async () => {
    await page.evaluate(() => {
      window.it = made((source, { Category }) => ({ hundreds: new Category(source, 'hundred', { limit: 3 }) }));
      window.widget = put('carto-category', { heading: 'Hundreds', searchable: true, dataview: window.it.hundreds });
    });
    const rows = page.locator('carto-category [part=name]');
    await until(async () => (await rows.count()) === 3, 'rows');
    assert.equal((await rows.allTextContents()).at(-1), 'All others');
    await page.getByRole('searchbox').fill('77');
    await until(async () => (await rows.allTextContents()).join() === '77', 'what is looked for');
    await page.getByRole('searchbox').fill('no such');
    await until(async () => (await page.evaluate(() => window.widget.shadowRoot.textContent)).includes('Nothing found'), 'that nothing is found');
    await page.getByRole('searchbox').fill('');
    await page.getByRole('searchbox').blur();
    await until(async () => (await rows.count()) === 3, 'the rows of before');
    assert.equal(await page.evaluate(() => window.it.hundreds.getLimit()), 3);
  });

  test('categories are selected by keyboard', async () => {
    await page.evaluate(() => {
      window.it = made((source, { Category }) => ({ kinds: new Category(source, 'kind') }));
      window.widget = put('carto-category', { heading: 'Kinds', selectable: true, dataview: window.it.kinds });
    });
    await until(async () => (await page.locator('carto-category button.row').count()) === 3, 'rows');
    await page.locator('carto-category button.row').first().focus();
    for (const key of ['End', 'ArrowUp', 'Space', 'Home', 'Enter']) await page.keyboard.press(key);
    const names = await page.locator('carto-category button.row .name').allTextContents();
    assert.deepEqual(await page.evaluate(() => window.widget.selection), [names[1], names[0]]);
    assert.equal(await page.locator('carto-category button.row[tabindex="0"]').count(), 1, 'one stop for Tab');
  });

  test('a histogram is brushed by mouse and keyboard, zooms, and shows everything again', async () => {
    await page.evaluate(() => {
      window.it = made((source, { Histogram, Formula }) => ({ ids: new Histogram(source, 'hundred', { bins: 10 }), count: new Formula(source, 'cartodb_id') }));
      window.widget = put('carto-histogram', { heading: 'Numbers', dataview: window.it.ids, filters: window.it.source });
    });
    await until(async () => (await page.locator('carto-histogram [part=bar]').count()) === 10, 'bars');
    const { x, y, width, height } = await box('carto-histogram [part=brush]');
    const at = (share) => [x + width * share, y + height / 2];
    await page.mouse.move(...at(0.22));
    await page.mouse.down();
    await page.mouse.move(...at(0.48), { steps: 4 });
    await page.mouse.up();
    const bins = () => page.evaluate(() => window.it.ids.getData().bins.length);
    const count = (expected) => until(() => page.evaluate((number) => window.it.count.getData().result === number && window.it.ids.isLoaded(), expected), `${expected} rows`);
    await count(300);
    assert.equal(await bins(), 10);
    const selection = await page.evaluate(() => window.widget.selection);
    assert.ok(Math.abs(selection[0] - 19.8) < 1e-6 && Math.abs(selection[1] - 49.5) < 1e-6, String(selection));
    // The ends are sliders.
    const end = page.getByRole('slider', { name: 'To' });
    await end.focus();
    await page.keyboard.press('ArrowRight');
    await count(400);
    assert.equal(await end.getAttribute('aria-valuetext'), '59.4');
    await page.keyboard.press('Shift+ArrowLeft');
    await until(() => page.evaluate(() => window.widget.selection[0] < 10), 'the moved selection');
    await count(400);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await until(() => page.evaluate(() => window.it.ids.getData().bins[0].start > 9 && window.it.ids.getData().bins.at(-1).end < 50), 'finer bins');
    await page.getByRole('button', { name: 'Show all' }).click();
    await count(1000);
    await until(() => page.evaluate(() => window.it.ids.getData().bins.at(-1).end === 99), 'all bins');
    // A click takes a bar, another one takes it back; Escape, too.
    await page.mouse.click(...at(0.95));
    await count(100);
    await page.getByRole('slider', { name: 'From' }).focus();
    await page.keyboard.press('Escape');
    await count(1000);
  });

  test('a time series filters by time, plays, and stops when it is taken', async () => {
    await page.evaluate(() => {
      window.it = made((source, { TimeSeries, Formula }) => ({ years: new TimeSeries(source, 'founded', { aggregation: 'year' }), count: new Formula(source, 'cartodb_id') }));
      window.widget = put('carto-time-series', { heading: 'Founded', dataview: window.it.years, filters: window.it.source, interval: 200 });
    });
    await until(async () => (await page.locator('carto-time-series [part=bar]').count()) === 10, 'bars');
    await page.evaluate(() => (window.widget.selection = [Date.UTC(1992) / 1000, Date.UTC(1994) / 1000]));
    await until(() => page.evaluate(() => window.it.count.getData().result === 200 && window.it.years.isLoaded()), 'the filtered count');
    assert.match(await page.locator('carto-time-series [part=caption]').textContent(), /^200 · 1992 – 1993$/);
    await page.getByRole('button', { name: 'Play' }).click();
    await until(() => page.evaluate(() => window.widget.selection[0] >= Date.UTC(1994) / 1000), 'a later window');
    assert.equal(await page.evaluate(() => Math.round((window.widget.selection[1] - window.widget.selection[0]) / 86_400 / 365)), 2);
    await page.getByRole('slider', { name: 'From' }).focus();
    await page.keyboard.press('ArrowLeft');
    assert.equal(await page.evaluate(() => window.widget.playing), false);
    await page.getByRole('button', { name: 'Zoom in' }).click();
    await until(async () => (await page.locator('carto-time-series [part=bar]').count()) < 10, 'fewer bars');
    await page.getByRole('button', { name: 'Show all' }).click();
    await until(async () => (await page.locator('carto-time-series [part=bar]').count()) === 10, 'all bars');
  });

  test('errors come with their hint, and no data is told', async () => {
    await page.evaluate(() => {
      window.wrong = made((source, { Formula }) => ({ formula: new Formula(source, 'no_such_column') }));
      window.bad = put('carto-formula', { heading: 'Wrong', dataview: window.wrong.formula });
      window.it = made((source, { Category, Histogram }) => {
        source.addFilter(new carto.filter.Range('cartodb_id', { lt: 0 }));
        return { kinds: new Category(source, 'kind'), ids: new Histogram(source, 'cartodb_id') };
      });
      window.none = [put('carto-category', { dataview: window.it.kinds }), put('carto-histogram', { dataview: window.it.ids })];
    });
    await until(() => page.evaluate(() => window.bad.state === 'error' && window.none.every(({ state }) => state === 'empty')), 'the states');
    assert.match(await page.locator('carto-formula [role=status]').textContent(), /no_such_column/);
    assert.match(await page.locator('carto-category [role=status]').first().textContent(), /No data here/);
    // It goes on when the reason is gone.
    await page.evaluate(() => window.wrong.formula.setColumn('cartodb_id'));
    await until(() => page.evaluate(() => window.bad.state === 'loaded'), 'the number');
    await page.evaluate(() => Object.assign(window.none[0], { texts: { empty: 'Nichts' } }));
    await until(async () => (await page.evaluate(() => window.none[0].shadowRoot.textContent)).includes('Nichts'), 'the page’s own word');
  });

  test('what leaves the page listens no more and filters no more, and comes back as it was', async () => {
    const log = await page.evaluate(async () => {
      const it = made((source, { Category }) => ({ kinds: new Category(source, 'kind'), hundreds: new Category(source, 'hundred') }));
      const counts = new Map();
      for (const dataview of [it.kinds, it.hundreds]) {
        counts.set(dataview, 0);
        const { on, off } = dataview;
        dataview.on = (...args) => (counts.set(dataview, counts.get(dataview) + 1), on.apply(dataview, args));
        dataview.off = (...args) => (counts.set(dataview, counts.get(dataview) - 1), off.apply(dataview, args));
      }
      const listeners = () => [it.kinds, it.hundreds].map((dataview) => counts.get(dataview));
      const filters = () => it.source.getFilters().length;
      const widget = put('carto-category', { dataview: it.kinds, filters: it.source });
      await settle(() => widget.state === 'loaded');
      widget.selection = ['two'];
      await widget.updateComplete;
      const all = [['there', listeners(), filters()]];
      document.querySelector('main').prepend(widget);
      await Promise.resolve();
      all.push(['moved', listeners(), filters()]);
      widget.remove();
      await Promise.resolve();
      all.push(['gone', listeners(), filters(), it.kinds.getExceptFilters().length]);
      document.querySelector('main').append(widget);
      await widget.updateComplete;
      all.push(['back', listeners(), filters(), widget.selection]);
      widget.selection = [];
      widget.dataview = it.hundreds;
      await widget.updateComplete;
      all.push(['another', listeners(), filters(), it.kinds.getExceptFilters().length]);
      widget.dataview = null;
      await widget.updateComplete;
      all.push(['none', listeners(), widget.state]);
      return all;
    });
    assert.deepEqual(log, [
      ['there', [3, 0], 1],
      ['moved', [3, 0], 1],
      ['gone', [0, 0], 0, 0],
      ['back', [3, 0], 1, ['two']],
      ['another', [0, 3], 0, 0],
      ['none', [0, 0], 'idle'],
    ]);
  });

  for (const [what, options, direction] of [['light', {}, 'ltr'], ['dark', { colorScheme: 'dark' }, 'rtl'], ['forced colours', { forcedColors: 'active' }, 'ltr']]) {
    test(`axe has nothing to say in ${what}, ${direction}, and nothing is wider than a phone`, async () => {
      const { page: other, seen: told } = await open(undefined, { viewport: { width: 390, height: 900 }, ...options });
      await other.evaluate((dir) => {
        document.documentElement.dir = dir;
        const it = made((source, { Formula, Category, Histogram, TimeSeries }) => ({
          sum: new Formula(source, 'cartodb_id'), kinds: new Category(source, 'kind'), ids: new Histogram(source, 'hundred'), years: new TimeSeries(source, 'founded'), wrong: new Formula(source, 'no_such'),
        }));
        const filters = it.source;
        const all = [put('carto-formula', { heading: 'Sum', dataview: it.sum }), put('carto-category', { heading: 'Kinds', dataview: it.kinds, filters, searchable: true, selection: ['two'] }),
          put('carto-histogram', { heading: 'Numbers', dataview: it.ids, filters, selection: [20, 60] }), put('carto-time-series', { heading: 'Founded', dataview: it.years, filters })];
        window.all = [...all, put('carto-formula', { heading: 'Wrong', dataview: it.wrong })];
      }, direction);
      // One of a client's dataviews is refused: none has data.
      await until(() => other.evaluate(() => window.all.at(-1).state === 'error'), 'the refusal');
      await other.evaluate(() => window.all.at(-1).dataview.setColumn('cartodb_id'));
      await until(() => other.evaluate(() => window.all.every(({ state }) => state === 'loaded')), 'data');
      await other.evaluate(await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8'));
      const { violations, passes } = await other.evaluate(() => window.axe.run('main'));
      assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} ${failureSummary}`)}`), []);
      assert.ok(passes.length > 12, `${passes.length} checks`);
      assert.equal(await other.evaluate(() => document.documentElement.scrollWidth <= 390), true);
      const [first, last] = await Promise.all(['first', 'last'].map((which) => other.locator('carto-histogram [part=bar]')[which]().boundingBox()));
      assert.equal(first.x > last.x, direction === 'rtl', 'the first bar is where text begins');
      // In whatever colours: bars stand out, chosen ones from others, and the ends of a selection are there.
      const colourOf = async (selector) => {
        const part = other.locator(selector).first();
        await part.scrollIntoViewIfNeeded();
        return mostly(await colours(other, rounded(await part.boundingBox())));
      };
      const paper = await colourOf('carto-formula [part=heading]');
      const [out, chosen] = [await colourOf('carto-histogram [part=bar].out'), await colourOf('carto-histogram [part=bar]:not(.out)')];
      const bars = [await colourOf('carto-time-series [part=bar]'), await colourOf('carto-category [part=bar]'), chosen, out];
      assert.ok(!bars.includes(paper), `bars of ${bars} on ${paper}`);
      assert.notEqual(out, chosen);
      assert.notEqual(await colourOf('carto-category [aria-pressed=true] [part=bar]'), await colourOf('carto-category [aria-pressed=false] [part=bar]'));
      const handle = await other.locator('carto-histogram [part=handle]').first().boundingBox();
      const ends = await colours(other, rounded(handle));
      assert.ok(Object.keys(ends).length > 2, `a handle on a bar: ${Object.keys(ends)}`);
      assert.deepEqual(told.errors, []);
      await other.close();
    });
  }

  test('the module registers the same elements, beside the script and alone, and a second script harms nobody', async () => {
    const same = await page.evaluate(async () => {
      const before = customElements.get('carto-formula');
      const classes = await import('/pkg/carto.widgets.mjs');
      await new Promise((resolve, reject) => document.head.append(Object.assign(document.createElement('script'), { src: '/pkg/carto.widgets.js?again', onload: resolve, onerror: reject })));
      return [customElements.get('carto-formula') === before, Object.keys(classes).sort()];
    });
    assert.equal(same[0], true);
    for (const name of ['CategoryWidget', 'FormulaWidget', 'HistogramWidget', 'TimeSeriesWidget']) assert.ok(same[1].includes(name), name);
    const { page: alone, seen: told } = await open('<script type="module" src="/pkg/carto.widgets.mjs"></script>');
    await alone.evaluate(() => customElements.whenDefined('carto-time-series'));
    // Before the element is known its properties are plain ones of the object.
    const upgraded = await alone.evaluate(async () => {
      const { FormulaWidget } = await import('/pkg/carto.widgets.mjs');
      return document.createElement('carto-formula') instanceof FormulaWidget;
    });
    assert.equal(upgraded, true);
    assert.deepEqual(told.errors, []);
    await alone.close();
  });

  test('no error was left on the page', () => assert.deepEqual(seen.errors, []));
});
