// A project that has the tarball installed as npm would do it, without any registry.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../..');
export const TARBALL = process.env.CARTO_TARBALL;
if (!TARBALL) throw new Error('CARTO_TARBALL is not set: cargo xtask test --only package does it');

/** Runs a program to its end; what it printed is in the result, and in the error of one that failed. */
export async function program(command, args, options = {}) {
  try {
    const { stdout, stderr } = await run(command, args, { timeout: 300_000, maxBuffer: 1 << 26, ...options });
    return { code: 0, stdout, stderr };
  } catch (error) {
    if (typeof error.code !== 'number') throw error;
    return { code: error.code, stdout: error.stdout, stderr: error.stderr };
  }
}

/** The names of the files in a tarball, sorted. */
export async function listing(tarball) {
  const { stdout } = await run('tar', ['-tzf', tarball]);
  return stdout.trim().split('\n').sort();
}

/** One file of a tarball, as bytes. */
export async function unpacked(tarball, name) {
  const { stdout } = await run('tar', ['-xzOf', tarball, name], { encoding: 'buffer', maxBuffer: 1 << 26 });
  return stdout;
}

/** An empty project with the package in its node_modules; `files` are written beside it. */
export class Project {
  /** Below a directory, for tools that look for their parts in the directories above. */
  static async create(settings = {}, above = tmpdir()) {
    const project = new Project();
    project.directory = await mkdtemp(join(above, 'carto-wasm-package-'));
    await project.write('package.json', JSON.stringify({ name: 'app', private: true, ...settings }));
    const args = ['install', '--offline', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error', TARBALL];
    const { code, stderr } = await program('npm', args, { cwd: project.directory });
    if (code !== 0) {
      await project.remove();
      throw new Error(`npm cannot install the tarball: ${stderr}`);
    }
    return project;
  }

  path(name) {
    return join(this.directory, name);
  }

  async write(name, text) {
    await writeFile(this.path(name), text);
    return this.path(name);
  }

  /** Runs a script of the project in a Node of its own and gives what it printed as JSON. */
  async node(name, text, flags = []) {
    await this.write(name, text);
    const { code, stdout, stderr } = await program(process.execPath, [...flags, name], { cwd: this.directory });
    if (code !== 0 || stderr) throw new Error(`${name} ended with ${code}: ${stderr}`);
    return JSON.parse(stdout);
  }

  remove() {
    return rm(this.directory, { recursive: true, force: true });
  }
}
