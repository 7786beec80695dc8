/** Reads a WebAssembly module that `pack.mjs` has packed: another module does, that of `crates/unpack`. */

/** A module as it is packed: the one that unpacks as `brief` of `pack.mjs` writes it, and what is packed as that one reads it. */
export type Packed = [unpacker: string, text: string];

/** What the module that unpacks has. */
interface Unpacker {
  memory: WebAssembly.Memory;
  input(): number;
  output(): number;
  unpack(): number;
}

/** One function, because its text is given to a worker. */
export function unpack([unpacker, text]: Packed): Uint8Array<ArrayBuffer> {
  const bytes: number[] = [];
  for (let at = 0; at < unpacker.length; at++) {
    const value = unpacker.charCodeAt(at) - 35;
    bytes.push(value < 0 ? 90 * (value + 4) + unpacker.charCodeAt(++at) - 35 : value);
  }
  const { memory, ...calls } = new WebAssembly.Instance(new WebAssembly.Module(Uint8Array.from(bytes))).exports as unknown as Unpacker;
  new TextEncoder().encodeInto(text, new Uint8Array(memory.buffer, calls.input()));
  const length = calls.unpack();
  // Not a view: that would keep the memory, which is large.
  return new Uint8Array(memory.buffer).slice(calls.output(), calls.output() + length) as Uint8Array<ArrayBuffer>;
}
