// Bundles the package from the glue, the rim and the WebAssembly module; `cargo xtask build` makes those and calls it.
//
//   node pkg/build.mjs [--dev] [--widgets]
//
// --dev keeps names and line breaks; --widgets makes the widgets only, which have no WebAssembly in them.
//
// There is one copy of the WebAssembly module inside a script, in carto.js; carto.mjs brings that script into ES modules. The
// other copy is a file of its own, carto_bg.wasm, which slim.mjs loads. carto.core.js has a module of its own, with less in it;
// carto.core.mjs brings in that one.
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { guarded } from './guard.mjs';
import { packed } from './pack.mjs';
import { asciiBytes, shortNames } from './shorten.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const dev = process.argv.includes('--dev');
const onlyWidgets = process.argv.includes('--widgets');
const { version } = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const banner = `/*! carto-wasm ${version} | MIT OR Apache-2.0 */`;

/** A WebAssembly module with its glue, of a directory beside this file. */
function read(directory) {
  const path = (name) => join(here, directory, name);
  return shortNames(readFileSync(path('carto_small.wasm')), readFileSync(path('carto.js'), 'utf8'));
}

/** The same with the module as text, too. */
function readAsText(directory) {
  const module = read(directory);
  return { ...module, ...asciiBytes(module.wasm), isWhole: directory === WHOLE };
}

const WHOLE = 'glue';
const VECTOR = 'glue-vector';
const whole = onlyWidgets ? {} : readAsText(WHOLE);
const core = onlyWidgets ? {} : readAsText('glue-core');

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
  ...'Formula Category Histogram TimeSeries BoundingBox BoundingBoxLeaflet BoundingBoxGoogleMaps BoundingBoxMapLibre BoundingBoxOpenLayers Circle Polygon Range AND OR ApiKeys'.split(' '),
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

/** The packages of others that the widgets bring along: `cargo xtask notices` names them. */
const bundled = JSON.parse(readFileSync(join(here, 'bundled.json'), 'utf8'));

/** Fails at a package of others that no notice names. */
function nameOthers(file, { inputs }) {
  const others = Object.keys(inputs).map((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]);
  const missing = others.filter((name) => name && !bundled.includes(name));
  if (missing.length) throw new Error(`${file} has ${[...new Set(missing)].join(', ')} in it: name them in pkg/bundled.json and run cargo xtask notices.`);
}

