// The types of the installed package, by the oldest and the newest TypeScript and ours, as pages and as Node projects use it.
import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { program, Project, ROOT } from './installed.mjs';
import { installTools, TOOLS } from './projects.mjs';

const CASES = ['page.ts', 'usage.ts', 'declarations.ts', 'unions.ts', 'core.ts', 'widgets.ts', 'widgets-jsx.tsx'];
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
const BUNDLER = { module: 'esnext', moduleResolution: 'bundler' };
const NODE = { module: 'node16', moduleResolution: 'node16' };
const COMMONJS = { ...NODE, esModuleInterop: true };
/** The resolver of old projects, which reads no "exports"; it has two names, and TypeScript 7 has it no more. */
const OLD = { module: 'commonjs', moduleResolution: 'node10', esModuleInterop: true };
const OLDEST = { ...OLD, moduleResolution: 'node' };
/** The compilers, by version: where each is, and for which projects it resolves. */
const COMPILERS = {
  '4.9': { tsc: join(TOOLS, 'node_modules/typescript-4.9/bin/tsc'), kinds: { 'a Node project of ES modules': NODE, 'a Node project of CommonJS': COMMONJS, 'the resolver of old projects': OLDEST } },
  '5.9': { tsc: TSC, kinds: { 'a page that a bundler packs': BUNDLER, 'a Node project of ES modules': NODE, 'a Node project of CommonJS': COMMONJS, 'the resolver of old projects': OLD } },
  '7.0': { tsc: join(TOOLS, 'node_modules/typescript-7/bin/tsc'), kinds: { 'a page that a bundler packs': BUNDLER, 'a Node project of ES modules': NODE, 'a Node project of CommonJS': COMMONJS } },
};

describe('the types', () => {
  const projects = {};

  before(async () => {
    await installTools();
    // CommonJS is what a project without "type" has.
    projects.commonjs = await Project.create();
    projects.module = await Project.create({ type: 'module' });
    for (const project of Object.values(projects)) for (const name of CASES) await copyFile(join(ROOT, 'tests/package', name), project.path(name));
  });
  after(() => Promise.all(Object.values(projects).map((project) => project.remove())));

  /** Compiles files strictly, the package's own types included, and gives what tsc has to say. */
  async function complaints(project, compilerOptions, files, tsc = TSC) {
    const strict = {
      strict: true, noEmit: true, noImplicitOverride: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true, skipLibCheck: false,
      jsx: 'preserve', target: 'es2022', lib: ['es2022', 'dom', 'dom.iterable'], types: [],
    };
    const settings = { compilerOptions: { ...strict, ...compilerOptions }, files };
    await project.write('tsconfig.json', JSON.stringify(settings));
    const { stdout, stderr } = await program(process.execPath, [tsc, '--pretty', 'false', '-p', project.directory]);
    return `${stdout}${stderr}`.trim();
  }

  for (const [version, { tsc, kinds }] of Object.entries(COMPILERS)) {
    test(`TypeScript ${version} is ${version}, and sees a mistake`, async () => {
      const { stdout } = await program(process.execPath, [tsc, '--version']);
      assert.ok(stdout.startsWith(`Version ${version}.`), stdout);
      await projects.module.write('mistake.ts', `import carto from 'carto-wasm';\nconst query: number = new carto.source.SQL('SELECT 1').getQuery();\nvoid query;\n`);
      assert.match(await complaints(projects.module, Object.values(kinds)[0], ['mistake.ts'], tsc), /^\S*mistake\.ts\(2,7\): error TS2322[^\n]*$/);
    });
    for (const [what, options] of Object.entries(kinds)) {
      test(`TypeScript ${version} accepts what is right and refuses what is wrong, for ${what}`, async () => {
        const project = options === COMMONJS || options === OLD || options === OLDEST ? projects.commonjs : projects.module;
        assert.equal(await complaints(project, options, CASES, tsc), '');
      });
    }
  }

  test('the resolver of old projects finds the slim entry', async () => {
    await projects.commonjs.write('old.ts', `import load from 'carto-wasm/slim';\nload().then((carto) => new carto.source.SQL('SELECT 1').getQuery().length);\nconst wrong: number = load();\nvoid wrong;\n`);
    assert.match(await complaints(projects.commonjs, OLD, ['old.ts']), /^\S*old\.ts\(3,7\): error TS2322[^\n]*$/);
  });

  // What types promise must be there when the compiled text runs.
  const INTEROP = [
    ['the default import of an ES module', 'module', 'app.mts', `import carto from 'carto-wasm'; new carto.source.SQL('SELECT 1').getQuery();`, true],
    ['the default of the default', 'module', 'twice.mts', `import carto from 'carto-wasm'; new carto.default.source.SQL('SELECT 1').getQuery();`, false],
    ['named imports of an ES module', 'module', 'named.mts', `import { source } from 'carto-wasm'; new source.SQL('SELECT 1').getQuery();`, true],
    ['import = require', 'commonjs', 'required.cts', `import carto = require('carto-wasm'); new carto.source.SQL('SELECT 1').getQuery();`, true],
    ['the default of what require gives', 'commonjs', 'default.cts', `import carto = require('carto-wasm'); new carto.default.source.SQL('SELECT 1').getQuery();`, false],
  ];
  for (const [what, kind, file, text, right] of INTEROP) {
    test(`${what}: types and Node agree that it is ${right ? 'right' : 'wrong'}`, async () => {
      const project = projects[kind];
      await project.write(file, `${text}\n`);
      const said = await complaints(project, { ...NODE, noEmit: false, esModuleInterop: true, outDir: 'out' }, [file]);
      const compiled = join('out', file.replace(/ts$/, 'js'));
      const { code } = await program(process.execPath, [compiled], { cwd: project.directory });
      assert.deepEqual({ types: said === '', node: code === 0 }, { types: right, node: right }, said);
    });
  }

  test('a script without modules has the global `carto`', async () => {
    await projects.module.write('script.ts', `/// <reference types="carto-wasm" />\nconst client: carto.Client = new carto.Client({ apiKey: 'k', username: 'u' });\nclient.getLayers();\n`);
    assert.equal(await complaints(projects.module, { ...BUNDLER, moduleDetection: 'legacy', types: ['carto-wasm'] }, ['script.ts']), '');
  });
});
