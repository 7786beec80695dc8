// The key manager, as the owner of an account uses it, against an account's server in memory.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import { Account, startSite } from './auth-server.mjs';
import { launch, until, watchedPage } from './chromium.mjs';

const WIDE = { viewport: { width: 1440, height: 900 } };
const PHONE = { viewport: { width: 390, height: 844 } };

describe('the key manager', { timeout: 240_000 }, () => {
  let browser, site, account, axe, page, seen, context;

  before(async () => {
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    account = await Account.start();
    site = await startSite(() => ({ serverUrl: `${account.origin}/user/{username}` }));
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    site?.stop();
    account?.stop();
  });
  beforeEach(() => {
    account.reset(undefined, 'map of cities');
    account.allowed = site.origin;
    page = undefined;
  });
  afterEach(async () => {
    if (!page) return;
    await keptSecrets();
    await context.close();
  });

  const by = (id) => page.getByTestId(id);
  const text = (id) => by(id).first().textContent();
  const row = (name) => page.locator(`[data-testid="row"][data-name="${name}"]`);
  const names = () => by('key-name').allTextContents();
  const said = (words) => until(async () => words.test(await text('said')), `“${words}” to be said`);
  const focused = () => page.evaluate(() => document.activeElement.dataset.testid ?? document.activeElement.id);
  const asked = (method, path) => account.requests.filter((request) => request.method === method && request.path?.startsWith(path));

  async function open(options = WIDE) {
    context = await browser.newContext(options);
    await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: site.origin });
    ({ page, seen } = await watchedPage(context, undefined));
    await page.goto(`${site.origin}/keys.html`);
    await until(async () => !(await by('sign-in-button').isDisabled()), 'the form');
  }

  async function submit(key, user) {
    if (user) await by('user').fill(user);
    await by('master').fill(key);
    await by('sign-in-button').click();
  }

  async function signIn(options) {
    await open(options);
    await submit(account.master);
    await by('table').waitFor();
  }

  /** Nothing outside the page's memory and the requests has a token, unless a test shows one. */
  async function keptSecrets() {
    const secrets = [account.master, ...account.tokens].filter((token) => token !== 'default_public');
    const kept = await page.evaluate(async () => [
      location.href, document.title, JSON.stringify(history.state), JSON.stringify({ ...localStorage }), JSON.stringify({ ...sessionStorage }),
      document.cookie, window.name, JSON.stringify(await indexedDB.databases()), JSON.stringify(await caches.keys()),
      ...[...document.querySelectorAll('*')].flatMap((element) => [...element.attributes].map(({ value }) => value)),
    ]);
    for (const secret of secrets) {
      assert.ok(!kept.some((where) => where.includes(secret)), 'a key is in the address, in storage or in an attribute');
      assert.ok(![...seen.console, ...seen.errors].some((line) => line.includes(secret)), 'a key is in the console');
    }
    assert.deepEqual(seen.errors, []);
    assert.deepEqual(seen.console.filter((line) => !/^error: (Failed to load resource: |Access to fetch at '[^']+api_key=default_public)/.test(line)), []);
    const foreign = seen.requests.map(({ url }) => url).filter((url) => ![site.origin, account.origin].some((origin) => url.startsWith(origin)) && !/^(data|blob):/.test(url));
    assert.deepEqual(foreign, [], 'nobody else is asked');
  }

  /** No state of the page may be hard to use. */
  async function accessible(state) {
    // What fades in has no colour yet.
    await page.evaluate(() => Promise.all(document.getAnimations().filter(({ effect }) => effect.getTiming().iterations !== Infinity).map(({ finished }) => finished.catch(() => {}))));
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => window.axe.run());
    assert.ok(passes.length > 15, `${passes.length} rules were looked at`);
    const grave = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
    assert.deepEqual(grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(', ')}`), [], state);
    const { width, screen } = await page.evaluate(() => ({ width: document.documentElement.scrollWidth, screen: innerWidth }));
    assert.ok(width <= screen, `${state}: ${width} pixels wide`);
  }

  describe('signing in', () => {
    test('needs every field, and says what the server has against them', async () => {
      await open();
      await accessible('the form');
      assert.equal(await by('server').inputValue(), `${account.origin}/user/{username}`);
      assert.ok(await by('local-note').isVisible());
      await by('sign-in-button').click();
      assert.equal(await focused(), 'master');
      assert.match(await page.locator('#master-error').textContent(), /missing/);
      assert.equal(asked('GET', '/api/').length, 0);

      await submit('NoKeyOfThisAccount_1234');
      await until(async () => /knows no such API key for "demo"/.test(await text('hint')), 'the refusal');
      await accessible('a wrong key');
      await submit(account.master, 'nobody');
      await until(async () => /no such user/.test(await text('hint')) && /"nobody"/.test(await text('hint')), 'the refusal');
      await by('user').fill('demo');

      account.instead = () => ({ status: 404 });
      await submit(account.master);
      await until(async () => /has no Auth API/.test(await text('hint')), 'a server without the Auth API');
      account.instead = () => undefined;
      account.allowed = 'http://elsewhere.example';
      await submit(account.master);
      await until(async () => /CORS.*pages of their own host/s.test(await text('hint')), 'a server that lets no page ask');
      assert.ok(await by('sign-in').isVisible());
      assert.ok(!account.requests.slice(-1).some(({ token }) => token === account.master), 'the key is not sent to where no page may ask');
      await by('server').fill('https://{username}.example.com');
      assert.ok(!await by('local-note').isVisible());
      await by('server').fill('nowhere');
      await submit(account.master);
      await until(async () => /validation:client/.test(await text('problem')), 'an address that is none');
    });

    test('shows and hides the key in its field', async () => {
      await open();
      await by('toggle-master').click();
      assert.equal(await by('master').getAttribute('type'), 'text');
      await submit(account.master);
      await by('table').waitFor();
      assert.equal(await by('master').inputValue(), '', 'the field is wiped');
      assert.equal(await by('master').getAttribute('type'), 'password');
    });

    test('with another key shows that key only', async () => {
      await open();
      await submit(account.named('map of cities').token);
      await by('read-only').waitFor();
      assert.deepEqual(await names(), ['map of cities']);
      for (const id of ['new-key', 'filter', 'delete', 'regenerate']) assert.equal(await by(id).filter({ visible: true }).count(), 0, id);
      await accessible('read only');
    });

    test('out forgets everything', async () => {
      await signIn();
      await row('map of cities').getByTestId('show').click();
      await by('try').click();
      await by('verdict').waitFor();
      await by('sign-out').click();
      assert.equal(await focused(), 'master');
      assert.equal(await by('master').inputValue(), '');
      const rest = await page.evaluate(() => document.documentElement.outerHTML);
      for (const token of account.tokens) if (token !== 'default_public') assert.ok(!rest.includes(token), 'a token is left');
      assert.equal(await by('row').count(), 0);
      await submit(account.master);
      await by('table').waitFor();
      assert.deepEqual(await names(), ['Master', 'Default public', 'map of cities']);
    });
  });

  describe('the list', () => {
    test('tells what each key may do', async () => {
      account.add('gauges', ['maps', 'sql'], { rivers: ['select', 'update'], cities: ['select'], world_countries: ['select'], secret_places: ['select'] }, [{ name: 'public', permissions: ['create'] }]);
      await signIn();
      const cells = async (name) => (await row(name).getByRole('cell').allTextContents()).slice(0, 3);
      assert.deepEqual(await cells('Master'), ['maps, sql', 'All data, all permissions', 'Mar 1, 2024']);
      assert.deepEqual((await cells('Default public'))[1], 'Public datasets');
      assert.deepEqual(await cells('map of cities'), ['maps', 'cities select', 'Mar 3, 2024']);
      assert.match((await cells('gauges'))[1], /^rivers select, update.*2 more.*public create datasets$/);
      assert.equal(await row('map of cities').locator('time').getAttribute('datetime'), '2024-03-03T13:23:12.000Z');
      assert.equal(await row('Master').getByTestId('delete').count() + await row('Default public').getByTestId('delete').count(), 0, 'fixed keys stay');
      assert.equal(await row('Master').getByTestId('regenerate').count(), 1);
      await accessible('the list');
    });

    test('hides tokens until they are shown, and copies them', async () => {
      await signIn();
      const { token } = account.named('map of cities');
      const cell = row('map of cities').getByTestId('token');
      assert.match(await cell.textContent(), /^•+$/);
      await row('map of cities').getByTestId('copy').click();
      await said(/^Copied the token of map of cities/);
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), token);
      assert.match(await cell.textContent(), /^•+$/);
      await row('map of cities').getByTestId('show').click();
      assert.equal(await cell.textContent(), token);
      await row('map of cities').getByTestId('show').click();
      assert.match(await cell.textContent(), /^•+$/);
    });

    test('copies where pages have no clipboard', async () => {
      await signIn();
      await page.evaluate(() => {
        Object.defineProperty(navigator, 'clipboard', { value: undefined });
        document.execCommand = (word) => { window.copied = [word, document.activeElement.value]; return window.mayCopy; };
        window.mayCopy = true;
      });
      await row('map of cities').getByTestId('copy').click();
      await said(/^Copied/);
      assert.deepEqual(await page.evaluate(() => window.copied), ['copy', account.named('map of cities').token]);
      assert.equal(await page.locator('textarea').count(), 0);
      await page.evaluate(() => { window.mayCopy = false; });
      await row('Master').getByTestId('copy').click();
      await said(/refused to copy/);
    });

    test('has pages, a filter, and words for what is empty or failed', async () => {
      account.reset(undefined, ...Array.from({ length: 43 }, (_, index) => `key ${String(index + 1).padStart(2, '0')}`));
      await signIn();
      assert.equal(await text('range'), '1–20 of 45');
      await by('next').click();
      await until(async () => (await text('range')) === '21–40 of 45', 'the second page');
      await by('next').click();
      await until(async () => (await text('range')) === '41–45 of 45', 'the last page');
      assert.deepEqual((await names()).at(-1), 'key 43');
      assert.equal(await by('next').getAttribute('aria-disabled'), 'true');
      await by('next').click({ force: true });
      assert.equal(await text('range'), '41–45 of 45');
      // Keys that others delete take the page away.
      account.keys.length = 30;
      await by('filter').selectOption('regular');
      await until(async () => (await text('range')) === '1–20 of 28', 'the regular keys');
      await by('next').click();
      await until(async () => (await text('range')) === '21–28 of 28', 'their last page');
      await accessible('pages');

      account.instead = ({ path }) => (path.startsWith('/api/v3/') ? { status: 500, body: { errors: 'Out of order' } } : undefined);
      await by('filter').selectOption('');
      await by('retry').waitFor();
      assert.match(await text('list-problem'), /Out of order/);
      await accessible('a failed list');
      let release;
      account.instead = () => new Promise((resolve) => { release = () => resolve(undefined); });
      await by('retry').click();
      await by('list-loading').waitFor();
      await accessible('loading');
      account.instead = () => undefined;
      account.keys.length = 2;
      release();
      await by('invite').waitFor();
      assert.deepEqual(await names(), ['Master', 'Default public']);
      await by('filter').selectOption('regular');
      await until(async () => !(await by('table').isVisible()), 'an empty list');
      await accessible('no regular keys');
      account.keys.length = 1;
      account.keys[0].type = 'master';
      await by('filter').selectOption('master,default');
      await by('table').waitFor();
      await by('filter').selectOption('regular');
      await by('invite').click();
      assert.ok(await by('create').isVisible());
    });
  });

  describe('a new key', () => {
    test('is made with its grants, and chosen', async () => {
      await signIn();
      await by('new-key').click();
      assert.equal(await focused(), 'name');
      await by('grant').first().waitFor();
      await accessible('the dialog');
      await by('name').fill('gauges <b>of rivers');
      await by('api-sql').check();
      const grant = (name, word) => page.locator(`[data-testid="grant"][data-name="${name}"]`).getByTestId(`grant-${word}`);
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
      await page.keyboard.press('Escape');
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
      await page.keyboard.press('Escape');
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
      await page.keyboard.press('Escape');

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
          await page.keyboard.press('Tab');
        }
        throw new Error(`${id} cannot be reached`);
      };
      await tabTo('new-key');
      await page.keyboard.press('Enter');
      await by('grant').first().waitFor();
      await page.keyboard.type('typed by hand');
      await tabTo('api-sql');
      await page.keyboard.press('Space');
      await tabTo('grant-select');
      await page.keyboard.press('Space');
      await tabTo('create-submit');
      await page.keyboard.press('Enter');
      await row('typed by hand').waitFor();
      const { grants } = account.named('typed by hand');
      assert.deepEqual([grants[0].apis, grants[1].tables[0].name], [['maps', 'sql'], 'cities']);
      assert.equal(await focused(), 'use-title');
    });
  });

  describe('a key', () => {
    test('is regenerated after a question, and the old token is refused', async () => {
      await signIn();
      const old = account.named('map of cities').token;
      await row('map of cities').getByTestId('regenerate').click();
      assert.equal(await focused(), 'confirm-cancel');
      assert.match(await text('confirm-title'), /“map of cities”/);
      assert.match(await text('confirm-text'), /maps of cities stop there/);
      await accessible('the question');
      await page.keyboard.press('Escape');
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
      await page.keyboard.press('Enter');
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
      const copied = await page.evaluate(() => navigator.clipboard.readText());
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
      const code = await page.evaluate(() => navigator.clipboard.readText());
      const files = { 'leaflet.js': 'node_modules/leaflet/dist/leaflet.js', 'leaflet.css': 'node_modules/leaflet/dist/leaflet.css', 'carto.js': 'pkg/carto.js' };
      const visitor = await context.newPage();
      await visitor.route(`${site.origin}/page/**`, (route) => {
        const file = files[route.request().url().split('/').pop()];
        return file ? route.fulfill({ path: new URL(`../../${file}`, import.meta.url).pathname }) : route.fulfill({ body: code, contentType: 'text/html' });
      });
      await visitor.goto(`${site.origin}/page/`);
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
      await page.waitForFunction(() => [...document.querySelectorAll('.leaflet-tile')].some(({ naturalWidth }) => naturalWidth > 0));
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

  test('fits a phone in every state', async () => {
    account.add('a key with a name that is longer than any line of a telephone', ['maps', 'sql'], { ['x'.repeat(60)]: ['select', 'insert', 'update', 'delete'], rivers: ['select'] });
    await open(PHONE);
    await accessible('the form');
    await submit('NoKeyOfThisAccount_1234');
    await by('problem').waitFor();
    await accessible('a wrong key');
    await submit(account.master);
    await by('table').waitFor();
    await accessible('the list');
    assert.equal(await page.getByRole('cell').count(), 20, 'cards are still rows of a table');
    await row('map of cities').getByTestId('show').click();
    await row('map of cities').getByTestId('choose').click();
    await by('dataset').fill('secret_places');
    await by('try').click();
    await by('verdict').waitFor();
    await accessible('a trial');
    await by('new-key').click();
    await by('grant').first().waitFor();
    await by('create-submit').click();
    await accessible('the dialog');
    const inside = await by('create').evaluate((dialog) => dialog.scrollWidth <= dialog.clientWidth);
    assert.ok(inside, 'the dialog does not scroll sideways');
    await page.keyboard.press('Escape');
    await row('map of cities').getByTestId('delete').click();
    await accessible('the question');
  });

  test('the demo leads to it and back', async () => {
    await open();
    await by('demo-link').click();
    await by('keys-link').click();
    await by('sign-in').waitFor();
    assert.match(page.url(), /\/keys\.html$/);
  });
});
