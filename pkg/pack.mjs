// Packs the WebAssembly module of vector mode, a third tighter than gzip does: by the steps of `rim/unpack.ts`, which reads it.
// The bytes are text by base64, of which gzip makes what the bytes were: its 64 signs are as frequent as each other.
import { readFileSync } from 'node:fs';
import { transformSync } from 'esbuild';

const { code } = transformSync(readFileSync(new URL('rim/unpack.ts', import.meta.url), 'utf8'), { loader: 'ts' });
const { unpack } = await import(`data:text/javascript,${encodeURIComponent(code)}`);

const CODE = 10;
/** Places that a byte may have in a module, and how many frequent bytes each has. */
const PLACES = 96;
const FREQUENT = 15;

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

/** Decisions as bytes, each as long as it is unlikely. */
class Coder {
  bytes = [];
  #low = 0;
  #high = 2 ** 32 - 1;

  decide(chance, isYes) {
    const middle = this.#low + Math.floor((this.#high - this.#low) / 65536) * chance;
    if (isYes) this.#high = middle;
    else this.#low = middle + 1;
    while ((this.#low ^ this.#high) >>> 24 === 0) this.#shift();
  }

  #shift() {
    this.bytes.push(this.#low >>> 24);
    this.#low = (this.#low << 8) >>> 0;
    this.#high = ((this.#high << 8) | 255) >>> 0;
  }

  finish() {
    for (let count = 0; count < 4; count++) this.#shift();
    return Buffer.from(this.bytes);
  }
}

/** What `unpack` makes the module of. */
export function packed(wasm) {
  const bytes = withoutSizes(wasm);
  const counts = Array.from({ length: PLACES }, () => new Uint32Array(256));
  unpack(['', bytes.length, ''], { bytes, count: (place, byte) => counts[place][byte]++ });
  const mostFrequent = (count) => [...count.keys()].sort((a, b) => count[b] - count[a] || a - b).slice(0, FREQUENT);
  const frequent = Buffer.from(counts.flatMap(mostFrequent)).toString('base64');
  const coder = new Coder();
  unpack(['', bytes.length, frequent], { bytes, decide: (chance, isYes) => coder.decide(chance, isYes) });
  const made = [coder.finish().toString('base64'), bytes.length, frequent];
  if (Buffer.compare(unpack(made), wasm)) throw new Error('what is packed is not what is unpacked');
  return made;
}
