// Compiles pieces of code against the package's types, each as a module of its own.
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');

/** A project with the package in it, and `declared`, files of this directory that declare what the pieces find in their page. */
export class Compiler {
  #read = new Map();

  static async create(...declared) {
    const compiler = new Compiler();
    compiler.project = await mkdtemp(join(tmpdir(), 'carto-wasm-examples-'));
    await cp(join(ROOT, 'pkg'), join(compiler.project, 'node_modules/carto-wasm'), { recursive: true, filter: (path) => !/\/(rim|glue|glue-core|node_modules)$|\.wasm$/.test(path) });
    await writeFile(join(compiler.project, 'package.json'), '{"type":"module"}');
    await symlink(join(ROOT, 'node_modules/typescript'), join(compiler.project, 'node_modules/typescript'));
    for (const name of declared) await cp(join(ROOT, 'tests/package', name), join(compiler.project, name));
    compiler.declared = declared.map((name) => join(compiler.project, name));
    return compiler;
  }

  /** What is wrong with each `{ file, line, code, before? }`, in words of the file that it is from. */
  async complaints(list, options = {}) {
    const names = await Promise.all(list.map(async ({ code, before }, index) => {
      const name = join(this.project, `example-${index}.ts`);
      await writeFile(name, `export {}; ${before ?? ''}\n${code}\n`);
      return name;
    }));
    const settings = {
      strict: true, noEmit: true, target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16,
      lib: ['lib.es2022.d.ts', 'lib.esnext.disposable.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'], types: [], allowUmdGlobalAccess: true, ...options,
    };
    const program = ts.createProgram([...names, ...this.declared], settings, this.#host(settings));
    return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
      const from = list[names.indexOf(file?.fileName)];
      const place = from ? `${from.file}:${from.line + file.getLineAndCharacterOfPosition(start).line - 1}` : file?.fileName;
      return `${place}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
    });
  }

  /** Reads what does not change, such as the declarations of the browser, once. */
  #host(settings) {
    const host = ts.createCompilerHost(settings);
    const read = host.getSourceFile;
    host.getSourceFile = (name, ...more) => {
      if (name.startsWith(join(this.project, 'example-'))) return read(name, ...more);
      if (!this.#read.has(name)) this.#read.set(name, read(name, ...more));
      return this.#read.get(name);
    };
    return host;
  }

  remove() {
    return rm(this.project, { recursive: true, force: true });
  }
}
