// The documentation's blocks that need a server: pages, styles, queries; and commands, of which the programs know their own.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { allBlocks, commands, placeOf, ROOT } from '../markdown.mjs';
import { launch, PAGE, SERVER, until, watchedPage } from './browser.mjs';

const { master } = JSON.parse(await readFile(new URL('../demo-keys.json', import.meta.url), 'utf8'));
const BLOCKS = (await allBlocks()).filter(({ marks }) => !marks['not run']);
const of = (language) => BLOCKS.filter((block) => block.language === language);

/** The programs whose commands are known: by what a line begins with. */
const PROGRAMS = [
  [/^cargo xtask\b/, process.env.CARTO_XTASK ?? join(ROOT, 'target/debug/xtask')],
  [/^(?:\S*\/)?carto-sandbox\b|^cargo run (?:--release )?-p carto-sandbox\b(?: --)?/, process.env.CARTO_SANDBOX ?? join(ROOT, 'target/debug/carto-sandbox')],
];

/** What a page loads from elsewhere, and where it is here. */
const LIBRARIES = [
  [/^https:\/\/unpkg\.com\/carto-wasm(?:@[^/]*)?\/(.+)$/, 'pkg'],
  [/^https:\/\/unpkg\.com\/leaflet(?:@[^/]*)?\/(.+)$/, 'node_modules/leaflet'],
  [/^https:\/\/unpkg\.com\/maplibre-gl(?:@[^/]*)?\/(.+)$/, 'node_modules/maplibre-gl'],
  [/^https:\/\/unpkg\.com\/ol(?:@[^/]*)?\/(.+)$/, 'node_modules/ol'],
];
const TYPES = { js: 'text/javascript', mjs: 'text/javascript', css: 'text/css' };
const DOT = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

