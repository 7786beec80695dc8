// <carto-legend>: what it makes of the ramps that a server tells, and what it does when they change or are not there.
/* global client, drawn, layer, legend, made, makeClient, makeLayer, part, texts */
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Answers } from './answers.mjs';
import { launch } from './browser.mjs';
import { complaints, widgetsPage } from './widgets-page.mjs';

const range = (start, end, value) => ({ filter: { type: 'range', start, end }, value });
const category = (name, value) => ({ filter: { type: 'category', name }, value });
const rest = (value) => ({ filter: { type: 'default' }, value });
const rule = (prop, column, buckets) => ({ prop, column, mapping: '=', buckets });

const WIDTHS = rule('marker-width', 'pop_max', [range(0, 1500, 4), range(1500, 20000, 20), range(20000, 20000, 900)]);
const FILLS = rule('marker-fill', 'kind', [category('capital', '#ff0000'), category(null, '#00ff00'), category(7, '#0000ff'), rest('#cccccc')]);

describe('the legend', { timeout: 240_000 }, () => {
  let answers, browser, page, seen;

  before(async () => {
    answers = await Answers.start();
    browser = await launch();
    ({ page, seen } = await widgetsPage(browser, answers));
    await page.evaluate(() => {
      document.querySelector('#map').remove();
      document.body.insertAdjacentHTML('beforeend', '<main><h1>Legend</h1><carto-legend heading="Cities"></carto-legend></main>');
      window.legend = document.querySelector('carto-legend');
      window.part = (name) => [...legend.shadowRoot.querySelectorAll(`[part~="${name}"]`)];
      window.texts = (name) => part(name).map((element) => element.textContent.trim());
      window.made = async (more) => {
        window.layer = makeLayer('one', more);
        window.client = makeClient();
        await client.addLayer(layer).catch(() => {});
        return layer;
      };
      window.drawn = () => legend.updateComplete;
    });
  });
  afterEach(async () => {
    answers.reset();
    await page.evaluate(() => {
      Object.assign(legend, { layer: undefined, labels: undefined });
      window.client?.dispose();
    });
    assert.deepEqual(seen.errors, []);
  });
  after(async () => {
    await browser?.close();
    answers?.stop();
  });

  /** Lets the server tell these rules of every layer. */
  const rules = (...all) => {
    answers.instead = ({ kind, config, number }) =>
      kind !== 'map' ? undefined : { body: { layergroupid: `g${number}:1`, metadata: { layers: config.layers.map(({ id }) => ({ type: 'mapnik', id, meta: { cartocss_meta: { rules: all } } })) } } };
  };

  test('shows sizes, colours and the rest, with what they stand for', async () => {
    rules(WIDTHS, FILLS);
    const shown = await page.evaluate(async () => {
      legend.layer = makeLayer('one');
      window.layer = legend.layer;
      window.client = makeClient();
      await drawn();
      const before = legend.state;
      await client.addLayer(layer);
      await drawn();
      const looks = part('symbol').map((cell) => cell.firstElementChild && [getComputedStyle(cell.firstElementChild).color, cell.firstElementChild.offsetWidth]);
      return { before, state: legend.state, titles: texts('title'), labels: texts('label'), looks: looks.map(([color, width], at) => (at < 3 ? width : color)) };
    });
    assert.deepEqual(shown, {
      before: 'loading',
      state: 'loaded',
      titles: ['pop_max', 'kind'],
      labels: ['0 – 1,500', '1,500 – 20,000', '20,000', 'capital', 'No value', '7', 'All others'],
      looks: [4, 20, 48, 'rgb(255, 0, 0)', 'rgb(0, 255, 0)', 'rgb(0, 0, 255)', 'rgb(204, 204, 204)'],
    });
    assert.deepEqual(await complaints(page), []);
  });

  test('of a layer that was loaded before, with the names of the page, in its language', async () => {
    rules(WIDTHS, FILLS);
    const shown = await page.evaluate(async () => {
      const layer = await made();
      const rules = layer.getMetadata().map((rule) => rule.getProperty());
      Object.assign(legend, { layer, labels: { pop_max: 'People', capital: 'Capital', 7: 'Seven' } });
      legend.lang = 'de';
      await drawn();
      const result = [rules, makeLayer('two').getMetadata(), texts('title'), texts('label')];
      legend.removeAttribute('lang');
      return result;
    });
    assert.deepEqual(shown, [['marker-width', 'marker-fill'], undefined, ['People', 'kind'], ['0 – 1.500', '1.500 – 20.000', '20.000', 'Capital', 'No value', 'Seven', 'All others']]);
  });

  test('of many classes it makes one bar, of many categories a list that scrolls', async () => {
    const many = Array.from({ length: 20 }, (_, index) => range(index / 10, (index + 1) / 10, `rgb(${index}, 0, 0)`));
    rules(rule('polygon-fill', 'share', many), rule('line-color', 'name', Array.from({ length: 30 }, (_, index) => category(`n${index}`, '#abc'))));
    const shown = await page.evaluate(async () => {
      legend.layer = await made();
      await drawn();
      const [bar] = part('bar');
      const list = part('list')[0];
      list.focus();
      const { activeElement } = legend.shadowRoot;
      return {
        steps: bar.children.length,
        last: getComputedStyle(bar.lastElementChild).backgroundColor,
        name: bar.ariaLabel,
        rows: list.children.length,
        scrolls: list.scrollHeight > list.clientHeight && activeElement === list,
      };
    });
    assert.deepEqual(shown, { steps: 20, last: 'rgb(19, 0, 0)', name: 'share: 0 – 2', rows: 30, scrolls: true });
    assert.deepEqual(await complaints(page), []);
  });

  test('says that a layer is hidden, that all looks the same, and why there is nothing', async () => {
    rules(FILLS);
    const hidden = await page.evaluate(async () => {
      legend.layer = await made({ visible: false });
      await drawn();
      const before = texts('note');
      layer.show();
      await drawn();
      return [before, texts('note')];
    });
    assert.deepEqual(hidden, [['The layer is hidden', ''], ['']]);
    rules();
    const empty = await page.evaluate(async () => {
      legend.layer = await made();
      await drawn();
      return [legend.state, texts('note')];
    });
    assert.deepEqual(empty, ['empty', ['All features look the same']]);
    answers.instead = ({ kind }) => (kind === 'map' ? { status: 400, body: { errors: ['style0: no such <b>column</b>'], errors_with_context: [{ type: 'layer', layer: { id: 'one', index: 0 }, message: 'no such <b>column</b>' }] } } : undefined);
    const failed = await page.evaluate(async () => {
      const layer = makeLayer('one');
      legend.layer = layer;
      window.client = makeClient();
      await client.addLayer(layer).catch(() => {});
      await drawn();
      return [legend.state, texts('note').join().includes('<b>column</b>'), legend.shadowRoot.querySelector('b')];
    });
    assert.deepEqual(failed, ['error', true, null]);
    assert.deepEqual(await complaints(page), []);
  });

  test('follows its layer as long as it is on the page, and another one afterwards', async () => {
    rules(FILLS);
    await page.evaluate(async () => (legend.layer = await made()));
    rules(rule('marker-fill', 'other', [category('x', '#f00')]));
    const titles = await page.evaluate(async () => {
      const seen = [];
      const parent = legend.parentElement;
      legend.remove();
      await layer.setStyle(new carto.style.CartoCSS('#l { marker-width: 2; }'));
      await drawn();
      seen.push(texts('title'));
      parent.append(legend);
      await drawn();
      seen.push(texts('title'));
      legend.layer = makeLayer('two');
      await drawn();
      layer.trigger('metadataChanged', { styles: layer.getMetadata() });
      await drawn();
      seen.push(texts('title'), legend.state);
      return seen;
    });
    assert.deepEqual(titles, [['kind'], ['other'], [], 'loading']);
  });

  test('takes hostile values as text, loads safe pictures only, and reads right to left', async () => {
    const script = '<img src=x onerror="window.hacked = 1">';
    rules(
      rule('marker-file', script, [category(script, 'url(javascript:window.hacked=1)'), category('http', 'http://127.0.0.1:9/a.png'), category('page', 'data:text/html,<script>window.hacked=1</script>'), category('ok', 'url("data:image/gif;base64,R0lGODlhAQABAAAAACw=")')]),
      rule('marker-fill', 'constructor', [category('constructor', 'red; background: url(http://127.0.0.1:9/b.png)'), category('var', 'var(--x, url(http://127.0.0.1:9/c.png))'), category({}, 'red')]),
      rule('marker-width', 'broken', [range(null, 'x', 1e308), range(0, -5, -4), range(5, 5, { a: 1 })]),
      rule('marker-fill', 'none', [range(0, 1, null)]),
    );
    seen.requests.length = 0;
    const shown = await page.evaluate(async () => {
      document.documentElement.dir = 'rtl';
      Object.assign(legend, { labels: {}, layer: await made() });
      await drawn();
      const cells = part('symbol');
      const right = cells[0].getBoundingClientRect().left > part('label')[0].getBoundingClientRect().left;
      document.documentElement.dir = '';
      return [window.hacked, texts('title'), cells.map((cell) => cell.firstElementChild?.localName ?? ''), right, Math.max(...cells.map((cell) => cell.offsetWidth))];
    });
    assert.deepEqual(shown, [undefined, [script, 'constructor', 'broken', 'none'], ['', '', '', 'img', '', 'i', 'i', 'i', 'i', '', ''], true, 48]);
    assert.deepEqual(seen.requests.filter(({ url }) => url.includes(':9/')), []);
  });
});
