// The documentation's site, built by `cargo xtask docs` (build.mjs). What is where: sections.mts.
import { readFileSync } from 'node:fs';
import { defineConfig } from 'vitepress';
import { linksOfTheRepository, anchorOf } from './links.mts';
import { navigation, sidebar } from './sections.mts';

const { version } = JSON.parse(readFileSync(new URL('../../../pkg/package.json', import.meta.url), 'utf8')) as { version: string };

export default defineConfig({
  title: 'carto-wasm',
  description: 'The carto namespace of CARTO.js v4 from Rust to WebAssembly, and a server of its own',
  lang: 'en',
  base: process.env.DOCS_BASE ?? '/docs/',
  // Out of the tree, so that a build leaves nothing behind that tests and editors would read.
  cacheDir: '../../target/xtask/vitepress',
  outDir: '../../target/docs',
  srcExclude: ['**/node_modules/**'],
  // The repository shows README.md for a directory, the site index.md.
  rewrites: { 'README.md': 'index.md' },
  // What is wrong fails the build.
  ignoreDeadLinks: false,
  markdown: {
    anchor: { slugify: anchorOf },
    // Of the usual ones some colours are hard to read.
    theme: { light: 'github-light-high-contrast', dark: 'github-dark-high-contrast' },
    // Its highlighter knows no CartoCSS.
    languageAlias: { cartocss: 'scss' },
    config: linksOfTheRepository,
  },
  // The index of the search is one file.
  vite: { build: { chunkSizeWarningLimit: 4000 } },
  themeConfig: {
    search: { provider: 'local' },
    outline: { level: [2, 3] },
    nav: [...navigation(), { text: `v${version}`, link: '/reference/changelog' }],
    sidebar: sidebar(),
    externalLinkIcon: true,
  },
});
