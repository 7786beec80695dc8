// The bundlers and frameworks that pages are built with, installed once beside this file.
import { existsSync, statSync } from 'node:fs';
import { symlink } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { program, ROOT } from './installed.mjs';

export const TOOLS = join(ROOT, 'tests/package/projects');
const INSTALLED = join(TOOLS, 'node_modules/.package-lock.json');

/** Installs the tools, unless they are there. */
export async function installTools() {
  const wanted = statSync(join(TOOLS, 'package-lock.json')).mtimeMs;
  if (existsSync(INSTALLED) && statSync(INSTALLED).mtimeMs >= wanted) return;
  // Not `npm ci`: it insists on the optional packages of other platforms, which not every registry has.
  const { code, stderr } = await program('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'], { cwd: TOOLS, timeout: 300_000 });
  if (code !== 0) throw new Error(`the tools of tests/package/projects cannot be installed: ${stderr}`);
}

/** A module of one of the tools. */
export const tool = (name) => import(createRequire(join(TOOLS, 'package.json')).resolve(name));

/** Puts packages of the tools into the node_modules of a project. */
export async function link(project, ...names) {
  for (const name of names) await symlink(join(TOOLS, 'node_modules', name), project.path(`node_modules/${name}`), 'dir');
}
