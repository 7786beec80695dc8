// The documentation's texts: links lead somewhere, code compiles, and what the pages show is what is there.
import assert from 'node:assert/strict';
import { access, readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { allBlocks, PAPERS, pages, placeOf, TESTED } from '../markdown.mjs';
import { Compiler } from './complaints.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const read = (name) => readFile(join(ROOT, name), 'utf8');
const PAGES = [...PAPERS, 'docs/carto-js-v4.md', ...await pages()];

const lines = (text) => text.split('\n').map((line) => line.trim()).filter(Boolean);

describe('the documentation', () => {
  test('links lead to files and headings that are there', async () => {
    const anchorOf = (heading) => heading.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-');
    let links = 0;
    for (const page of PAGES) {
      const text = (await read(page)).replace(/```[\s\S]*?```/g, '');
      for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        // Addresses of the site are checked when it is built.
        if (/^(https?:|\/)/.test(target)) continue;
        const [path, anchor] = target.split('#');
        const file = path ? join(ROOT, dirname(page), path) : join(ROOT, page);
        await assert.doesNotReject(access(file), `${page} links ${target}`);
        if (anchor) assert.ok([...(await readFile(file, 'utf8')).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading)).includes(anchor), `${page} links ${target}`);
        links++;
      }
    }
    assert.ok(links > 20, `${links} links`);
  });

  test('every page is in a section, and the index is linked', async () => {
    // Those in the directory of a section are found by themselves.
    const sections = await read('www/docs/.vitepress/sections.mts');
    const isFound = (page) => page === 'www/docs/README.md' || new RegExp(`'${page.split('/').length > 3 ? page.split('/')[2] : page.slice('www/docs/'.length, -'.md'.length)}'`).test(sections);
    assert.deepEqual((await pages()).filter((page) => !isFound(page)), []);
    assert.ok((await read('README.md')).includes('(www/docs/README.md)'));
  });

  test('every block of code says how it is tested', async () => {
    const list = await allBlocks();
    assert.ok(list.length > 50, `${list.length} blocks`);
    const isMarked = ({ marks }) => marks['not run'] || marks.file;
    const unknown = list.filter((block) => !TESTED.includes(block.language) && !isMarked(block));
    assert.deepEqual(unknown.map((block) => `${placeOf(block)}: ${block.language || 'no language'}`), [], 'mark them as CONTRIBUTING.md says');
    // Of a page, a whole one is run.
    const parts = list.filter((block) => block.language === 'html' && !isMarked(block) && !/^<!doctype html>/i.test(block.code));
    assert.deepEqual(parts.map(placeOf), [], 'parts of pages');
  });

  test('code compiles against the package\'s types', async () => {
    const list = (await allBlocks()).filter(({ language, marks }) => ['js', 'ts'].includes(language) && !marks['not run'] && !marks.file);
    const wanted = list.map((block) => ({ ...block, before: block.marks.before }));
    assert.ok(wanted.length > 20, `${wanted.length} blocks`);
    const compiler = await Compiler.create('examples.d.ts', 'docs.d.ts');
    try {
      const of = (wish) => wanted.filter(({ language }) => language === wish);
      assert.deepEqual(await compiler.complaints(of('ts')), []);
      // JavaScript does not say what an element is.
      assert.deepEqual(await compiler.complaints(of('js'), { strict: false }), []);
    } finally {
      await compiler.remove();
    }
  });

  test('JSON is JSON', async () => {
    const list = (await allBlocks()).filter(({ language, marks }) => language === 'json' && !marks['not run']);
    for (const block of list) assert.doesNotThrow(() => JSON.parse(block.code), placeOf(block));
  });

  test('blocks show lines of the files that they name', async () => {
    const list = (await allBlocks()).filter(({ marks }) => marks.file);
    assert.ok(list.length >= 4, `${list.length} blocks`);
    for (const block of list) {
      const there = new Set(lines(await read(block.marks.file)));
      const shown = lines(block.code).filter((line) => !/^(\/\/|#|<!--) …/.test(line));
      assert.deepEqual(shown.filter((line) => !there.has(line)), [], placeOf(block));
    }
  });

  test('pages have a language, one heading and a main part', async () => {
    const names = (await readdir(join(ROOT, 'www'), { recursive: true })).filter((name) => name.endsWith('.html') && !/node_modules/.test(name));
    assert.ok(names.length > 60, `${names.length} pages`);
    for (const name of names) {
      const text = await read(`www/${name}`);
      const counts = [/<html lang="en"/g, /<h1\b/g, /<main\b/g].map((part) => text.match(part)?.length ?? 0);
      assert.deepEqual(counts, [1, 1, 1], name);
    }
  });

  test('the sizes that are told are those that are held', async () => {
    const budget = Object.entries(JSON.parse(await read('pkg/size-budget.json'))).map(([file, { gzip }]) => [file, gzip]);
    const section = (await read('www/docs/migration.md')).split('\n## Sizes\n')[1].split('\n## ')[0];
    const told = [...section.matchAll(/^\| `([\w.]+)` \|.*\| ([\d,]+) \|$/gm)].map(([, file, bytes]) => [file, Number(bytes.replaceAll(',', ''))]);
    assert.ok(told.length > 0);
    assert.deepEqual(told.sort(), budget.sort(), 'www/docs/migration.md and pkg/size-budget.json');
  });
});
