/** Bytes that are text in a script: those of `pack.mjs`, packed as LZMA does and written in base64. */

/** Reads `length` bytes. Probabilities of decisions are found where `pack.mjs` has them. */
export function unpack(text: string, length: number): Uint8Array<ArrayBuffer> {
  const chances = new Uint16Array(13_304).fill(1024);
  const packed = atob(text);
  const bytes = new Uint8Array(length);
  let read = 0;
  let range = 2 ** 32 - 1;
  let code = 0;
  const more = (): void => {
    code = ((code << 8) | packed.charCodeAt(read++)) >>> 0;
  };
  while (read < 4) more();
  /** The next bit; of one that was as likely as not, `at` is -1. */
  const bit = (at: number): number => {
    const chance = chances[at]!;
    const bound = at < 0 ? range >>> 1 : (range >>> 11) * chance;
    const isSet = Number(code >= bound);
    if (isSet) {
      code -= bound;
      range -= bound;
    } else range = bound;
    if (at >= 0) chances[at] = isSet ? chance - (chance >> 5) : chance + ((2048 - chance) >> 5);
    while (range < 2 ** 24) {
      range *= 256;
      more();
    }
    return isSet;
  };
  const tree = (base: number, bits: number): number => {
    let node = 1;
    for (let count = bits; count--; ) node = (node << 1) | bit(base + node);
    return node - (1 << bits);
  };
  const reversed = (base: number, bits: number): number => {
    let [node, value] = [1, 0];
    for (let shift = 0; shift < bits; shift++) {
      const next = bit(base + node);
      node = (node << 1) | next;
      value |= next << shift;
    }
    return value;
  };
  const lengthOf = (base: number): number => {
    if (!bit(base)) return 2 + tree(base + 1, 3);
    return bit(base + 1) ? 18 + tree(base + 17, 8) : 10 + tree(base + 9, 3);
  };
  const distanceOf = (size: number): number => {
    const slot = tree(72 + 64 * Math.min(size - 2, 3), 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const start = (2 | (slot & 1)) << bits;
    if (slot < 14) return start + reversed(328 + start - slot, bits);
    let middle = 0;
    for (let count = bits - 4; count--; ) middle = (middle << 1) | bit(-1);
    return start + (middle << 4) + reversed(456, 4);
  };
  let state = 0;
  let last = [0, 0, 0, 0];
  for (let at = 0; at < length; ) {
    let size = 1;
    if (!bit(state)) {
      const base = 1020 + 768 * ((bytes[at - 1] ?? 0) >> 4);
      let node = 1;
      if (state > 6) {
        // Behind a match the byte is likely not the one that would go on with it.
        for (let expected = bytes[at - last[0]! - 1]!; node < 256; expected <<= 1) {
          const said = (expected >> 7) & 1;
          const next = bit(base + ((1 + said) << 8) + node);
          node = (node << 1) | next;
          if (next !== said) break;
        }
      }
      while (node < 256) node = (node << 1) | bit(base + node);
      bytes[at++] = node;
      state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
      continue;
    }
    if (!bit(12 + state)) {
      size = lengthOf(472);
      last = [distanceOf(size), last[0]!, last[1]!, last[2]!];
      state = state < 7 ? 7 : 10;
    } else {
      const again = bit(24 + state) && 1 + (bit(36 + state) && 1 + bit(48 + state));
      const distance = last.splice(again, 1)[0]!;
      last.unshift(distance);
      if (again || bit(60 + state)) {
        size = lengthOf(746);
        state = state < 7 ? 8 : 11;
      } else state = state < 7 ? 9 : 11;
    }
    for (; size--; at++) bytes[at] = bytes[at - last[0]! - 1]!;
  }
  return bytes;
}
