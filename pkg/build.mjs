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
import { build, transform } from 'esbuild';
import { guarded } from './guard.mjs';
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
    bundler.onLoad({ filter: /glue\/carto\.js$/ }, () => ({ contents: guarded(built.glue), loader: 'ts', resolveDir: here }));
  },
};

/** The natives that the rim has from the page, by the names that they have there. */
const natives = join(here, 'rim/natives.ts');

/** The classes that pages meet. Engines name objects in consoles and stack traces as the source text does. */
const PUBLIC = new Set(
  (
    'Client SQL Dataset CartoCSS Layer Formula Category Histogram TimeSeries BoundingBox BoundingBoxLeaflet ' +
    'BoundingBoxGoogleMaps Circle Polygon Range AND OR ApiKeys'
  ).split(' '),
);

/** Makes the names of public classes property names, which no minifier shortens. Of two that have one, the rim's extends another, and the glue's none. */
function nameClasses(text) {
  const classes = /^var (\w+?)(\d*) = class (extends \w+ )?\{\n(?:[^]*?\n)?\};$/gm;
  const missing = new Set(PUBLIC);
  const named = text.replace(classes, (whole, name, number, base) => {
    if (!PUBLIC.has(name) || !base) return whole;
    missing.delete(name);
    const variable = name + number;
    return `var { ${name}: ${variable} } = { ${name}: ${whole.slice(`var ${variable} = `.length, -1)} };`;
  });
  if (missing.size) throw new Error(`The bundle lacks classes: ${[...missing].join(', ')}.`);
  return named;
}

/** One file of the package. */
async function bundle(file, entry, options = {}) {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    inject: options.isAlone ? [] : [natives],
    alias: { 'carto-rim': './rim/imports.ts' },
    external: ['./carto.js'],
    plugins: [wasm],
    logLevel: 'warning',
  });
  const { text } = outputFiles[0];
  // It would be made by a loop that meets what a page added to all objects.
  if (/\b__export\(/.test(text)) throw new Error(`${file} has a module as an object: import what is used of it by name.`);
  const { code } = await transform(options.hasClasses ? nameClasses(text) : text, {
    minify: !dev,
    // Names that only the rim and the glue say to each other.
    mangleProps: dev ? undefined : /^__[a-z]\w+[a-zA-Z]$/,
    target: 'es2022',
    charset: 'utf8',
    legalComments: 'none',
    format: options.format ?? 'esm',
    banner: `${banner}${options.before ?? ''}`,
    footer: options.after,
  });
  writeFileSync(join(here, file), code);
}

writeFileSync(join(here, 'carto_bg.wasm'), built.wasm);

await Promise.all([
  bundle('carto.js', 'rim/script.ts', {
    hasClasses: true,
    format: 'iife',
    // As CommonJS the namespace itself is the module, as in CARTO.js (C-002). In an ES module `this` is undefined: there
    // carto.mjs takes the namespace over, and no global is made.
    before:
      '\n(function(root,factory){if(typeof module==="object"&&module.exports)module.exports=factory();' +
      'else if(typeof define==="function"&&define.amd)define([],factory);' +
      'else if(root)root.carto=factory();else globalThis[Symbol.for("carto-wasm")]=factory()' +
      '})(this,function(){var namespace,hand=function(carto){namespace=carto};',
    after: 'return namespace});',
  }),
  bundle('carto.mjs', 'rim/module.ts', { isAlone: true }),
  bundle('slim.mjs', 'rim/slim.ts', { hasClasses: true }),
]);

// The package carries the project's own papers.
for (const paper of ['CHANGELOG.md', 'LICENSE-MIT', 'LICENSE-APACHE']) copyFileSync(join(here, '..', paper), join(here, paper));
