// Packs the WebAssembly module of vector mode, two fifths tighter than gzip does: `crates/unpack` predicts it, here and in the page.
import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';

const read = (path) => readFileSync(new URL(path, import.meta.url));
const { code } = transformSync(read('rim/unpack.ts').toString(), { loader: 'ts' });
const { unpack } = await import(`data:text/javascript,${encodeURIComponent(code)}`);

const CODE = 10;

/** Reads an unsigned LEB128 number: [value, next offset]. */
function readNumber(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 127) << shift;
    if (byte < 128) return [value, at];
  }
}

/** The module without the sizes of its functions, which are known from where they end. */
function withoutSizes(wasm) {
  const parts = [wasm.subarray(0, 8)];
  for (let at = 8; at < wasm.length; ) {
    const [size, start] = readNumber(wasm, at + 1);
    const end = start + size;
    if (wasm[at] === CODE) {
      const [count, first] = readNumber(wasm, start);
      parts.push(wasm.subarray(at, first));
      for (let left = count, next = first; left > 0; left--) {
        const [length, body] = readNumber(wasm, next);
        next = body + length;
        parts.push(wasm.subarray(body, next));
      }
    } else parts.push(wasm.subarray(at, end));
    at = end;
  }
  return Buffer.concat(parts);
}

/**
 * A few bytes as text of which gzip makes little more than of the bytes: one sign for a byte below 90, two for others, the first
 * of which is a space or an exclamation mark.
 */
const brief = (bytes) => Array.from(bytes, (byte) => ['', ' ', '!'][Math.floor(byte / 90)] + String.fromCharCode(35 + (byte % 90))).join('');

/** What `unpack` makes the module of. `unpacker` and `packer` are modules of `crates/unpack`. */
export function packed(wasm, unpacker, packer) {
  const { memory, input, output, pack } = new WebAssembly.Instance(new WebAssembly.Module(packer)).exports;
  const bytes = withoutSizes(wasm);
  new Uint8Array(memory.buffer).set(bytes, input());
  const length = pack(bytes.length);
  const made = [brief(unpacker), Buffer.from(memory.buffer, output(), length).toString('latin1')];
  if (Buffer.compare(unpack(made), wasm)) throw new Error('what is packed is not what is unpacked');
  return made;
}
