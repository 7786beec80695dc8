// The sections of the documentation. A page lies in the directory of its section, where it is found without being listed: its
// title is its first heading, `order` in its front matter its place. Pages that were there before the sections are listed.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { DefaultTheme } from 'vitepress';

type Item = DefaultTheme.SidebarItem;

export const DOCS = fileURLToPath(new URL('..', import.meta.url));

interface Section { text: string; directory: string; also: string[] }

export const SECTIONS: Section[] = [
  { text: 'Tutorial', directory: 'tutorial', also: [] },
  { text: 'How-to', directory: 'how-to', also: ['migration', 'widgets', 'recipes', 'map-libraries', 'vector-mode', 'api-keys'] },
  { text: 'Server', directory: 'server', also: ['importing', 'postgis', 'sql'] },
  { text: 'Reference', directory: 'reference', also: [] },
  { text: 'Explanation', directory: 'explanation', also: ['differences'] },
];

/** The text of a page, with what it includes as a whole. */
export function textOf(page: string): string {
  const text = readFileSync(join(DOCS, `${page}.md`), 'utf8');
  const included = /^<!--\s*@include:\s*(\S+)\s*-->$/m.exec(text)?.[1];
  return included ? text + readFileSync(join(DOCS, page, '..', included), 'utf8') : text;
}

const titleOf = (text: string, page: string): string => /^(?:title: |# )(.+)$/m.exec(text)?.[1] ?? page;
const orderOf = (text: string): number => Number(/^---\n[\s\S]*?^order: (\d+)$/m.exec(text)?.[1] ?? 100);

/** The pages of a section as they are shown: those of its directory by their order, then the others. */
export function pagesOf({ directory, also }: Section): { page: string; title: string }[] {
  const folder = join(DOCS, directory);
  const names = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith('.md')) : [];
  const found = names.map((name) => `${directory}/${name.slice(0, -'.md'.length)}`).map((page) => ({ page, text: textOf(page) }));
  found.sort((one, other) => orderOf(one.text) - orderOf(other.text) || one.page.localeCompare(other.page));
  const all = [...found, ...also.map((page) => ({ page, text: textOf(page) }))];
  return all.map(({ page, text }) => ({ page, title: titleOf(text, page) }));
}

interface Entry { title: string; path?: string | null; children?: Entry[] }

/** The API reference, as typedoc lists it; nothing where it was not made. */
function reference(): Item[] {
  const file = join(DOCS, 'api/navigation.json');
  if (!existsSync(file)) return [];
  const item = ({ title, path, children = [] }: Entry): Item => {
    const pages = children.filter((child) => child.path && !child.path.includes('#'));
    return {
      text: title,
      ...(path ? { link: `/api/${path.replace(/\.md$/, '').replace(/index$/, '')}` } : {}),
      ...(pages.length ? { collapsed: true, items: pages.map(item) } : {}),
    };
  };
  const entries = JSON.parse(readFileSync(file, 'utf8')) as Entry[];
  return [{ text: 'API', link: '/api/', collapsed: false, items: entries.map(item) }];
}

/** The sections in the bar at the top: each leads to its first page. */
export function navigation(): DefaultTheme.NavItem[] {
  return SECTIONS.flatMap((section) => {
    const [first] = pagesOf(section);
    const link = section.directory === 'reference' ? '/api/' : first && `/${first.page}`;
    const pages = [section.directory, section.directory === 'reference' ? 'api' : '', ...section.also].filter(Boolean);
    return link ? [{ text: section.text, link, activeMatch: `^/(${pages.join('|')})(/|$|\\.)` }] : [];
  });
}

export function sidebar(): Item[] {
  const sections = SECTIONS.map((section): Item => {
    const items = pagesOf(section).map(({ page, title }): Item => ({ text: title, link: `/${page}` }));
    return { text: section.text, items: section.directory === 'reference' ? [...reference(), ...items] : items };
  });
  return [{ text: 'Overview', link: '/' }, ...sections.filter(({ items }) => items?.length)];
}
