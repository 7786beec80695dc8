// The documentation: the reference is made without a warning, links lead somewhere, and what the pages show is what is there.
import assert from 'node:assert/strict';
import { access, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import ts from 'typescript';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const read = (name) => readFile(join(ROOT, name), 'utf8');
const DOCS = (await readdir(join(ROOT, 'www/docs'))).filter((name) => name.endsWith('.md')).map((name) => `www/docs/${name}`);
const PAPERS = ['README.md', 'CODE_OF_CONDUCT.md', 'CONTRIBUTING.md', 'RELEASING.md', 'SECURITY.md', 'docs/carto-js-v4.md', 'crates/sandbox/README.md', 'pkg/README.md'];
const PAGES = [...PAPERS, ...DOCS];

/** The fenced blocks of a page: their language and text. */
const blocks = (text) => [...text.matchAll(/```(\w*)\n([\s\S]*?)```/g)].map(([, language, code]) => ({ language, code }));
const lines = (text) => text.split('\n').map((line) => line.trim()).filter(Boolean);

describe('the documentation', () => {
  test('the reference is made without a warning, with a page for each class', async () => {
    const { scripts } = JSON.parse(await read('package.json'));
    const [program, ...args] = scripts.docs.split(' ');
    const out = await mkdtemp(join(tmpdir(), 'carto-wasm-docs-'));
    try {
      const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(ROOT, 'node_modules', program, 'bin', program), ...args, '--out', out], { cwd: ROOT, timeout: 120_000 });
      assert.doesNotMatch(stdout + stderr, /warning|error/i);
      const { default: carto } = await import(join(ROOT, 'pkg/carto.mjs'));
      const groups = { '': carto, ...Object.fromEntries(['auth', 'dataview', 'filter', 'layer', 'source', 'style'].map((name) => [name, carto[name]])) };
      let classes = 0;
      for (const [group, members] of Object.entries(groups)) {
        for (const name of Object.keys(members).filter((one) => typeof members[one] === 'function')) {
          assert.match(await readFile(join(out, 'carto', group, `${name}.html`), 'utf8'), /Example/, name);
          classes++;
        }
      }
      assert.ok(classes >= 19, `${classes} classes`);
    } finally {
      await rm(out, { recursive: true, force: true });
    }
  });

  test('links lead to files and headings that are there', async () => {
    const anchorOf = (heading) => heading.toLowerCase().replace(/[^\w\- ]/g, '').replaceAll(' ', '-');
    let links = 0;
    for (const page of PAGES) {
      const text = (await read(page)).replace(/```[\s\S]*?```/g, '');
      for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
        if (/^https?:/.test(target)) continue;
        const [path, anchor] = target.split('#');
        const file = path ? join(ROOT, dirname(page), path) : join(ROOT, page);
        await assert.doesNotReject(access(file), `${page} links ${target}`);
        if (anchor) assert.ok([...(await readFile(file, 'utf8')).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchorOf(heading)).includes(anchor), `${page} links ${target}`);
        links++;
      }
    }
    assert.ok(links > 20, `${links} links`);
  });

  test('every page is in the index, and the index is linked', async () => {
    const index = await read('www/docs/README.md');
    for (const page of DOCS) if (!page.endsWith('README.md')) assert.ok(index.includes(`(${page.split('/').at(-1)})`), page);
    assert.ok((await read('README.md')).includes('(www/docs/README.md)'));
  });

  test('code is code', async () => {
    let checked = 0;
    for (const page of PAGES) {
      for (const { language, code } of blocks(await read(page))) {
        if (!['js', 'jsx', 'ts'].includes(language)) continue;
        const fileName = `block.${language === 'js' ? 'mjs' : language === 'ts' ? 'mts' : language}`;
        const { diagnostics } = ts.transpileModule(code, { fileName, reportDiagnostics: true, compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, jsx: ts.JsxEmit.Preserve, allowJs: true } });
        assert.deepEqual(diagnostics.map(({ messageText }) => `${page}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`), []);
        checked++;
      }
    }
    assert.ok(checked > 15, `${checked} blocks`);
  });

  test('recipes show lines of their files', async () => {
    const text = await read('www/docs/recipes.md');
    const files = { Plain: 'plain/map.js', React: 'react/CitiesMap.jsx', Vue: 'vue/CitiesMap.vue', Svelte: 'svelte/CitiesMap.svelte' };
    for (const [heading, file] of Object.entries(files)) {
      const [section] = text.split(`\n## ${heading}\n`)[1].split('\n## ');
      const there = new Set(lines(await read(`www/docs/recipes/${file}`)));
      const shown = blocks(section).flatMap(({ code }) => lines(code)).filter((line) => line !== '// …');
      assert.ok(shown.length > 4, heading);
      assert.deepEqual(shown.filter((line) => !there.has(line)), [], heading);
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
