// The blocks of code in the documentation, with what their page says about testing them (CONTRIBUTING.md).
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
export const DOCS = 'www/docs';
/** What a reader of the repository or of npm reads beside the site's pages. */
export const PAPERS = ['README.md', 'CODE_OF_CONDUCT.md', 'CONTRIBUTING.md', 'RELEASING.md', 'SECURITY.md', 'crates/sandbox/README.md', 'pkg/README.md'];

/** The languages whose blocks some test takes. */
export const TESTED = ['js', 'ts', 'html', 'json', 'sql', 'cartocss', 'css', 'sh'];

const MARK = /^\s*<!-- (not run|file|before|on): (.+?) -->$/;

/** The site's pages, without those that are made: addresses from the repository's root. */
export async function pages() {
  const names = await readdir(join(ROOT, DOCS), { recursive: true });
  const own = names.map((name) => name.replaceAll('\\', '/')).filter((name) => name.endsWith('.md') && !/^(api|\.vitepress)\/|\[/.test(name));
  return own.sort().map((name) => `${DOCS}/${name}`);
}

/**
 * The fenced blocks of a text: language, code, the line of the code, and the marks above.
 * @returns {{ file: string, line: number, language: string, code: string, marks: Record<string, string> }[]}
 */
export function blocks(file, text) {
  const found = [];
  const lines = text.split('\n');
  let marks = {};
  let open = null;
  for (const [index, line] of lines.entries()) {
    const fence = /^(\s*)(`{3,})([\w-]*)/.exec(line);
    if (open) {
      if (fence?.[2] === open.fence && !fence[3]) {
        found.push({ ...open.block, code: open.code.join('\n') });
        open = null;
      } else open.code.push(line.startsWith(open.indent) ? line.slice(open.indent.length) : line);
    } else if (fence) {
      open = { indent: fence[1], fence: fence[2], code: [], block: { file, line: index + 2, language: fence[3], marks } };
      marks = {};
    } else {
      const [, kind, value] = MARK.exec(line) ?? [];
      if (kind) marks = { ...marks, [kind]: value };
      else if (line.trim()) marks = {};
    }
  }
  if (open) throw new Error(`${file}:${open.block.line}: the block does not end`);
  return found;
}

/** All blocks of the documentation. */
export async function allBlocks() {
  const files = [...PAPERS, ...await pages()];
  const texts = await Promise.all(files.map(async (file) => blocks(file, await readFile(join(ROOT, file), 'utf8'))));
  return texts.flat();
}

/** Where a block is, for messages. */
export const placeOf = ({ file, line }) => `${file}:${line}`;

/** The commands of a block of a shell, one a text: lines that belong together are joined, comments and output left out. */
export function commands(code) {
  const lines = code.replace(/\\\n\s*/g, ' ').split('\n').map((line) => line.replace(/(^|\s)#.*$/, '').trim());
  return lines.filter(Boolean).flatMap((line) => line.split(/\s*(?:&&|\|\||[|;])\s*/));
}