describe('the documentation', { timeout: 240_000 }, () => {
  let browser;

  before(async () => { browser = await launch(); });
  after(() => browser?.close());

  for (const block of of('html')) {
    test(`the page of ${placeOf(block)} makes a map`, async () => {
      const { page, seen } = await watchedPage(browser);
      const answers = [];
      page.on('response', (answer) => answers.push(`${answer.status()} ${answer.url()}`));
      await page.route((url) => !url.href.startsWith(PAGE) && !url.href.startsWith(SERVER), async (route) => {
        const address = route.request().url();
        for (const [pattern, directory] of LIBRARIES) {
          const file = pattern.exec(address)?.[1];
          if (file) return route.fulfill({ path: join(ROOT, directory, file), contentType: TYPES[file.split('.').at(-1)] });
        }
        // Tiles of a basemap: there is no network in a test.
        if (route.request().resourceType() === 'image') return route.fulfill({ body: DOT, contentType: 'image/png' });
        throw new Error(`${placeOf(block)} loads ${address}, which the test does not know`);
      });
      await page.goto(`${PAGE}/config.json`);
      seen.console.length = 0;
      const code = block.code.replaceAll('http://127.0.0.1:8182', SERVER).replaceAll(/(["'])carto(\.core)?\.js\1/g, '$1/pkg/carto$2.js$1');
      await page.setContent(code);
      await until(() => answers.some((answer) => answer.startsWith(`200 ${SERVER}`)), `a client in ${placeOf(block)}`);
      await page.waitForLoadState('networkidle');
      assert.deepEqual([seen.errors, seen.console], [[], []], placeOf(block));
      assert.deepEqual(answers.filter((answer) => !/^(2|304)/.test(answer)), [], placeOf(block));
      await page.close();
    });
  }

  test('every style draws', async () => {
    const styles = BLOCKS.filter(({ language, code }) => language === 'cartocss' || (language === 'css' && /^#layer\b/m.test(code)));
    for (const block of styles) {
      const layers = [{ type: 'cartodb', options: { sql: `SELECT * FROM ${block.marks.on ?? 'cities'}`, cartocss: block.code, cartocss_version: '3.0.12' } }];
      const map = await ask(`/api/v1/map?api_key=${master}`, { layers });
      assert.equal(map.status, 200, `${placeOf(block)}: ${map.text}`);
      const { layergroupid } = JSON.parse(map.text);
      // Central Europe: the whole world's cities in one tile take a busy server longer than it may.
      const tile = await fetch(`${SERVER}/user/demo/api/v1/map/${layergroupid}/4/8/5.png?api_key=${master}`);
      assert.equal(tile.status, 200, placeOf(block));
    }
  });

  test('every style sheet is one', async () => {
    const sheets = of('css').filter(({ code }) => !/^#layer\b/m.test(code));
    const page = await browser.newPage();
    for (const block of sheets) {
      // What a parser does not understand it leaves out.
      const kept = await page.evaluate((code) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(code);
        return [...sheet.cssRules].map((rule) => [rule.selectorText ?? rule.cssText, rule.style?.length ?? 1]);
      }, block.code);
      assert.ok(kept.length > 0 && kept.every(([, declarations]) => declarations > 0), `${placeOf(block)}: ${JSON.stringify(kept)}`);
    }
    await page.close();
  });

  test('every query has an answer', async () => {
    for (const block of of('sql')) {
      assert.match(block.code.trim(), /^(--.*\n)*(SELECT|WITH|EXPLAIN)\b/i, `${placeOf(block)}: mark what writes, other tests read these tables`);
      const { status, text } = await ask(`/api/v2/sql?api_key=${master}`, { q: block.code.trim().replace(/;$/, '') });
      assert.equal(status, 200, `${placeOf(block)}: ${text}`);
    }
  });

  test('every command has the options that it is given', async () => {
    const all = (await allBlocks()).filter(({ language }) => language === 'sh');
    const lines = all.flatMap((block) => commands(block.code).map((line) => ({ block, line: line.replace(/^(?:\w+=\S*\s+)+(?=\S)/, '') })));
    let known = 0;
    for (const { block, line } of lines) {
      const [pattern, program] = PROGRAMS.find(([begins]) => begins.test(line)) ?? [];
      if (!program) {
        assert.ok(block.marks['not run'] || /^(export|cd|mkdir)\b/.test(line), `${placeOf(block)}: nothing tests ${line}: mark the block`);
        continue;
      }
      const words = line.replace(pattern, '').replace(/"[^"]*"|'[^']*'/g, 'TEXT').split(/\s+/).filter(Boolean);
      const path = [];
      // A command is a word that the help before it lists.
      for (const word of words) if (!word.startsWith('-') && new RegExp(`^  ${word}\\b`, 'm').test(commandsOf(await help(program, path)))) path.push(word); else break;
      if (words.length > path.length && /^Commands:$/m.test(await help(program, path)) && path.length === 0 && !words[0].startsWith('-')) assert.fail(`${placeOf(block)}: there is no command ${words[0]}`);
      const options = `${await help(program, path)}\n${await help(program, [])}`;
      for (const option of words.filter((word) => /^--?[a-z]/i.test(word))) {
        const name = option.split('=')[0];
        assert.match(options, new RegExp(`(^|[\\s,])${name}\\b`, 'm'), `${placeOf(block)}: ${line} has no ${name}`);
      }
      known++;
    }
    assert.ok(known > 10, `${known} commands`);
  });
});

async function ask(path, body) {
  const answer = await fetch(`${SERVER}/user/demo${path}`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
  return { status: answer.status, text: await answer.text() };
}

const commandsOf = (text) => text.split(/^Commands:$/m)[1]?.split(/^\S/m)[0] ?? '';
const helps = new Map();

/** What a program says about one of its commands. */
function help(program, path) {
  const key = [program, ...path].join(' ');
  if (!helps.has(key)) helps.set(key, promisify(execFile)(program, [...path, '--help']).then(({ stdout }) => stdout));
  return helps.get(key);
}
