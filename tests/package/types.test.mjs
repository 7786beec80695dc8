// The types of the installed package, by TypeScript as pages and as Node projects use it.
import assert from 'node:assert/strict';
import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { program, Project, ROOT } from './installed.mjs';

const PAGE = join(ROOT, 'tests/package/page.ts');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');

describe('the types', () => {
  const projects = {};

  before(async () => {
    // CommonJS is what a project without "type" has.
    projects.commonjs = await Project.create();
    projects.module = await Project.create({ type: 'module' });
    for (const project of Object.values(projects)) await copyFile(PAGE, project.path('page.ts'));
  });
  after(() => Promise.all(Object.values(projects).map((project) => project.remove())));

  /** Compiles files strictly, the package's own types included, and gives what tsc has to say. */
  async function complaints(project, compilerOptions, files = ['page.ts']) {
    const strict = { strict: true, noEmit: true, noImplicitOverride: true, exactOptionalPropertyTypes: true, skipLibCheck: false, target: 'es2022', lib: ['es2022', 'dom'], types: [] };
    const settings = { compilerOptions: { ...strict, ...compilerOptions }, files };
    await project.write('tsconfig.json', JSON.stringify(settings));
    const { stdout } = await program(process.execPath, [TSC, '--pretty', 'false', '-p', project.directory]);
    return stdout.trim();
  }

  const BUNDLER = { module: 'esnext', moduleResolution: 'bundler' };
  const NODE = { module: 'node16', moduleResolution: 'node16' };

  test('a page that a bundler packs is accepted, and its mistakes are refused', async () => {
    assert.equal(await complaints(projects.module, BUNDLER), '');
  });

  test('the same in a Node project of ES modules', async () => {
    assert.equal(await complaints(projects.module, NODE), '');
  });

  test('the same in a Node project of CommonJS', async () => {
    assert.equal(await complaints(projects.commonjs, { ...NODE, esModuleInterop: true }), '');
  });

  test('the same for the resolver of old projects, which reads no "exports"', async () => {
    const old = { module: 'commonjs', moduleResolution: 'node10', esModuleInterop: true };
    assert.equal(await complaints(projects.commonjs, old), '');
    await projects.commonjs.write('old.ts', `import load from 'carto-wasm/slim';\nload().then((carto) => new carto.source.SQL('SELECT 1').getQuery().length);\nconst wrong: number = load();\nvoid wrong;\n`);
    assert.match(await complaints(projects.commonjs, old, ['old.ts']), /^\S*old\.ts\(3,7\): error TS2322[^\n]*$/);
  });

  test('tsc would have seen a mistake', async () => {
    await projects.module.write('mistake.ts', `import carto from 'carto-wasm';\nconst query: number = new carto.source.SQL('SELECT 1').getQuery();\nvoid query;\n`);
    assert.match(await complaints(projects.module, BUNDLER, ['mistake.ts']), /mistake\.ts\(2,7\): error TS2322/);
    assert.match(await complaints(projects.module, NODE, ['mistake.ts']), /mistake\.ts\(2,7\): error TS2322/);
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
