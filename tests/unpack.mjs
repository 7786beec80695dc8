// What the `lzma` parameter of a map request holds.
import LZMA from 'lzma';

/** The configuration: bytes with their highest bit turned, packed, around `{ config: text }`. */
export function unpack(text) {
  const bytes = Buffer.from(text, 'base64').map((byte) => byte ^ 0x80);
  return JSON.parse(JSON.parse(LZMA.decompress([...bytes])).config);
}
