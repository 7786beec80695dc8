// Bundles the package from the glue, the rim and the WebAssembly module; `cargo xtask build` makes those and calls it.
//
//   node pkg/build.mjs [--dev]
//
// --dev keeps names and line breaks.
import { deflateRawSync } from 'node:zlib';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const dev = process.argv.includes('--dev');
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const banner = `/*! carto-wasm ${version} | MIT OR Apache-2.0 */`;

/** Gives the bundle the module's bytes: deflated, since base64 of compressed bytes costs nothing once served with gzip. */
const bytes = {
  name: 'carto-bytes',
  setup(bundler) {
    bundler.onResolve({ filter: /^carto-bytes$/ }, ({ path }) => ({ path, namespace: 'bytes' }));
    bundler.onLoad({ filter: /.*/, namespace: 'bytes' }, () => {
      const wasm = readFileSync(join(here, 'carto_bg.wasm'));
      return { contents: deflateRawSync(wasm, { level: 9, memLevel: 9 }).toString('base64'), loader: 'text' };
    });
  },
};

const shared = {
  absWorkingDir: here,
  bundle: true,
  minify: !dev,
  target: 'es2022',
  charset: 'utf8',
  legalComments: 'none',
  alias: { 'carto-rim': './rim/error.ts' },
  plugins: [bytes],
  logLevel: 'warning',
};

await Promise.all([
  build({
    ...shared,
    entryPoints: ['rim/script.ts'],
    outfile: 'carto.js',
    format: 'iife',
    globalName: 'bundle',
    // As CommonJS the namespace itself is the module, as in CARTO.js (C-002).
    banner: {
      js:
        `${banner}\n(function(root,factory){if(typeof module==="object"&&module.exports)module.exports=factory();` +
        'else if(typeof define==="function"&&define.amd)define([],factory);else root.carto=factory()' +
        '})(typeof self!=="undefined"?self:this,function(){',
    },
    footer: { js: 'return bundle.carto});' },
  }),
  build({ ...shared, entryPoints: ['rim/module.ts'], outfile: 'carto.mjs', format: 'esm', banner: { js: banner } }),
]);
