// Bundles the package from the glue, the rim and the WebAssembly module; `cargo xtask build` makes those and calls it.
//
//   node pkg/build.mjs [--dev]
//
// --dev keeps names and line breaks.
//
// There is one copy of the WebAssembly module inside a script, in carto.js; carto.mjs brings that script into ES modules. The
// other copy is a file of its own, carto_bg.wasm, which slim.mjs loads.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { asciiBytes, shortNames } from './shorten.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const dev = process.argv.includes('--dev');
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const banner = `/*! carto-wasm ${version} | MIT OR Apache-2.0 */`;

const built = shortNames(
  readFileSync(join(here, 'glue/carto_small.wasm')),
  readFileSync(join(here, 'glue/carto.js'), 'utf8'),
);

/** Gives the bundle the WebAssembly module as text, and the glue that goes with it. */
const wasm = {
  name: 'wasm',
  setup(bundler) {
    bundler.onResolve({ filter: /^carto-bytes$/ }, ({ path }) => ({ path, namespace: 'wasm' }));
    bundler.onLoad({ filter: /.*/, namespace: 'wasm' }, () => ({
      contents: JSON.stringify(asciiBytes(built.wasm)),
      loader: 'json',
    }));
    bundler.onLoad({ filter: /glue\/carto\.js$/ }, () => ({ contents: built.glue, loader: 'js' }));
  },
};

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: !dev,
  // Names that only the rim and the glue say to each other.
  mangleProps: dev ? undefined : /^__[a-z]\w+[a-zA-Z]$/,
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'none',
  alias: { 'carto-rim': './rim/imports.ts' },
  plugins: [wasm],
  logLevel: 'warning',
};

writeFileSync(join(here, 'carto_bg.wasm'), built.wasm);

await Promise.all([
  build({
    ...shared,
    entryPoints: ['rim/script.ts'],
    outfile: 'carto.js',
    format: 'iife',
    // As CommonJS the namespace itself is the module, as in CARTO.js (C-002). In an ES module `this` is undefined: there
    // carto.mjs takes the namespace over, and no global is made.
    banner: {
      js:
        `${banner}\n(function(root,factory){if(typeof module==="object"&&module.exports)module.exports=factory();` +
        'else if(typeof define==="function"&&define.amd)define([],factory);' +
        'else if(root)root.carto=factory();else globalThis[Symbol.for("carto-wasm")]=factory()' +
        '})(this,function(){var namespace,hand=function(carto){namespace=carto};',
    },
    footer: { js: 'return namespace});' },
  }),
  build({ ...shared, entryPoints: ['rim/module.ts'], outfile: 'carto.mjs', format: 'esm', external: ['./carto.js'], banner: { js: banner } }),
  build({ ...shared, entryPoints: ['rim/slim.ts'], outfile: 'slim.mjs', format: 'esm', external: ['node:*'], banner: { js: banner } }),
]);

// The package carries the project's own papers.
for (const paper of ['CHANGELOG.md', 'LICENSE-MIT', 'LICENSE-APACHE']) copyFileSync(join(here, '..', paper), join(here, paper));
