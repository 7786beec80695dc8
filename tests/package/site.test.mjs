// The documentation's site, built once: no link is dead, search and sidebar have the API reference, and axe finds nothing.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { access, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, posix } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { pages, ROOT } from '../markdown.mjs';
import { Opener } from './opener.mjs';

const BUILDER = join(ROOT, 'www/docs/.vitepress/build.mjs');
const run = (...args) => promisify(execFile)(process.execPath, [BUILDER, ...args], { cwd: ROOT, timeout: 600_000 });

describe('the documentation\'s site', { timeout: 660_000 }, () => {
  let above, out, said, files;

  before(async () => {
    above = await mkdtemp(join(tmpdir(), 'carto-wasm-docs-'));
    out = join(above, 'docs');
    const { stdout, stderr } = await run('--out', out);
    said = stdout + stderr;
    files = (await readdir(out, { recursive: true })).map((name) => name.replaceAll('\\', '/'));
  });
  after(() => rm(above, { recursive: true, force: true }));

  const html = (name) => readFile(join(out, name), 'utf8');
  const rendered = () => files.filter((name) => name.endsWith('.html') && name !== '404.html');

  test('is built without a warning, with every page', async () => {
    assert.doesNotMatch(said, /warning|error|\(!\)/i);
    const expected = (await pages()).map((page) => page.slice('www/docs/'.length).replace(/README\.md$/, 'index.md').replace(/\.md$/, '.html'));
    assert.deepEqual(expected.filter((name) => !files.includes(name)), []);
    for (const name of rendered()) {
      const page = await html(name);
      assert.deepEqual([/<html lang="en"/g, /<h1\b/g, /<main\b/g].map((part) => page.match(part)?.length), [1, 1, 1], name);
    }
  });

  test('has a page or a part of one for each class', async () => {
    const { default: carto } = await import(join(ROOT, 'pkg/carto.mjs'));
    const groups = { carto, ...Object.fromEntries(['auth', 'dataview', 'filter', 'layer', 'source', 'style'].map((name) => [`carto/namespaces/${name}`, carto[name]])) };
    let classes = 0;
    for (const [group, members] of Object.entries(groups)) {
      for (const name of Object.keys(members).filter((one) => typeof members[one] === 'function')) {
        // What the types have as an interface and a constructor has no page of its own.
        const own = `api/${group}/classes/${name}.html`;
        const page = await html(files.includes(own) ? own : `api/${group}/index.html`);
        assert.match(page, new RegExp(`<h[1-3] id="${name.toLowerCase()}"[^>]*>[\\s\\S]*Example`), name);
        classes++;
      }
    }
    assert.ok(classes >= 19, `${classes} classes`);
    const index = files.find((name) => /@localSearchIndex\w*\./.test(name));
    assert.match(await html(index), /BoundingBoxMapLibre/, 'the search finds the reference');
  });

  test('links lead to pages, headings, and pages beside the site', async () => {
    const ids = new Map();
    const has = async (name, id) => {
      if (!ids.has(name)) ids.set(name, new Set([...(await html(name)).matchAll(/\sid="([^"]+)"/g)].map(([, one]) => one)));
      return ids.get(name).has(id);
    };
    const dead = [];
    let links = 0;
    for (const name of rendered()) {
      for (const [, href] of (await html(name)).matchAll(/<a\b[^>]*?\shref="([^"]+)"/g)) {
        if (/^[a-z]+:/.test(href)) continue;
        const [path, anchor] = decodeURI(href.replaceAll('&amp;', '&')).split('#');
        const target = path === '' ? `/docs/${name}` : posix.resolve(`/docs/${posix.dirname(name)}`, path) + (path.endsWith('/') ? '/' : '');
        const file = target.replace(/\/$/, '/index.html').replace('//', '/');
        links++;
        if (file.startsWith('/docs/')) {
          const page = file.slice('/docs/'.length);
          if (!files.includes(page) || (anchor && page.endsWith('.html') && !await has(page, anchor))) dead.push(`${name}: ${href}`);
        } else await access(join(ROOT, 'www', file)).catch(() => dead.push(`${name}: ${href}`));
      }
    }
    assert.deepEqual(dead, []);
    assert.ok(links > 1000, `${links} links`);
  });

  test('axe finds nothing, light and dark, and the search answers', async () => {
    const opener = await Opener.create();
    opener.directory = above;
    try {
      const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
      for (const colorScheme of ['light', 'dark']) {
        const page = await opener.browser.newPage({ colorScheme });
        for (const address of ['index.html', 'migration.html', 'api/carto/namespaces/dataview/classes/Histogram.html']) {
          await page.goto(`${opener.origin}/docs/${address}`, { waitUntil: 'networkidle' });
          await page.evaluate(axe);
          const { violations, passes } = await page.evaluate(() => window.axe.run());
          assert.ok(passes.length > 10, address);
          assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).slice(0, 3).join(', ')}`), [], `${address}, ${colorScheme}`);
        }
        await page.close();
      }
      const page = await opener.browser.newPage();
      await page.goto(`${opener.origin}/docs/index.html`, { waitUntil: 'networkidle' });
      await page.locator('.DocSearch-Button').first().click();
      await page.locator('#localsearch-input').fill('BoundingBoxMapLibre');
      await page.locator('.VPLocalSearchBox .result').first().waitFor();
      assert.match(await page.locator('.VPLocalSearchBox .result').first().innerText(), /BoundingBoxMapLibre/);
    } finally {
      await opener.remove();
    }
  });

  test('a directory with files of somebody else stays as it is', async () => {
    const other = await mkdtemp(join(above, 'other-'));
    await writeFile(join(other, 'letter.txt'), 'mine');
    await assert.rejects(run('--out', other), /has other files/);
    assert.equal(await readFile(join(other, 'letter.txt'), 'utf8'), 'mine');
    await assert.rejects(run('--base', 'docs', '--out', join(above, 'new')), /begins and ends with a slash/);
  });
});
