// The types against what is there: every exported value, every member of every class, every constant, both ways.
import assert from 'node:assert/strict';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const STRICT = {
  strict: true, noEmit: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false, esModuleInterop: true,
  target: ts.ScriptTarget.ES2022, jsx: ts.JsxEmit.Preserve, lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'], types: [],
};
const CASES = ['declarations.ts', 'unions.ts', 'core.ts', 'widgets.ts', 'widgets-jsx.tsx'];
const { ModuleKind: Module, ModuleResolutionKind: Resolution } = ts;
const KINDS = {
  'a bundler': { module: Module.ESNext, moduleResolution: Resolution.Bundler },
  'Node 16 and newer': { module: Module.Node16, moduleResolution: Resolution.Node16 },
  'Node 10, as old projects have it': { module: Module.ESNext, moduleResolution: Resolution.Node10 },
};

describe('declarations', () => {
  let project, carto, core;

  before(async () => {
    project = await mkdtemp(join(tmpdir(), 'carto-wasm-declarations-'));
    const installed = join(project, 'node_modules/carto-wasm');
    for (const name of ['package.json', 'index.d.ts', 'index.d.mts', 'core.d.ts', 'core.d.mts', 'widgets.d.ts', 'widgets.d.mts', 'types']) await cp(join(ROOT, 'pkg', name), join(installed, name), { recursive: true });
    await writeFile(join(project, 'package.json'), '{"type":"module"}');
    for (const name of CASES) await cp(join(ROOT, 'tests/package', name), join(project, name));
    carto = (await import(join(ROOT, 'pkg/carto.mjs'))).default;
    core = (await import(join(ROOT, 'pkg/carto.core.mjs'))).default;
  });
  after(() => rm(project, { recursive: true, force: true }));

  const compile = (options, ...names) => ts.createProgram(names.map((name) => join(project, name)), { ...STRICT, ...options });
  const complaints = (program) => ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => `${file && `${file.fileName.split('/').at(-1)}:${file.getLineAndCharacterOfPosition(start).line + 1}`} ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);

  for (const [what, options] of Object.entries(KINDS)) {
    test(`what is right is accepted and what is wrong refused, for ${what}`, () => assert.deepEqual(complaints(compile(options, ...CASES)), []));
  }

  /** What is declared of the namespace, by the type checker: values with their types. */
  function declared(page = 'declarations.ts', namespace = 'types/namespace.d.ts') {
    const program = compile(KINDS['a bundler'], page);
    const checker = program.getTypeChecker();
    const file = program.getSourceFiles().find(({ fileName }) => fileName.endsWith(namespace));
    return { checker, file, exports: checker.getExportsOfModule(checker.getSymbolAtLocation(file)) };
  }

  const follow = (checker, symbol) => (symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol);
  const isValue = (symbol) => (symbol.flags & ts.SymbolFlags.Value) !== 0;

  /** Where what is declared differs from what is there. */
  function differences({ checker, file, exports }, namespace) {
    const mistakes = [];
    let classes = 0;
    let constants = 0;
    /** Compares one declared value with what is there. */
    function compare(path, symbol, value) {
      if (symbol.flags & ts.SymbolFlags.Module) return compareAll(path, checker.getExportsOfModule(symbol), value);
      // In the types of the core a class is a variable that makes what an interface of its name says.
      if (symbol.flags & (ts.SymbolFlags.Class | ts.SymbolFlags.Interface)) {
        classes++;
        if (typeof value !== 'function') return void mistakes.push(`${path} is no class`);
        if (value.name !== symbol.name) mistakes.push(`${path} is called ${value.name}`);
        const members = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)).filter(({ flags }) => flags & (ts.SymbolFlags.Method | ts.SymbolFlags.Property));
        const isMethod = (member) => checker.getTypeOfSymbolAtLocation(member, file).getCallSignatures().length > 0;
        for (const member of members.filter(isMethod)) {
          // `Symbol.dispose` is there where the symbol is.
          const name = member.name.startsWith('__@') ? Symbol.dispose : member.name;
          // Vector mode brings along what is optional.
          if (member.flags & ts.SymbolFlags.Optional) continue;
          if (name && typeof value.prototype[name] !== 'function') mistakes.push(`${path}.${String(name)} is not there`);
        }
        const names = new Set(members.map(({ name }) => name));
        for (let at = value.prototype; at && at !== Object.prototype && at !== Error.prototype; at = Object.getPrototypeOf(at)) {
          // What the WebAssembly side brings along has two letters at most, or frees memory.
          for (const name of Object.getOwnPropertyNames(at)) if (name.length > 2 && !/^(constructor|free|name|__destroy_into_raw)$/.test(name) && !names.has(name)) mistakes.push(`${path}.${name} is not declared`);
        }
        return undefined;
      }
      const type = checker.getTypeOfSymbolAtLocation(symbol, file);
      if (type.isStringLiteral()) {
        constants++;
        if (value !== type.value) mistakes.push(`${path} is ${String(value)}, not ${type.value}`);
      } else if (type.flags & ts.TypeFlags.String) {
        if (typeof value !== 'string') mistakes.push(`${path} is no text`);
      } else {
        compareAll(path, checker.getPropertiesOfType(type), value);
      }
      return undefined;
    }
    function compareAll(path, symbols, value) {
      const names = [];
      for (const symbol of symbols.map((one) => follow(checker, one)).filter(isValue)) {
        const name = symbols.find((one) => follow(checker, one) === symbol).name;
        names.push(name);
        compare(`${path}.${name}`, symbol, value?.[name]);
      }
      const extra = Object.keys(value ?? {}).filter((name) => !names.includes(name));
      if (extra.length) mistakes.push(`${path} has ${extra} undeclared`);
    }
    compareAll('carto', exports, namespace);
    return { mistakes, classes, constants };
  }

  test('every value that is declared is there, and the other way round', () => {
    const { mistakes, classes, constants } = differences(declared(), carto);
    assert.deepEqual(mistakes, []);
    assert.ok(classes >= 17 && constants >= 30, `${classes} classes, ${constants} constants`);
  });

  test('the core has what is declared of it, and methods that say where they are', () => {
    const { mistakes, classes, constants } = differences(declared('core.ts', 'types/core.d.ts'), core);
    const missing = {
      'carto.source.Dataset': ['addFilter', 'addFilters', 'getFilters', 'removeFilter', 'removeFilters'],
      'carto.source.SQL': ['addFilter', 'addFilters', 'getFilters', 'removeFilter', 'removeFilters'],
      'carto.Client': ['addDataview', 'addDataviews', 'removeDataview', 'getDataviews', 'getGoogleMapsMapType', 'getMapLibreLayer', 'getOpenLayersLayer', 'connectMap', 'sql', 'checkKey'],
    };
    const expected = Object.entries(missing).flatMap(([path, names]) => names.map((name) => `${path}.${name} is not declared`));
    assert.deepEqual(mistakes.sort(), expected.sort());
    assert.ok(classes === 6 && constants >= 6, `${classes} classes, ${constants} constants`);
  });

  test('both entries have the same names, the whole ones and those of the core', async () => {
    for (const [page, namespace, entry] of [['declarations.ts', 'types/namespace.d.ts', 'index.d.mts'], ['core.ts', 'types/core.d.ts', 'core.d.mts']]) {
      const { checker, exports } = declared(page, namespace);
      const text = await readFile(join(ROOT, 'pkg', entry), 'utf8');
      const listed = [...text.matchAll(/export import (\w+) = all\.(\w+);/g)].map(([, name, of]) => (name === of ? name : `${name} of ${of}`)).sort();
      assert.deepEqual(listed, exports.map(({ name }) => name).sort());
      for (const symbol of exports) assert.ok(follow(checker, symbol).flags, symbol.name);
    }
  });

  test('the reasons are those of the library, and all of them', async () => {
    const { checker, exports } = declared();
    const reason = checker.getDeclaredTypeOfSymbol(follow(checker, exports.find(({ name }) => name === 'Reason')));
    const table = await readFile(join(ROOT, 'crates/carto/src/refusal.rs'), 'utf8');
    // A client that was disposed of is no refusal of a server's, and not in the table.
    const real = ['disposed', ...[...table.matchAll(/^ {4}reason\(\s*"([a-z-]+)"/gm)].map(([, word]) => word)];
    assert.ok(real.length > 20, `${real.length} reasons`);
    assert.deepEqual(reason.types.map(({ value }) => value).sort(), real.sort());
  });

  test('every widget that is declared is there, with its members', async () => {
    const program = compile(KINDS['a bundler'], 'widgets.ts');
    const checker = program.getTypeChecker();
    const files = program.getSourceFiles().filter(({ fileName }) => /types\/widgets(-map)?\.d\.ts$/.test(fileName));
    const classes = files.flatMap((file) => checker.getExportsOfModule(checker.getSymbolAtLocation(file))).filter(({ flags, name }) => flags & ts.SymbolFlags.Class && name !== 'Widget');
    const there = await import(join(ROOT, 'pkg/carto.widgets.mjs'));
    assert.deepEqual(classes.map(({ name }) => name).sort(), Object.keys(there).sort());
    for (const symbol of classes) {
      const own = checker.getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol)).filter(({ declarations }) => declarations.some((one) => files.includes(one.getSourceFile())));
      const members = own.map(({ name }) => name).filter((name) => !['addEventListener', 'updateComplete'].includes(name));
      assert.ok(members.length >= 6, symbol.name);
      // lit makes accessors of these when the first element is made, in a browser.
      const reactive = [];
      for (let at = there[symbol.name]; at; at = Object.getPrototypeOf(at)) if (Object.hasOwn(at, 'properties')) reactive.push(...Object.keys(at.properties));
      for (const name of members) assert.ok(reactive.includes(name) || name in there[symbol.name].prototype, `${symbol.name}.${name}`);
    }
  });

  test('nothing is `any`', () => {
    const found = [];
    const visit = (node, source) => {
      if (node.kind === ts.SyntaxKind.AnyKeyword) found.push(source.text.slice(node.parent.pos, node.parent.end).trim());
      ts.forEachChild(node, (child) => visit(child, source));
    };
    const program = compile(KINDS['a bundler'], 'declarations.ts');
    const ours = program.getSourceFiles().filter(({ fileName }) => fileName.includes('carto-wasm/'));
    for (const source of ours) visit(source, source);
    assert.ok(ours.length > 15, `${ours.length} files`);
    assert.deepEqual(found, []);
  });
});