/** One file of the package. */
async function bundle(file, entry, options = {}) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    // One character beyond Latin-1 makes browsers keep the whole text at two bytes a character.
    charset: 'ascii',
    legalComments: 'none',
    inject: options.inject ?? (options.isAlone ? [] : [natives]),
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: options.plugins ?? [withModule(options.module ?? whole)],
    alias: { 'carto-rim': './rim/imports.ts' },
    external: ['./carto.js', './carto.core.js', './carto.vector.js'],
    metafile: true,
    logLevel: 'warning',
  });
  nameOthers(file, metafile);
  const { text } = outputFiles[0];
  // It would be made by a loop that meets what a page added to all objects.
  if (/\b__export\(/.test(text)) throw new Error(`${file} has a module as an object: import what is used of it by name.`);
  const { code } = await transform(options.classes ? nameClasses(text, options.classes) : text, {
    minify: !dev,
    // Names that only the rim and the glue say to each other.
    mangleProps: dev ? undefined : /^__[a-z]\w+[a-zA-Z]$/,
    target: 'es2022',
    // One character beyond Latin-1 makes browsers keep the whole text at two bytes a character.
    charset: 'ascii',
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
 * last: in the middle gzip would make a hundredth more of it all. What is in parentheses is compiled at once, not read twice.
 */
const script = (name, { text }) => ({
  format: 'iife',
  before:
    '\n(function(root,make,bytes){var factory=function(){return make(bytes)};' +
    'if(typeof module==="object"&&module.exports)module.exports=factory();' +
    'else if(typeof define==="function"&&define.amd)define([],factory);' +
    `else if(root)root.carto=factory();else globalThis[Symbol.for("${name}")]=factory()` +
    '})(this,(function(bytes){var namespace,hand=function(carto){namespace=carto};',
  after: `return namespace}),"${text}");`,
});

/** The script of the widgets: as CommonJS their classes are the module; a page needs only the elements. */
const widgetsScript = {
  format: 'iife',
  before:
    '\n(function(make){' +
    'if(typeof module==="object"&&module.exports)module.exports=make();' +
    'else if(typeof define==="function"&&define.amd)define([],make);' +
    'else make()' +
    '})(function(){var classes,hand=function(all){classes=all};',
  after: 'return classes});',
};

/** Takes the line breaks out of style sheets and templates, where they are nothing but space. */
const tightTemplates = {
  name: 'tight-templates',
  setup(bundler) {
    bundler.onLoad({ filter: /widgets\/[\w-]+\.ts$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8')
        .replace(/\bcss`[^`]*`/g, (sheet) => sheet.replace(/\/\*[^]*?\*\//g, '').replace(/\s*([{};,>])\s*|(:)\s+|\s+/g, (_, mark, colon) => mark ?? colon ?? ' '))
        .replace(/>\n\s+</g, '><'),
      loader: 'ts',
    }));
  },
};

const widgets = { inject: [join(here, 'widgets/element-shims.ts')], plugins: dev ? [] : [tightTemplates] };

await Promise.all([
  bundle('carto.widgets.mjs', 'widgets/index.ts', widgets),
  bundle('carto.widgets.js', 'widgets/script.ts', { ...widgets, ...widgetsScript }),
]);
if (onlyWidgets) process.exit();

writeFileSync(join(here, 'carto_bg.wasm'), whole.wasm);

/** What draws in vector mode, as the text of a module: a function, from whose own text a worker is made, and the WebAssembly module. */
async function engine({ wasm, glue }) {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: ['rim/vector/engine.ts'],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    charset: 'ascii',
    legalComments: 'none',
    alias: { 'carto-engine': './rim/vector/host.ts' },
    plugins: [
      {
        name: 'glue',
        setup: (bundler) => bundler.onLoad({ filter: /glue-vector.carto\.js$/ }, () => ({ contents: glue, loader: 'js', resolveDir: here })),
      },
    ],
    logLevel: 'warning',
  });
  const unpacker = (name) => readFileSync(join(here, VECTOR, name));
  const module = dev ? [wasm.toString('base64')] : packed(wasm, unpacker('unpack.wasm'), unpacker('pack.wasm'));
  return `export const packed = ${JSON.stringify(module)}; export function start() { let start; const hand = (made) => { start = made; }; ${outputFiles[0].text} return start; }`;
}

/** Gives the script of vector mode what draws. */
const withEngine = (contents) => ({
  name: 'engine',
  setup(bundler) {
    bundler.onResolve({ filter: /^carto-engine-text$/ }, ({ path }) => ({ path, namespace: 'engine' }));
    bundler.onLoad({ filter: /.*/, namespace: 'engine' }, () => ({ contents, loader: 'js', resolveDir: here }));
    // What is there for work is much longer, and would take long to unpack.
    if (dev) bundler.onResolve({ filter: /\/unpack\.js$/ }, () => ({ path: join(here, 'rim/unpack-dev.ts') }));
  },
});

await Promise.all([
  bundle('carto.js', 'rim/script.ts', { classes: PUBLIC, ...script('carto-wasm', whole) }),
  bundle('carto.mjs', 'rim/module.ts', { isAlone: true }),
  bundle('carto.core.js', 'rim/core-script.ts', { classes: CORE, module: core, ...script('carto-wasm/core', core) }),
  bundle('carto.core.mjs', 'rim/core-module.ts', { isAlone: true }),
  bundle('carto.vector.js', 'rim/vector/script.ts', { isAlone: true, format: 'iife', plugins: [withEngine(await engine(read(VECTOR)))] }),
  bundle('carto.vector.mjs', 'rim/vector/module.ts', { isAlone: true }),
  bundle('slim.mjs', 'rim/slim.ts', { classes: PUBLIC }),
]);

// The package carries the project's own papers.
for (const paper of ['CHANGELOG.md', 'LICENSE-MIT', 'LICENSE-APACHE']) copyFileSync(join(here, '..', paper), join(here, paper));
