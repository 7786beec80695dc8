// The key manager, as the owner of an account uses it: signing in, the list of keys, and a phone.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { until } from './browser.mjs';
import { keyManager } from './keys-page.mjs';

const PHONE = { viewport: { width: 390, height: 844 } };

describe('the key manager', { timeout: 480_000 }, () => {
  const it = keyManager();
  const { account, by, text, row, names, said, focused, asked, open, submit, signIn, accessible } = it;

  describe('signing in', () => {
    test('needs every field, and says what the server has against them', async () => {
      await open();
      await accessible('the form');
      assert.equal(await by('server').inputValue(), `${account.origin}/user/{username}`);
      assert.ok(await by('local-note').isVisible());
      await by('sign-in-button').click();
      assert.equal(await focused(), 'master');
      assert.match(await it.page.locator('#master-error').textContent(), /missing/);
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
      const rest = await it.page.evaluate(() => document.documentElement.outerHTML);
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
      assert.equal(await it.page.evaluate(() => navigator.clipboard.readText()), token);
      assert.match(await cell.textContent(), /^•+$/);
      await row('map of cities').getByTestId('show').click();
      assert.equal(await cell.textContent(), token);
      await row('map of cities').getByTestId('show').click();
      assert.match(await cell.textContent(), /^•+$/);
    });

    test('copies where pages have no clipboard', async () => {
      await signIn();
      await it.page.evaluate(() => {
        Object.defineProperty(navigator, 'clipboard', { value: undefined });
        document.execCommand = (word) => { window.copied = [word, document.activeElement.value]; return window.mayCopy; };
        window.mayCopy = true;
      });
      await row('map of cities').getByTestId('copy').click();
      await said(/^Copied/);
      assert.deepEqual(await it.page.evaluate(() => window.copied), ['copy', account.named('map of cities').token]);
      assert.equal(await it.page.locator('textarea').count(), 0);
      await it.page.evaluate(() => { window.mayCopy = false; });
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
    assert.equal(await it.page.getByRole('cell').count(), 20, 'cards are still rows of a table');
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
    await it.page.keyboard.press('Escape');
    await row('map of cities').getByTestId('delete').click();
    await accessible('the question');
  });

  test('the demo leads to it and back', async () => {
    await open();
    await by('demo-link').click();
    await by('keys-link').click();
    await by('sign-in').waitFor();
    assert.match(it.page.url(), /\/keys\.html$/);
  });
});
