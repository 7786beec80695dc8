/** Starts the WebAssembly side from the bytes inside the bundle, without waiting for anything. */
import { alphabet, escapes } from 'carto-bytes';
import { initSync } from '../glue/carto.js';

/** A table of bytes by rank, then the bytes: what the wrapper of `build.mjs` is called with. */
// eslint-disable-next-line prefer-const -- it is set below
declare let bytes: string;

/** Reads what `asciiBytes` of `shorten.mjs` wrote. */
function decode(text: string): Uint8Array<ArrayBuffer> {
  const ranks = new Uint8Array(128);
  for (let rank = 0; rank < alphabet.length; rank++) ranks[alphabet.charCodeAt(rank)] = rank;
  const singles = alphabet.length - escapes;
  const byRank = new Uint8Array(256);
  const isSingle = new Uint8Array(256);
  for (let rank = 0; rank < singles; rank++) {
    byRank[rank] = parseInt(text.slice(2 * rank, 2 * rank + 2), 16);
    isSingle[byRank[rank]!] = 1;
  }
  // The bytes that pairs stand for are in ascending order.
  for (let byte = 0, rank = singles; byte < 256; byte++) if (!isSingle[byte]) byRank[rank++] = byte;
  const decoded = new Uint8Array(text.length);
  let length = 0;
  for (let at = 2 * singles; at < text.length; at++) {
    let rank = ranks[text.charCodeAt(at)]! - escapes;
    // An escape stands for as many ranks as there are characters, behind those of the single ones.
    if (rank < 0) rank = alphabet.length * (rank + escapes + 1) - escapes + ranks[text.charCodeAt(++at)]!;
    decoded[length++] = byRank[rank]!;
  }
  return decoded.slice(0, length);
}

initSync({ module: new WebAssembly.Module(decode(bytes)) });
// Everything in the script would keep it: 200 kB for nothing.
// eslint-disable-next-line no-useless-assignment -- it is freed
bytes = '';
