// What readers copy makes no HTML of data: names come from a database, and whoever can write them could run scripts.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { markup, scripts } from './markup.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const FENCE = /```(js|jsx|ts|html)\n([\s\S]*?)```/g;
const CODE = ['.js', '.jsx', '.mjs', '.ts'];
const PAGE = ['.html', '.vue', '.svelte'];

/** The files below a directory that somebody reads for its code. */
async function below(directory) {
  const files = (await readdir(join(ROOT, directory), { withFileTypes: true, recursive: true })).filter((entry) => entry.isFile());
  return files.map(({ name, parentPath, path }) => join(parentPath ?? path, name).slice(ROOT.length + 1));
}

/** The pieces of code in a file: text, and the line before it. */
function pieces(file, text) {
  const before = (index) => text.slice(0, index).split('\n').length;
  if (CODE.includes(extname(file)) && !file.endsWith('.d.ts')) return [{ code: text, line: 1 }];
  // Templates are read, too, for what frameworks have for HTML.
  if (PAGE.includes(extname(file))) return scripts(text).concat(extname(file) === '.html' ? [] : [{ code: `\`${text.replaceAll(/[`$\\]/g, ' ')}\``, line: 1 }]);
  return [...text.matchAll(FENCE)].flatMap(({ 0: all, 1: language, 2: fenced, index }) => {
    const line = before(index + all.indexOf('\n') + 1);
    const code = file.endsWith('.d.mts') || file.endsWith('.d.ts') ? fenced.replace(/^ *\* ?/gm, '') : fenced;
    return language === 'html' ? scripts(code).map((script) => ({ code: script.code, line: line + script.line - 1 })) : [{ code, line }];
  });
}

const complaints = (file, text) => pieces(file, text).flatMap(({ code, line }) => markup(code).map((one) => `${file}:${line + one.line - 1}: ${one.text}`));

describe('examples', () => {
  test('make no HTML of data', async () => {
    const listed = await Promise.all(['pkg/types', 'www'].map(below));
    const files = ['README.md', 'pkg/README.md', 'pkg/index.d.ts', 'pkg/index.d.mts', 'pkg/slim.d.ts', 'pkg/slim.d.mts', ...listed.flat()];
    const read = files.filter((file) => [...CODE, ...PAGE, '.md', '.mts'].includes(extname(file)) && !file.startsWith('www/docs/api/'));
    let count = 0;
    const wrong = [];
    for (const file of read) {
      const text = await readFile(join(ROOT, file), 'utf8');
      count += pieces(file, text).length;
      wrong.push(...complaints(file, text));
    }
    assert.ok(count > 250, `${count} pieces of code`);
    assert.deepEqual(wrong, []);
  });

  const WRONG = [
    'element.innerHTML = data.name;', 'element.innerHTML += `<b>${data.name}</b>`;', "element['outerHTML'] = '<b>' + name + '</b>';", 'frame.srcdoc = html;',
    "element.insertAdjacentHTML('beforeend', `<li>${name}</li>`);", 'document.write(`<b>${name}</b>`);', "window.document.writeln('<b>', name);",
    'L.popup().setLatLng(latLng).setContent(`${data.name}: ${data.pop_max}`).openOn(map);', 'popup.setContent(data.name);', 'popup.setContent(String(data.name));',
    'marker.bindPopup(`<b>${data.name}</b>`);', 'marker.bindTooltip(() => data.name);', "marker.bindPopup(rows.map(({ name }) => name).join(''));",
    'const content = `${data.name}`;\npopup.setContent(content);', "let content = document.createElement('b');\ncontent = data.name;\npopup.setContent(content);",
    'const show = (content) => popup.setContent(content);', 'const show = ({ content }) => popup.setContent(content);',
    'new google.maps.InfoWindow({ content: data.name });', 'new google.maps.InfoWindow({ content });', 'L.divIcon({ html: `<b>${count}</b>` });',
    'const view = <p dangerouslySetInnerHTML={{ __html: name }} />;',
  ];
  for (const code of WRONG) test(`HTML of data would be seen: ${code.split('\n').at(-1)}`, () => assert.equal(markup(code).length, 1));

  const RIGHT = [
    "element.innerHTML = '';", "element.innerHTML = wide ? '<b></b>' : `<i></i>`;", 'element.textContent = `${data.name}`;', "document.write(old ? '<b>old</b>' : '<b>new</b>');",
    "const content = document.createElement('p');\ncontent.textContent = data.name;\npopup.setContent(content);", "popup.setContent(Object.assign(document.createElement('b'), { textContent: data.name }));",
    'style.setContent(`#layer { marker-width: ${width}; }`);', 'styles[name].setContent(css);', 'layer.getStyle().setContent(css);', 'new google.maps.InfoWindow({ disableAutoPan: true });',
  ];
  for (const code of RIGHT) test(`what is no HTML of data is let through: ${code.split('\n').at(-1)}`, () => assert.deepEqual(markup(code), []));

  test('they are seen wherever they are written, with their line', () => {
    const code = 'element.innerHTML = data.name';
    assert.deepEqual(complaints('a.md', `# A\n\n\`\`\`js\nlet a;\n${code}\n\`\`\`\n`), [`a.md:5: ${code}`]);
    assert.deepEqual(complaints('a.md', `\`\`\`html\n<p></p>\n<script>\n${code}\n</script>\n\`\`\`\n`), [`a.md:4: ${code}`]);
    assert.deepEqual(complaints('a.d.ts', `/**\n * @example\n * \`\`\`js\n * ${code}\n * \`\`\`\n */\n`), [`a.d.ts:4: ${code}`]);
    assert.deepEqual(complaints('a.html', `<p></p>\n<script>\n${code}\n</script>\n`), [`a.html:3: ${code}`]);
    assert.deepEqual(complaints('a.vue', '<template>\n  <p v-html="name"></p>\n</template>\n'), ['a.vue:2: v-html']);
    assert.deepEqual(complaints('a.svelte', '<p>\n  {@html name}\n</p>\n'), ['a.svelte:2: {@html']);
  });
});
