// The key manager, as the owner of an account uses it: keys that are made, tried, regenerated and deleted.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from './browser.mjs';
import { keyManager } from './keys-page.mjs';

describe('a key in the key manager', { timeout: 480_000 }, () => {
  const it = keyManager();
  const { account, by, text, row, names, said, focused, asked, signIn, accessible } = it;

  describe('a new key', () => {
    test('is made with its grants, and chosen', async () => {
      await signIn();
      await by('new-key').click();
      assert.equal(await focused(), 'name');
      await by('grant').first().waitFor();
      await accessible('the dialog');
      await by('name').fill('gauges <b>of rivers');
      await by('api-sql').check();
      const grant = (name, word) => it.page.locator(`[data-testid="grant"][data-name="${name}"]`).getByTestId(`grant-${word}`);
      await grant('rivers', 'select').check();
      assert.ok(!await by('write-note').isVisible());
      await grant('rivers', 'update').check();
      assert.ok(await by('write-note').isVisible());
      await by('may-create').check();
      assert.equal(await by('schema').inputValue(), 'public');
      await by('create-submit').click();
      await row('gauges <b>of rivers').waitFor();
      assert.deepEqual(asked('POST', '/api/v3/')[0].body.grants, [
        { type: 'apis', apis: ['maps', 'sql'] },
        { type: 'database', tables: [{ schema: 'public', name: 'rivers', permissions: ['select', 'update'] }], schemas: [{ name: 'public', permissions: ['create'] }] },
      ]);
      assert.ok(!await by('create').isVisible());
      assert.equal(await text('use-title'), 'Use “gauges <b>of rivers”');
      assert.equal(await focused(), 'use-title');
      assert.equal(await by('dataset').inputValue(), 'rivers');
    });

    test('is checked before the server is asked, which has the last word', async () => {
      await signIn();
      await by('new-key').click();
      await by('grant').first().waitFor();
      const refused = async (id, words) => {
        await by('create-submit').click();
        assert.match(await text(`${id}-error`), words);
      };
      await refused('name', /missing/);
      assert.equal(await focused(), 'name');
      assert.equal(await by('name').getAttribute('aria-invalid'), 'true');
      await accessible('a wrong field');
      await by('name').fill('a/b');
      await refused('name', /slash/);
      await by('name').fill('Master');
      await refused('name', /Every account/);
      await by('name').fill('map of cities');
      await by('api-maps').uncheck();
      await refused('apis', /at least one API/);
      await by('api-maps').check();
      await by('typed').fill('no such name');
      await by('add-typed').click();
      assert.match(await text('typed-error'), /without spaces/);
      await by('typed').fill('lakes');
      await refused('typed', /Add “lakes”/);
      await by('typed').press('Enter');
      assert.equal(await by('typed').inputValue(), '');
      await by('may-create').check();
      await by('schema').fill(' ');
      await refused('schema', /missing/);
      await by('schema').fill('public');
      assert.equal(asked('POST', '/api/').length, 0);

      const refusal = async (reason, words) => {
        await by('create-submit').click();
        await until(async () => (await text('create-problem')).includes(reason), reason);
        assert.match(await text('create-problem'), words);
        assert.ok(await by('create').isVisible());
      };
      await refusal('name-taken', /choose another one.*already been taken/s);
      assert.equal(await focused(), 'name');
      await accessible('a refusal');
      await by('name').fill('lakes');
      await refusal('dataset-not-found', /There is no/);
      account.instead = ({ method }) => (method === 'POST' ? { status: 422, body: { errors: 'Validation failed: Grants grants has to be an array' } } : undefined);
      await refusal('invalid-grants', /refused the grants/);
      account.instead = ({ method }) => (method === 'POST' ? { status: 403, body: { errors: 'You have reached the limit of API keys for your plan', errors_cause: null } } : undefined);
      await refusal('quota', /delete one first/);
      await it.page.keyboard.press('Escape');
      assert.ok(!await by('create').isVisible());
      assert.equal(await focused(), 'new-key');
      await by('new-key').click();
      assert.deepEqual([await by('name').inputValue(), await text('name-error'), await by('problem').count()], ['', '', 0], 'nothing is left');
    });

    test('is asked for once, however often the button is pressed', async () => {
      await signIn();
      await by('new-key').click();
      await by('name').fill('once');
      let release;
      account.instead = ({ method }) => (method === 'POST' ? new Promise((resolve) => { release = () => resolve(undefined); }) : undefined);
      await by('create-submit').click();
      await until(() => release, 'the request');
      await by('create-submit').click({ force: true });
      await by('name').press('Enter');
      await it.page.keyboard.press('Escape');
      assert.ok(await by('create').isVisible(), 'the dialog waits for the answer');
      account.instead = () => undefined;
      release();
      await row('once').waitFor();
      assert.equal(asked('POST', '/api/').length, 1);
    });

    test('finds its datasets among many, or by their name', async () => {
      account.reset(Array.from({ length: 230 }, (_, index) => `dataset_${index + 1}`));
      await signIn();
      await by('new-key').click();
      await until(async () => (await by('grant').count()) === 230, 'all datasets');
      await by('dataset-filter').fill('_22');
      assert.equal(await by('grant').filter({ visible: true }).count(), 11);
      await accessible('many datasets');
      await by('grant-select').filter({ visible: true }).first().check();
      await by('dataset-filter').fill('none of them');
      assert.equal(await by('grant').filter({ visible: true }).count(), 1, 'what is ticked stays in sight');
      await it.page.keyboard.press('Escape');

      account.instead = ({ path }) => (path === '/api/v4/datasets' ? { status: 404 } : undefined);
      await by('new-key').click();
      await until(async () => /type their names/.test(await text('datasets-state')), 'the way out');
      await by('typed').fill('dataset_7');
      await by('typed').press('Enter');
      await by('name').fill('seventh');
      await by('create-submit').click();
      await row('seventh').waitFor();
      assert.deepEqual(account.named('seventh').grants[1].tables, [{ schema: 'public', name: 'dataset_7', permissions: ['select'] }]);
    });

    test('can be made with the keyboard alone', async () => {
      await signIn();
      const tabTo = async (id) => {
        for (let step = 0; step < 60; step++) {
          if (await focused() === id) return;
          await it.page.keyboard.press('Tab');
        }
        throw new Error(`${id} cannot be reached`);
      };
      await tabTo('new-key');
      await it.page.keyboard.press('Enter');
      await by('grant').first().waitFor();
      await it.page.keyboard.type('typed by hand');
      await tabTo('api-sql');
      await it.page.keyboard.press('Space');
      await tabTo('grant-select');
      await it.page.keyboard.press('Space');
      await tabTo('create-submit');
      await it.page.keyboard.press('Enter');
      await row('typed by hand').waitFor();
      const { grants } = account.named('typed by hand');
      assert.deepEqual([grants[0].apis, grants[1].tables[0].name], [['maps', 'sql'], 'cities']);
      assert.equal(await focused(), 'use-title');
    });
  });

  describe('an old key', () => {
    test('is regenerated after a question, and the old token is refused', async () => {
      await signIn();
      const old = account.named('map of cities').token;
      await row('map of cities').getByTestId('regenerate').click();
      assert.equal(await focused(), 'confirm-cancel');
      assert.match(await text('confirm-title'), /“map of cities”/);
      assert.match(await text('confirm-text'), /maps of cities stop there/);
      await accessible('the question');
      await it.page.keyboard.press('Escape');
      assert.equal(await focused(), 'regenerate');
      assert.equal(account.named('map of cities').token, old);

      await row('map of cities').getByTestId('regenerate').click();
      account.instead = ({ method }) => (method === 'POST' ? { status: 404, body: { errors: 'API key not found: map of cities', errors_cause: null } } : undefined);
      await by('confirm-go').click();
      await until(async () => /has no API key of this name/.test(await text('confirm-problem')), 'the refusal');
      account.instead = () => undefined;
      await by('confirm-go').click();
      await said(/has a new token/);
      const fresh = account.named('map of cities').token;
      assert.notEqual(fresh, old);
      await row('map of cities').getByTestId('show').click();
      await until(async () => (await row('map of cities').getByTestId('token').textContent()) === fresh, 'the new token');

      await by('try').click();
      await until(async () => (await text('check-ok')) === 'true', 'the new token to work');
      await by('try-old').check();
      await by('try').click();
      await until(async () => (await text('check-ok')) === 'false', 'the old token to be refused');
      assert.match(await text('check'), /unknown-key.*neither regenerated nor deleted/s);
      await until(async () => /no such API key/.test(await text('map-problem')), 'the map to be refused too');
      await accessible('a refused key');
    });

    test('that is the master key is regenerated, and the page goes on', async () => {
      await signIn();
      const old = account.master;
      await row('Master').getByTestId('regenerate').click();
      assert.match(await text('confirm-text'), /goes on with the new one/);
      await by('confirm-go').click();
      await said(/Master has a new token/);
      assert.notEqual(account.master, old);
      await until(async () => (await focused()) === 'regenerate', 'the focus to return');
      await by('new-key').click();
      await by('name').fill('afterwards');
      await by('create-submit').click();
      await row('afterwards').waitFor();
      assert.equal(asked('POST', '/api/v3/').at(-1).token, account.master);
    });

    test('is deleted after a question', async () => {
      account.add('second', ['sql'], {});
      await signIn();
      await row('map of cities').getByTestId('choose').click();
      await row('map of cities').getByTestId('delete').click();
      assert.equal(await text('confirm-title'), 'Delete “map of cities”?');
      assert.equal(await focused(), 'confirm-cancel');
      await it.page.keyboard.press('Enter');
      assert.equal(asked('DELETE', '/api/').length, 0);
      await row('map of cities').getByTestId('delete').click();
      await by('confirm-go').click();
      await said(/Deleted map of cities/);
      await until(async () => !(await names()).includes('map of cities'), 'the row to go');
      assert.equal(account.named('map of cities'), undefined);
      assert.ok(!await by('use').isVisible());
      await until(async () => (await focused()) === 'list-title', 'the focus to find a place');
    });

    test('comes with code for a page, whose token shows with the other', async () => {
      await signIn();
      await row('map of cities').getByTestId('choose').click();
      const { token } = account.named('map of cities');
      assert.match(await text('code'), /<script src="carto\.js">.*apiKey: '•+'.*Dataset\('cities'\)/s);
      await by('use-token').getByTestId('show').click();
      assert.ok((await text('code')).includes(token));
      await by('use-token').getByTestId('show').click();
      assert.ok(!(await text('code')).includes(token));
      await by('tab-script').press('ArrowRight');
      assert.equal(await focused(), 'tab-npm');
      assert.match(await text('code'), /import carto from 'carto-wasm'.*getLeafletLayer\({ leaflet }\)/s);
      await by('tab-npm').press('Home');
      await by('dataset').fill("it's </script>");
      await by('copy-code').click();
      await said(/Copied the code/);
      const copied = await it.page.evaluate(() => navigator.clipboard.readText());
      assert.ok(copied.includes(`apiKey: '${token}'`) && copied.includes("Dataset('it\\'s \\x3c/script>')"));

      await row('Master').getByTestId('choose').click();
      assert.ok(await by('snippet-warning').isVisible());
      assert.ok(!await by('code').isVisible());
      assert.equal(await by('code').textContent(), '');
      await accessible('the master key');
    });

    test('has code that draws a map', async () => {
      await signIn();
      await row('map of cities').getByTestId('choose').click();
      await by('copy-code').click();
      await said(/Copied the code/);
      const code = await it.page.evaluate(() => navigator.clipboard.readText());
      const files = { 'leaflet.js': 'node_modules/leaflet/dist/leaflet.js', 'leaflet.css': 'node_modules/leaflet/dist/leaflet.css', 'carto.js': 'pkg/carto.js' };
      const visitor = await it.context.newPage();
      await visitor.route(`${it.origin}/page/**`, (route) => {
        const file = files[route.request().url().split('/').pop()];
        return file ? route.fulfill({ path: new URL(`../../${file}`, import.meta.url).pathname }) : route.fulfill({ body: code, contentType: 'text/html' });
      });
      await visitor.goto(`${it.origin}/page/`);
      await visitor.waitForFunction(() => [...document.querySelectorAll('.leaflet-tile')].some(({ naturalWidth }) => naturalWidth > 0));
      await visitor.close();
    });

    test('is tried on a dataset', async () => {
      account.add('queries', ['sql'], { cities: ['select'] });
      await signIn();
      await row('map of cities').getByTestId('choose').click();
      await by('try').click();
      await until(async () => (await text('check-ok')) === 'true', 'a good answer');
      assert.deepEqual(await Promise.all(['check-user', 'check-type', 'check-apis', 'check-datasets'].map(text)), ['demo', 'regular', 'maps', 'cities']);
      await it.page.waitForFunction(() => [...document.querySelectorAll('.leaflet-tile')].some(({ naturalWidth }) => naturalWidth > 0));
      await accessible('a drawn map');
      const { cartocss } = JSON.parse(asked('GET', '/api/v1/map').find(({ query }) => /mapnik::geometry_type/.test(query.config))?.query.config ?? '{"layers":[{"options":{}}]}').layers[0].options;
      assert.match(cartocss, /marker-width.*line-width.*polygon-fill/s);

      await by('dataset').fill('secret_places');
      assert.equal(await by('verdict').count(), 0, 'what was found held for another dataset');
      await by('try').click();
      await until(async () => (await by('check-problem').count()) === 1, 'the problem');
      assert.match(await text('check-problem'), /dataset-not-granted · secret_places/);
      await until(async () => /does not grant the dataset secret_places/.test(await text('map-problem')), 'the map to name it');
      await accessible('a refused dataset');

      await row('queries').getByTestId('choose').click();
      await by('try').click();
      await until(async () => /api-not-granted/.test(await text('check')), 'the missing API');
      await row('Default public').getByTestId('choose').click();
      assert.equal(await by('dataset').inputValue(), 'world_countries');
      await by('try').click();
      await until(async () => (await text('check-ok')) === 'true', 'a public dataset');
    });
  });
});
