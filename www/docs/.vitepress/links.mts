// Links of the pages are written for the repository, where files lie beside each other. Here they become those of the site.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix, relative } from 'node:path';
import type { MarkdownOptions, MarkdownRenderer } from 'vitepress';
import { DOCS } from './sections.mts';

const ROOT = join(DOCS, '../..');
const HERE = 'www/docs';
type Token = ReturnType<MarkdownRenderer['parse']>[number];

const INCLUDED = /^(?:---\n[\s\S]*?\n---\n)?\s*<!--\s*@include:\s*(\S+)\s*-->/;

/** The anchor of a heading, by the rule of repositories, so that a link to one works in both places. */
export const anchorOf = (heading: string): string => heading.trim().toLowerCase().replace(/[^\p{L}\p{N}_\- ]/gu, '').replaceAll(' ', '-');

/** Pages that show a file of the repository, by that file: a link to the file leads to the page. */
function shownFiles(): Map<string, string> {
  const names = readdirSync(DOCS, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
  const pages = names.filter((name) => name.endsWith('.md') && !name.startsWith('api/'));
  return new Map(pages.flatMap((page) => {
    const included = INCLUDED.exec(readFileSync(join(DOCS, page), 'utf8'))?.[1];
    return included ? [[posix.join(HERE, posix.dirname(page), included), page] as const] : [];
  }));
}

/** The page of a recipe's file (recipes/[file].md). */
export const pageOfRecipe = (file: string): string => file.replace(/[/.]/g, '-').toLowerCase();

/** What a link of a page becomes: an address of the site, one beside the site, or nothing where the site has no such thing. */
function rewritten(href: string, page: string, shown: Map<string, string>): { href: string; isBeside: boolean } | null {
  const [path = '', anchor] = href.split('#');
  const source = [...shown].find(([, one]) => one === page)?.[0] ?? posix.join(HERE, page);
  const file = posix.join(posix.dirname(source), path);
  const hash = anchor ? `#${anchor}` : '';
  if (file.startsWith(`${HERE}/api`) || file.startsWith(`${HERE}/.`)) return { href, isBeside: false };
  if (!existsSync(join(ROOT, file))) throw new Error(`${source} links ${href}, which is not there`);
  const inside = shown.get(file) ?? (file.startsWith(`${HERE}/`) ? file.slice(HERE.length + 1) : null);
  if (inside?.startsWith('recipes/')) return { href: `/recipes/${pageOfRecipe(inside.slice('recipes/'.length))}`, isBeside: false };
  if (inside) return { href: `/${inside.replace(/(^|\/)README\.md$/, '$1').replace(/\.md$/, '')}${hash}`, isBeside: false };
  if (file.startsWith('www/')) return { href: `../${file.slice('www/'.length).replace(/(^|\/)index\.html$/, '$1')}${hash}`, isBeside: true };
  return null;
}

/** Leaves nothing of a tag. */
const erase = (token: Token): void => {
  Object.assign(token, { type: 'text', tag: '', nesting: 0, content: '' });
};

/** Puts the rule into the renderer: a link that has no address here becomes plain text. */
export const linksOfTheRepository: NonNullable<MarkdownOptions['config']> = (md) => {
  const shown = shownFiles();
  md.core.ruler.push('links-of-the-repository', ({ tokens, env }) => {
    // `relativePath` is the address, `path` the file; a rewritten page has both.
    const page = posix.normalize(relative(DOCS, (env as { path: string }).path).replaceAll('\\', '/'));
    if (page.startsWith('api/') || page.startsWith('recipes/')) return;
    for (const { children } of tokens) {
      const open: boolean[] = [];
      for (const token of children ?? []) {
        if (token.type === 'link_close' && open.pop() === false) erase(token);
        if (token.type !== 'link_open') continue;
        const href = token.attrGet('href') ?? '';
        if (/^(#|\/|[a-z]+:)/.test(href)) {
          open.push(true);
          continue;
        }
        const found = rewritten(href, page, shown);
        open.push(found !== null);
        if (!found) {
          erase(token);
          continue;
        }
        token.attrSet('href', found.isBeside ? `${'../'.repeat(page.split('/').length - 1)}${found.href}` : found.href);
        // Not a page of this site: the browser goes there, not the router.
        if (found.isBeside) token.attrSet('target', '_self');
      }
    }
  });
};

