/** The package without the WebAssembly module inside: it is loaded from its own address, and compiled while it arrives. */
import { initSync } from '../glue/carto.js';
import { carto } from './namespace.js';

/** What is under way or done; nothing after a failure, so that the next call tries again. */
let loading: Promise<typeof carto> | undefined;

/** A file beside this one in Node, which fetches none. */
async function read(url: URL): Promise<WebAssembly.Module> {
  const { readFile } = await import('node:fs/promises');
  return WebAssembly.compile(await readFile(url));
}

async function download(url: URL): Promise<WebAssembly.Module> {
  const answer = await fetch(url);
  if (!answer.ok) throw new Error(`${url.href} was answered with ${answer.status}.`);
  // A server that does not know the type of such files is no reason to fail.
  const isTyped = answer.headers.get('content-type')?.startsWith('application/wasm');
  return isTyped ? WebAssembly.compileStreaming(answer) : WebAssembly.compile(await answer.arrayBuffer());
}

async function start(from: string | URL | WebAssembly.Module): Promise<typeof carto> {
  let module = from;
  if (!(module instanceof WebAssembly.Module)) {
    const url = new URL(module, globalThis.location?.href);
    module = await (url.protocol === 'file:' ? read(url) : download(url));
  }
  initSync({ module });
  return carto;
}

/** Loads the module once; every call gives the namespace. */
export function load(from: string | URL | WebAssembly.Module = new URL('./carto_bg.wasm', import.meta.url)): Promise<typeof carto> {
  return (loading ??= start(from).catch((error: unknown) => {
    loading = undefined;
    throw error;
  }));
}

export default load;
