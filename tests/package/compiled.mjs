// What a script hands over to WebAssembly when it is loaded.
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { program } from './installed.mjs';

const CATCHER = `
WebAssembly.Module = class extends WebAssembly.Module {
  constructor(bytes) {
    super(bytes);
    require('node:fs').writeFileSync(process.env.CAUGHT, new Uint8Array(bytes));
  }
};
`;

/** The bytes of the module that a script compiles, in a Node of its own. */
export async function compiled(script, name) {
  const directory = await mkdtemp(join(tmpdir(), 'carto-wasm-module-'));
  try {
    const [catcher, subject, caught] = ['catch.cjs', name, 'caught.wasm'].map((file) => join(directory, file));
    await writeFile(catcher, CATCHER);
    await writeFile(subject, script);
    const { code, stderr } = await program(process.execPath, ['--require', catcher, subject], { env: { ...process.env, CAUGHT: caught } });
    if (code !== 0) throw new Error(`${name} does not load: ${stderr}`);
    return await readFile(caught);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
