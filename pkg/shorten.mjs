// Makes the bundle smaller than its parts: short names between glue and WebAssembly, and bytes as text that gzip likes.

/** Reads an unsigned LEB128 number: [value, next offset]. */
function readNumber(bytes, at) {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value |= (byte & 127) << shift;
    if (byte < 128) return [value, at];
  }
}

function number(value) {
  const bytes = [];
  do {
    bytes.push((value & 127) | (value > 127 ? 128 : 0));
    value >>>= 7;
  } while (value);
  return bytes;
}

const name = (text) => [...number(text.length), ...Buffer.from(text)];

function* sections(wasm) {
  for (let at = 8; at < wasm.length; ) {
    const [size, start] = readNumber(wasm, at + 1);
    yield { id: wasm[at], body: wasm.subarray(start, start + size) };
    at = start + size;
  }
}

/** Skips what an import or a global type says of its type: the offset behind it. */
function behindType(body, at) {
  const kind = body[at++];
  if (kind === 0) return readNumber(body, at)[1];
  throw new Error(`the module imports something of kind ${kind}, not a function`);
}

/** What wasm-bindgen calls the module that the glue is. */
const GLUE = './carto_bg.js';
const CUSTOM = 0;
const IMPORTS = 2;
const EXPORTS = 7;

/**
 * Replaces the names that wasm-bindgen gives to imports and exports, which nobody sees, by short ones, in the module and
 * in its glue alike. Leaves out custom sections, which browsers do not read.
 */
export function shortNames(wasm, glue) {
  const short = new Map();
  const rename = (old) => {
    if (!short.has(old)) short.set(old, `$${short.size.toString(36)}`);
    return short.get(old);
  };
  const parts = [wasm.subarray(0, 8)];
  let module = GLUE;
  for (const { id, body } of sections(wasm)) {
    // What compilers tell each other.
    if (id === CUSTOM) continue;
    let out = body;
    if (id === IMPORTS || id === EXPORTS) {
      const text = (at) => {
        const [length, start] = readNumber(body, at);
        return [Buffer.from(body.subarray(start, start + length)).toString(), start + length];
      };
      let [count, at] = readNumber(body, 0);
      const bytes = number(count);
      for (; count > 0; count--) {
        if (id === IMPORTS) {
          [module, at] = text(at);
          bytes.push(...name(module === GLUE ? '$' : module));
        }
        const [old, behind] = text(at);
        at = id === IMPORTS ? behindType(body, behind) : readNumber(body, behind + 1)[1];
        bytes.push(...name(id === EXPORTS || module === GLUE ? rename(old) : old), ...body.subarray(behind, at));
      }
      out = Uint8Array.from(bytes);
    }
    parts.push(Uint8Array.from([id, ...number(out.length)]), out);
  }
  const renamed = glue
    .replaceAll(/\bwasm\.([A-Za-z0-9_$]+)/g, (whole, old) => (short.has(old) ? `wasm.${short.get(old)}` : whole))
    .replaceAll(/^( +)(__wb[A-Za-z0-9_$]+): /gm, (whole, indent, old) =>
      short.has(old) ? `${indent}${short.get(old)}: ` : whole,
    )
    .replaceAll(JSON.stringify(GLUE), '"$"');
  for (const old of short.keys()) {
    // The glue must not be left with a name that the module has no more.
    if (/^__wbg_.*_[0-9a-f]{16}$/.test(old) && renamed.includes(old)) throw new Error(`the glue still says ${old}`);
  }
  return { wasm: Buffer.concat(parts), glue: renamed };
}

/** Printable ASCII that needs no escape in a JavaScript string and cannot end a script element. */
const ALPHABET = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).filter(
  (char) => !'"\\<'.includes(char),
);
/** Characters that announce that the next one stands for a rare byte. */
const ESCAPES = 2;

/**
 * Writes bytes as ASCII text: one character for a frequent byte, two for a rare one. Unlike base64 it leaves repeated
 * bytes as repeated text, so that gzip and brotli make as little of it as of the bytes themselves, without an inflater
 * on the page. A frequent byte that is such a character itself stays what it is: the texts among the bytes stay texts,
 * and brotli knows many words by heart. The hex digits at the beginning say which bytes the single characters of the
 * alphabet stand for; pairs stand for the other bytes in ascending order. `bytes.ts` reads it.
 */
export function asciiBytes(bytes) {
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte]++;
  const ranked = counts.map((_, byte) => byte).sort((a, b) => counts[b] - counts[a] || a - b);
  const frequent = ranked.slice(0, ALPHABET.length - ESCAPES);
  const stays = (byte) => ALPHABET.includes(String.fromCharCode(byte));
  const kept = frequent.filter(stays).map((byte) => String.fromCharCode(byte));
  const free = ALPHABET.filter((char) => !kept.includes(char));
  const alphabet = [...free.splice(0, ESCAPES), ...kept.sort(), ...free];
  const singles = [...kept.map((char) => char.charCodeAt(0)), ...frequent.filter((byte) => !stays(byte))];
  const codes = new Map(singles.map((byte, index) => [byte, alphabet[ESCAPES + index]]));
  for (let byte = 0, rare = 0; byte < 256; byte++) {
    if (codes.has(byte)) continue;
    codes.set(byte, alphabet[Math.floor(rare / alphabet.length)] + alphabet[rare % alphabet.length]);
    rare++;
  }
  const text = Buffer.from(singles).toString('hex') + Array.from(bytes, (byte) => codes.get(byte)).join('');
  return { alphabet: alphabet.join(''), escapes: ESCAPES, text };
}
