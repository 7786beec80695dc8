// The key manager's page for its tests: a site and an account that are theirs alone, and what must hold after each test.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { after, afterEach, before, beforeEach } from 'node:test';
import { Account, startSite } from './auth-server.mjs';
import { launch, until, watchedPage } from './browser.mjs';

const WIDE = { viewport: { width: 1440, height: 900 } };

/** What the tests of a `describe` share; every test opens a page of its own, on an account with one regular key. */
export function keyManager() {
  const account = new Account();
  const it = { page: undefined, context: undefined, origin: undefined };
  let browser, site, axe, seen;

  before(async () => {
    axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
    await account.start();
    site = await startSite(() => ({ serverUrl: `${account.origin}/user/{username}` }));
    it.origin = site.origin;
    browser = await launch();
  });
  after(async () => {
    await browser?.close();
    site?.stop();
    account.stop();
  });
  beforeEach(() => {
    account.reset(undefined, 'map of cities');
    account.allowed = it.origin;
    it.page = undefined;
  });
  afterEach(async () => {
    if (!it.page) return;
    await keptSecrets();
    await it.context.close();
  });

  const by = (id) => it.page.getByTestId(id);
  const text = (id) => by(id).first().textContent();
  const row = (name) => it.page.locator(`[data-testid="row"][data-name="${name}"]`);
  const names = () => by('key-name').allTextContents();
  const said = (words) => until(async () => words.test(await text('said')), `“${words}” to be said`);
  const focused = () => it.page.evaluate(() => document.activeElement.dataset.testid ?? document.activeElement.id);
  const asked = (method, path) => account.requests.filter((request) => request.method === method && request.path?.startsWith(path));

  async function open(options = WIDE) {
    it.context = await browser.newContext(options);
    await it.context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: it.origin });
    ({ page: it.page, seen } = await watchedPage(it.context, undefined));
    await it.page.goto(`${it.origin}/keys.html`);
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
    const kept = await it.page.evaluate(async () => [
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
    const foreign = seen.requests.map(({ url }) => url).filter((url) => ![it.origin, account.origin].some((origin) => url.startsWith(origin)) && !/^(data|blob):/.test(url));
    assert.deepEqual(foreign, [], 'nobody else is asked');
  }

  /** No state of the page may be hard to use. */
  async function accessible(state) {
    // What fades in has no colour yet.
    await it.page.evaluate(() => Promise.all(document.getAnimations().filter(({ effect }) => effect.getTiming().iterations !== Infinity).map(({ finished }) => finished.catch(() => {}))));
    await it.page.evaluate(axe);
    const { violations, passes } = await it.page.evaluate(() => window.axe.run());
    assert.ok(passes.length > 15, `${passes.length} rules were looked at`);
    const grave = violations.filter(({ impact }) => ['serious', 'critical'].includes(impact));
    assert.deepEqual(grave.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target).join(', ')}`), [], state);
    const { width, screen } = await it.page.evaluate(() => ({ width: document.documentElement.scrollWidth, screen: innerWidth }));
    assert.ok(width <= screen, `${state}: ${width} pixels wide`);
  }

  return Object.assign(it, { account, by, text, row, names, said, focused, asked, open, submit, signIn, accessible });
}
