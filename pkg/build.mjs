// Bundles the package from the glue, the rim and the WebAssembly module; `cargo xtask build` makes those and calls it.
//
//   node pkg/build.mjs [--dev]
//
// --dev keeps names and line breaks.
//
// There is one copy of the WebAssembly module inside a script, in carto.js; carto.mjs brings that script into ES modules. The
// other copy is a file of its own, carto_bg.wasm, which slim.mjs loads. carto.core.js has a module of its own, with less in it;
// carto.core.mjs brings in that one.
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

/** A WebAssembly module with its glue, of a directory of `glue/`. */
function read(directory) {
  const path = (name) => join(here, directory, name);
  const { wasm, glue } = shortNames(readFileSync(path('carto_small.wasm')), readFileSync(path('carto.js'), 'utf8'));
  return { wasm, glue, ...asciiBytes(wasm), isWhole: directory === WHOLE };
}

const WHOLE = 'glue';
const whole = read(WHOLE);
const core = read('glue-core');

/** Gives the bundle what reads the text of a WebAssembly module, and the glue that goes with it. */
const withModule = ({ glue, alphabet, escapes, isWhole }) => ({
  name: 'wasm',
  setup(bundler) {
    bundler.onResolve({ filter: /^carto-bytes$/ }, ({ path }) => ({ path, namespace: 'wasm' }));
    if (!isWhole) bundler.onResolve({ filter: /\/fallbacks\.js$/ }, () => ({ path: join(here, 'rim/core-fallbacks.ts') }));
    bundler.onLoad({ filter: /.*/, namespace: 'wasm' }, () => ({ contents: JSON.stringify({ alphabet, escapes }), loader: 'json' }));
    bundler.onLoad({ filter: /glue\/carto\.js$/ }, () => ({ contents: guarded(glue, isWhole), loader: 'ts', resolveDir: here }));
  },
});

/** The natives that the rim has from the page, by the names that they have there. */
const natives = join(here, 'rim/natives.ts');

/** The classes that pages meet. Engines name objects in consoles and stack traces as the source text does. */
const CORE = ['Client', 'SQL', 'Dataset', 'CartoCSS', 'Layer'];
const PUBLIC = [
  ...CORE,
  ...'Formula Category Histogram TimeSeries BoundingBox BoundingBoxLeaflet BoundingBoxGoogleMaps Circle Polygon Range AND OR ApiKeys'.split(' '),
];

/** Makes the names of public classes property names, which no minifier shortens. Of two that have one, the rim's extends another, and the glue's none. */
function nameClasses(text, names) {
  const classes = /^var (\w+?)(\d*) = class (extends \w+ )?\{\n(?:[^]*?\n)?\};$/gm;
  const missing = new Set(names);
  const named = text.replace(classes, (whole, name, number, base) => {
    if (!names.includes(name) || !base) return whole;
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
    external: ['./carto.js', './carto.core.js'],
    plugins: [withModule(options.module ?? whole)],
    logLevel: 'warning',
  });
  const { text } = outputFiles[0];
  // It would be made by a loop that meets what a page added to all objects.
  if (/\b__export\(/.test(text)) throw new Error(`${file} has a module as an object: import what is used of it by name.`);
  const { code } = await transform(options.classes ? nameClasses(text, options.classes) : text, {
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

/**
 * What is around a script. As CommonJS the namespace itself is the module, as in CARTO.js (C-002). In an ES module `this` is
 * undefined: there the module `name` takes the namespace over, and no global is made. The text of the WebAssembly module comes
 * last: in the middle gzip would make a hundredth more of it all.
 */
const script = (name, { text }) => ({
  format: 'iife',
  before:
    '\n(function(root,make,bytes){var factory=function(){return make(bytes)};' +
    'if(typeof module==="object"&&module.exports)module.exports=factory();' +
    'else if(typeof define==="function"&&define.amd)define([],factory);' +
    `else if(root)root.carto=factory();else globalThis[Symbol.for("${name}")]=factory()` +
    '})(this,function(bytes){var namespace,hand=function(carto){namespace=carto};',
  after: `return namespace},"${text}");`,
});

writeFileSync(join(here, 'carto_bg.wasm'), whole.wasm);

await Promise.all([
  bundle('carto.js', 'rim/script.ts', { classes: PUBLIC, ...script('carto-wasm', whole) }),
  bundle('carto.mjs', 'rim/module.ts', { isAlone: true }),
  bundle('carto.core.js', 'rim/core-script.ts', { classes: CORE, module: core, ...script('carto-wasm/core', core) }),
  bundle('carto.core.mjs', 'rim/core-module.ts', { isAlone: true }),
  bundle('slim.mjs', 'rim/slim.ts', { classes: PUBLIC }),
]);

// The package carries the project's own papers.
for (const paper of ['CHANGELOG.md', 'LICENSE-MIT', 'LICENSE-APACHE']) copyFileSync(join(here, '..', paper), join(here, paper));
