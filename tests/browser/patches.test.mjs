// Pages that patch natives, before the library comes or after: the same map, the same data, the same errors as on a clean page.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Answers } from './answers.mjs';
import { launch, PAGE, watchedPage } from './browser.mjs';
import { PATCHES } from './patches.mjs';

const RESULT = 'result of the story: ';

/** Uses what pages use and tells by the console how it went: whatever else could carry it may be patched. Runs in the page. */
function story(origin, prefix) {
  const { stringify } = JSON;
  const { console, Date: Moment } = window;
  const { setPrototypeOf, create } = Object;
  const Late = Promise;
  const { isArray } = Array;
  const { apply } = Reflect;
  const names = Object.keys;
  // Only what it itself has: a page's additions are no answer.
  const bare = (value) => {
    if (typeof value !== 'object' || !value) return value;
    const copy = isArray(value) ? [] : create(null);
    const all = names(value);
    for (let at = 0; at < all.length; at++) copy[all[at]] = bare(value[all[at]]);
    return setPrototypeOf(copy, null);
  };
  const event = (object, name) => new Late((resolve) => object.once(name, resolve));
  const play = async () => {
    const log = create(null);
    const { Client, source, style, layer, dataview, filter, CartoError } = window.carto;
    const client = new Client({ apiKey: 'default_public', username: 'u', serverUrl: `${origin}/user/{username}` });
    const rows = new source.SQL('SELECT * FROM t');
    const look = new style.CartoCSS('#l { marker-width: 1; }');
    const aggregation = new layer.Aggregation({ threshold: 10, resolution: 2, placement: 'point-sample', columns: { name: { aggregateFunction: 'mode', aggregatedColumn: 'name' }, pop: { aggregateFunction: 'sum', aggregatedColumn: 'pop' } } });
    const drawn = new layer.Layer(rows, look, { id: 'drawn', featureClickColumns: ['name', 'pop'], aggregation });
    const formula = new dataview.Formula(rows, 'pop', { operation: 'sum' });
    const category = new dataview.Category(rows, 'kind', { limit: 5 });
    const kinds = new filter.Category('kind', { in: ['a', "b'c"] });
    rows.addFilter(new filter.AND([kinds, new filter.Range('pop', { gte: 3, lt: new Moment(0) })]));
    const told = [];
    drawn.on('visibilityChanged', (visible) => (told[told.length] = visible));
    const both = [event(formula, 'dataChanged'), event(category, 'dataChanged')];
    await client.addLayer(drawn);
    await client.addDataviews([formula, category]);
    log.formula = typeof (await both[0]).result;
    log.category = await both[1];
    log.read = [typeof formula.getData().result, category.getData(), formula.getStatus(), category.getLimit()];
    const box = new filter.BoundingBox();
    formula.addFilter(box);
    const again = event(formula, 'dataChanged');
    box.setBounds({ west: -10, south: -5.5, east: 20, north: 40 });
    log.inBox = (await again).operation;
    drawn.hide().show();
    await look.setContent('#l { marker-width: 2; }');
    await drawn.setFeatureOverColumns(['name']);
    await rows.setQuery('SELECT * FROM u');
    const reloaded = event(client, 'success');
    kinds.set('in', ['z']);
    await reloaded;
    log.sql = await client.sql('SELECT * FROM t WHERE a = :a AND b IN (:b)', { params: { a: "it's", b: [1, 2.5, null] } });
    const refused = [];
    const calls = [() => new source.SQL(7), () => new Client({}), () => formula.setOperation('no'), () => apply(drawn.getId, {}, []), () => client.addLayer(formula), () => client.addLayer(drawn), () => new CartoError({ message: 'm', type: 't', origin: 'o', errorCode: 'c' }),
      () => new filter.Range('a', { no: 1 }), () => box.setBounds({}), () => client.getLeafletLayer()];
    for (let at = 0; at < calls.length; at++) {
      let said;
      try { said = await calls[at](); } catch (error) { said = error; }
      const own = said instanceof CartoError ? said : create(null);
      refused[at] = [`${said}`, own.errorCode, own.type, own.origin];
    }
    log.refused = refused;
    log.lists = [client.getLayers().length, client.getLayers()[0] === drawn, client.getDataviews().length, drawn.getFeatureClickColumns(), rows.getFilters().length];
    await client.removeLayer(drawn);
    client.dispose();
    log.told = told;
    return log;
  };
  window.tell = () => play().then((log) => stringify(bare(log)), (error) => `failed: ${error?.stack ?? error}`).then((text) => console.debug(prefix + text));
}

describe('patched pages', { timeout: 600_000, concurrency: 3 }, () => {
  let browser, clean;

  before(async () => {
    browser = await launch();
    clean = await play({});
    assert.match(clean.told, /^\{/);
    assert.ok(clean.sent.length > 4, `${clean.sent.length} requests`);
  });
  after(async () => {
    await browser?.close();
  });

  /** What a page with a patch told, and what it sent. */
  async function play({ before: first = '', after: then = '' }) {
    const answers = await Answers.start();
    const context = await browser.newContext();
    try {
      const { page, seen } = await watchedPage(context, {});
      const told = new Promise((resolve) => page.on('console', (message) => message.text().startsWith(RESULT) && resolve(message.text().slice(RESULT.length))));
      await page.goto(`${PAGE}/config.json`);
      const script = (text) => `<script>${text.replaceAll('</script', '<\\/script')}</script>`;
      const load = `(${story})(${JSON.stringify(answers.origin)}, ${JSON.stringify(RESULT)});`;
      // No waiting for the page: what waits in it would meet its natives.
      void page.setContent(`<!doctype html><link rel="icon" href="data:,">${script(load)}${script(first)}<script src="/pkg/carto.js"></script>${script(then)}${script('tell()')}`).catch(() => {});
      const late = new Promise((resolve) => setTimeout(resolve, 60_000, 'nothing').unref());
      const text = await Promise.race([told, late]);
      // How often a map is asked for depends on how quick the machine is.
      const asked = answers.requests.filter(({ kind }) => kind !== 'preflight').map(({ kind, method, pathname, config, body, query }) =>
        JSON.stringify({ kind, method, pathname: pathname.replace(/^\/dataview\/\d+/, ''), config, body, query: kind === 'map' ? query.client : query }));
      const sent = [...new Set(asked)].sort();
      return { told: text.startsWith('{') ? text : `${text}; ${seen.errors.join('; ')} ${seen.console.join('; ').slice(0, 300)}`, sent };
    } finally {
      await context.close();
      answers.stop();
    }
  }

  for (const patch of PATCHES) {
    test(patch.name, async () => {
      const { told, sent } = await play(patch);
      assert.match(told, /^\{/);
      assert.deepEqual(JSON.parse(told), JSON.parse(clean.told));
      assert.deepEqual(sent, clean.sent);
    });
  }
});
