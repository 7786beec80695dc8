// The documentation in the types: every member has some, every example compiles, and every error code is one of ours.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { Compiler } from './complaints.mjs';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
const TYPES = join(ROOT, 'pkg/types');
const FENCE = /```(?:js|ts)\n([\s\S]*?)```/g;

/** The documented declarations of a file: name, comment, and whether an editor shows a call of it. */
function declarations(file, text) {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.Latest, true);
  const found = [];
  const visit = (node, owner) => {
    const name = ts.isConstructorDeclaration(node) || ts.isConstructSignatureDeclaration(node) ? 'constructor' : node.name?.getText();
    const isMember = ts.isClassElement(node) || ts.isTypeElement(node);
    const isDeclared = ts.isClassDeclaration(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node) || ts.isVariableDeclaration(node) || ts.isFunctionDeclaration(node);
    const isPrivate = node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword);
    if (name && (isMember || isDeclared) && !isPrivate) {
      const holder = ts.isVariableDeclaration(node) ? node.parent.parent : node;
      const comments = ts.getJSDocCommentsAndTags(holder).filter(ts.isJSDoc).map((comment) => comment.getText());
      // What is not exported is no page's.
      const isExported = holder.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword);
      const isCalled = ts.isMethodDeclaration(node) || ts.isMethodSignature(node) || name === 'constructor' || ts.isClassDeclaration(node) || (ts.isVariableDeclaration(node) && isExported) || ts.isFunctionDeclaration(node);
      found.push({ file, name: [owner, name].filter(Boolean).join('.'), comment: comments.join('\n'), isCalled, isMerged: ts.isInterfaceDeclaration(node) && node.members.length === 0 });
      owner = [owner, name].filter(Boolean).join('.');
    }
    ts.forEachChild(node, (child) => visit(child, owner));
  };
  visit(source, '');
  return found;
}

/** The examples of a text: what they say, and where. */
function examples(file, text) {
  return [...text.matchAll(FENCE)].map(({ 1: code, index }) => {
    const line = text.slice(0, index).split('\n').length + 1;
    return { file, line, code: code.replace(/^ *\* ?/gm, '').trimEnd() };
  });
}

const KEBAB = (token) => token.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);

/** The validation codes that the library can give: of the table in Rust, and of the rim. */
async function validationCodes() {
  const codes = new Set(['validation:client:unknown-error']);
  const table = await readFile(join(ROOT, 'crates/carto/src/error/codes.rs'), 'utf8');
  for (const [, kind, lines] of table.matchAll(/origin: "validation",\s*kind: "(\w+)",\s*codes: r#"([\s\S]*?)"#/g))
    for (const [, token, code] of lines.matchAll(/^[~^$=](\w+).*? \| ([\w-]*) \| /gm)) codes.add(`validation:${kind}:${code || KEBAB(token)}`);
  const account = await readFile(join(ROOT, 'pkg/rim/account.ts'), 'utf8');
  for (const [, kind, code] of account.matchAll(/refused\('(\w+)', '([\w-]+)'/g)) codes.add(`validation:${kind}:${code}`);
  const auth = await readFile(join(ROOT, 'pkg/rim/auth.ts'), 'utf8');
  for (const [, code] of auth.matchAll(/'((?:invalid|name)-[a-z]+)'/g)) codes.add(`validation:auth:${code}`);
  return codes;
}

describe('the documentation in the types', () => {
  const files = new Map();
  let compiler;

  before(async () => {
    for (const name of (await readdir(TYPES)).sort()) files.set(name, await readFile(join(TYPES, name), 'utf8'));
    for (const name of ['index.d.mts', 'slim.d.mts']) files.set(name, await readFile(join(ROOT, 'pkg', name), 'utf8'));
    compiler = await Compiler.create('examples.d.ts');
  });
  after(() => compiler?.remove());

  test('every declaration and member says what it is', () => {
    const all = [...files].flatMap(([file, text]) => declarations(file, text));
    assert.ok(all.length > 300, `${all.length} declarations`);
    const isOverload = (entry, index) => all[index - 1]?.name === entry.name && all[index - 1].file === entry.file;
    const silent = all.filter((entry, index) => !entry.comment && !entry.isMerged && !isOverload(entry, index));
    // GeoJSON is somebody else's to describe, and `Symbol.dispose` JavaScript's.
    const names = silent.map(({ name }) => name).filter((name) => !/^(Geometry\.|SymbolConstructor)/.test(name));
    assert.deepEqual(names, []);
  });

  test('everything that can be called has an example', () => {
    const called = [...files].flatMap(([file, text]) => declarations(file, text)).filter(({ isCalled }) => isCalled);
    // Maps are the page's own.
    const without = called.filter(({ name, comment }, index) => !comment.includes('@example') && called[index - 1]?.name !== name && !/^(LeafletMap|GoogleMap|LeafletMapTarget|MapLibreMap|OpenLayersMap)\./.test(name));
    assert.ok(called.length > 150, `${called.length} callables`);
    assert.deepEqual(without.map(({ name }) => name), []);
  });

  test('every example compiles', async () => {
    const list = [...files].flatMap(([file, text]) => examples(file, text));
    assert.ok(list.length > 150, `${list.length} examples`);
    assert.deepEqual(await compiler.complaints(list), []);
  });

  test('a wrong example would be seen, with its place', async () => {
    const [wrong] = await compiler.complaints(examples('wrong.d.ts', '/**\n * @example\n * ```js\n * layer.hide();\n * layer.vanish();\n * ```\n */'));
    assert.match(wrong, /^wrong\.d\.ts:5: Property 'vanish' does not exist on type 'Layer'/);
  });

  test('the error codes are those of the library, and all of them', async () => {
    const real = await validationCodes();
    assert.ok(real.size > 60, `${real.size} codes`);
    const told = new Set([...files.values()].flatMap((text) => text.match(/validation:\w+:[a-z-]+/g) ?? []));
    assert.deepEqual({ unknown: [...told].filter((code) => !real.has(code)), untold: [...real].filter((code) => !told.has(code)) }, { unknown: [], untold: [] });
  });
});
