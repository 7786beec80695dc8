// Packs the WebAssembly module of vector mode, a fifth tighter than gzip does: as LZMA, which `rim/unpack.ts` reads. The
// bytes are text by base64, of which gzip makes what the bytes were: its 64 signs are as frequent as each other.
//
// A stream has literals of 8 bits, matches with what was there before, and repetitions of one of the last four distances. Each
// bit is coded by how likely it was where it stands (`MODEL`); which pieces the bytes are cut into is chosen by what
// they would cost, block by block.

/** Where the probabilities of each decision are, one behind the other: LZMA with 4 bits of the last byte for literals, and no others of the place. */
const STATES = 12;
const SLOTS = 64;
const LOW_LENGTHS = 8;
const HIGH_LENGTHS = 256;
const LENGTHS = 2 + 2 * LOW_LENGTHS + HIGH_LENGTHS;
const MODEL = {};
let size = 0;
for (const [name, count] of [
  ['match', STATES],
  ['again', STATES],
  ['again0', STATES],
  ['again1', STATES],
  ['again2', STATES],
  ['long', STATES],
  ['slots', 4 * SLOTS],
  ['special', 128],
  ['align', 16],
  ['length', LENGTHS],
  ['againLength', LENGTHS],
  ['literal', 0x300 << 4],
]) {
  MODEL[name] = size;
  size += count;
}

const SHORTEST = 2;
const LONGEST = SHORTEST + 2 * LOW_LENGTHS + HIGH_LENGTHS - 1;
/** A match that is no shorter is taken as it is. */
const LONG_ENOUGH = 128;
/** How many earlier places are looked at for matches. */
const DEPTH = 600;
/** Bytes of a block, whose pieces are chosen together. */
const BLOCK = 4096;

const afterLiteral = (state) => (state < 4 ? 0 : state < 10 ? state - 3 : state - 6);
const afterMatch = (state) => (state < 7 ? 7 : 10);
const afterAgain = (state) => (state < 7 ? 8 : 11);
const afterShort = (state) => (state < 7 ? 9 : 11);

/** What a bit costs, by the upper bits of how likely it is. */
const PRICES = Float64Array.from({ length: 129 }, (_, part) => -Math.log2(Math.max(part, 0.5) / 128));

/** How likely a 0 is at each place, of 2048. */
class Model {
  constructor() {
    this.chances = new Uint16Array(size).fill(1024);
  }

  /** Bits that a decision costs, which `walk` goes through. */
  price(walk) {
    let price = 0;
    walk((at, bit) => {
      price += at < 0 ? 1 : PRICES[(bit ? 2048 - this.chances[at] : this.chances[at]) >> 4];
    });
    return price;
  }

  learn(at, bit) {
    this.chances[at] += bit ? -(this.chances[at] >> 5) : (2048 - this.chances[at]) >> 5;
  }
}

/** Walks through what a decision consists of; `each` sees the place of a probability and the bit. */
function tree(base, bits, value, each) {
  for (let node = 1, shift = bits - 1; shift >= 0; shift--) {
    const bit = (value >> shift) & 1;
    each(base + node, bit);
    node = (node << 1) | bit;
  }
}

function reversedTree(base, bits, value, each) {
  for (let node = 1, shift = 0; shift < bits; shift++) {
    const bit = (value >> shift) & 1;
    each(base + node, bit);
    node = (node << 1) | bit;
  }
}

function literal(bytes, at, state, distance, each) {
  const base = MODEL.literal + 0x300 * ((at ? bytes[at - 1] : 0) >> 4);
  const byte = bytes[at];
  let node = 1;
  if (state >= 7) {
    // Behind a match the byte is likely not the one that would go on with it.
    let expected = bytes[at - distance - 1];
    for (let shift = 7; shift >= 0; shift--) {
      const said = (expected >> 7) & 1;
      const bit = (byte >> shift) & 1;
      each(base + ((1 + said) << 8) + node, bit);
      node = (node << 1) | bit;
      expected = (expected << 1) & 255;
      if (said !== bit) break;
    }
  }
  while (node < 256) {
    const bit = (byte >> (7 - (31 - Math.clz32(node)))) & 1;
    each(base + node, bit);
    node = (node << 1) | bit;
  }
}

function lengthOf(base, length, each) {
  const rest = length - SHORTEST;
  if (rest < LOW_LENGTHS) {
    each(base, 0);
    tree(base + 1, 3, rest, each);
  } else if (rest < 2 * LOW_LENGTHS) {
    each(base, 1);
    each(base + 1, 0);
    tree(base + 1 + LOW_LENGTHS, 3, rest - LOW_LENGTHS, each);
  } else {
    each(base, 1);
    each(base + 1, 1);
    tree(base + 1 + 2 * LOW_LENGTHS, 8, rest - 2 * LOW_LENGTHS, each);
  }
}

/** The slot of a distance: its uppermost two bits, and where they are. */
function slotOf(distance) {
  if (distance < 4) return distance;
  const top = 31 - Math.clz32(distance);
  return 2 * top + ((distance >> (top - 1)) & 1);
}

function distanceOf(distance, length, each) {
  const slot = slotOf(distance);
  tree(MODEL.slots + SLOTS * Math.min(length - SHORTEST, 3), 6, slot, each);
  if (slot < 4) return;
  const bits = (slot >> 1) - 1;
  const start = (2 | (slot & 1)) << bits;
  if (slot < 14) {
    reversedTree(MODEL.special + start - slot, bits, distance - start, each);
    return;
  }
  for (let shift = bits - 1; shift >= 4; shift--) each(-1, ((distance - start) >> shift) & 1);
  reversedTree(MODEL.align, 4, distance & 15, each);
}

/** Which of the last distances is meant. */
function repetition(state, index, each) {
  each(MODEL.match + state, 1);
  each(MODEL.again + state, 1);
  each(MODEL.again0 + state, Number(index > 0));
  if (index > 0) each(MODEL.again1 + state, Number(index > 1));
  if (index > 1) each(MODEL.again2 + state, Number(index > 2));
}

/** A piece of the bytes: `length` is 1 for a literal and for the shortest repetition; `again` is the number of a last distance, or -1. */
function piece(bytes, at, { state, last }, { length, again, distance }, each) {
  if (length === 1 && again < 0) {
    each(MODEL.match + state, 0);
    literal(bytes, at, state, last[0], each);
    return;
  }
  if (again < 0) {
    each(MODEL.match + state, 1);
    each(MODEL.again + state, 0);
    lengthOf(MODEL.length, length, each);
    distanceOf(distance, length, each);
    return;
  }
  repetition(state, again, each);
  if (again === 0) each(MODEL.long + state, Number(length > 1));
  if (length > 1) lengthOf(MODEL.againLength, length, each);
}

/** What is remembered behind a piece. */
function behind({ state, last }, { length, again, distance }) {
  if (again < 0) {
    if (length === 1) return { state: afterLiteral(state), last };
    return { state: afterMatch(state), last: [distance, last[0], last[1], last[2]] };
  }
  const moved = [last[again], ...last.filter((_, index) => index !== again)];
  return { state: length === 1 ? afterShort(state) : afterAgain(state), last: moved };
}

/** Finds for each place the matches with what was there before: the nearest one of each length. */
class Matches {
  constructor(bytes) {
    this.bytes = bytes;
    this.heads = [new Int32Array(1 << 16).fill(-1), new Int32Array(1 << 18).fill(-1)];
    this.before = new Int32Array(bytes.length).fill(-1);
  }

  lengthAt(at, earlier, most) {
    const { bytes } = this;
    let length = 0;
    while (length < most && bytes[at + length] === bytes[earlier + length]) length++;
    return length;
  }

  /** Asked for each place in order. */
  at(at) {
    const { bytes, heads, before } = this;
    const most = Math.min(LONGEST, bytes.length - at);
    const found = [];
    if (most < SHORTEST) return found;
    const two = bytes[at] | (bytes[at + 1] << 8);
    if (heads[0][two] >= 0) found.push({ length: SHORTEST, distance: at - heads[0][two] - 1 });
    heads[0][two] = at;
    if (most < 3) return found;
    const three = Math.imul(two | (bytes[at + 2] << 16), 0x9e3779b1) >>> 14;
    let longest = SHORTEST;
    let earlier = heads[1][three];
    for (let step = 0; earlier >= 0 && step < DEPTH && longest < most; step++, earlier = before[earlier]) {
      if (bytes[earlier + longest] !== bytes[at + longest]) continue;
      const length = this.lengthAt(at, earlier, most);
      if (length <= longest) continue;
      longest = length;
      found.push({ length, distance: at - earlier - 1 });
    }
    before[at] = heads[1][three];
    heads[1][three] = at;
    return found;
  }
}

/** The pieces of a block that cost least, as the model has it now. */
function cheapest(bytes, start, end, known, model, matches) {
  const best = Array.from({ length: end - start + 1 }, () => ({ price: Infinity, from: 0, piece: null, known: null }));
  best[0].price = 0;
  best[0].known = known;
  // The prices of lengths and distances change little within a block.
  const lengths = (base) => Float64Array.from({ length: LONGEST + 1 }, (_, length) => (length < SHORTEST ? 0 : model.price((each) => lengthOf(base, length, each))));
  const [newLengths, againLengths] = [lengths(MODEL.length), lengths(MODEL.againLength)];
  for (let at = start; at < end; at++) {
    const here = best[at - start];
    if (here.piece) here.known = behind(best[here.from].known, here.piece);
    const { state, last } = here.known;
    const offer = (chosen, price) => {
      const next = best[at - start + chosen.length];
      if (here.price + price < next.price) {
        next.price = here.price + price;
        next.from = at - start;
        next.piece = chosen;
      }
    };
    const priced = (chosen) => offer(chosen, model.price((each) => piece(bytes, at, here.known, chosen, each)));
    const most = Math.min(LONGEST, end - at);
    priced({ length: 1, again: -1, distance: 0 });
    const found = matches[at];
    let longestAgain = 0;
    for (let again = 0; again < 4; again++) {
      const earlier = at - last[again] - 1;
      if (earlier < 0) continue;
      if (again === 0 && bytes[earlier] === bytes[at]) priced({ length: 1, again, distance: 0 });
      let length = 0;
      while (length < most && bytes[earlier + length] === bytes[at + length]) length++;
      if (length < SHORTEST) continue;
      const price = model.price((each) => repetition(state, again, each)) + (again ? 0 : model.price((each) => each(MODEL.long + state, 1)));
      const shortest = length >= LONG_ENOUGH ? length : SHORTEST;
      for (let part = shortest; part <= length; part++) offer({ length: part, again, distance: 0 }, price + againLengths[part]);
      longestAgain = Math.max(longestAgain, length);
    }
    const isNew = model.price((each) => {
      each(MODEL.match + state, 1);
      each(MODEL.again + state, 0);
    });
    let shortest = SHORTEST;
    for (const { length, distance } of found) {
      const fitting = Math.min(length, most);
      const prices = new Map();
      for (let part = fitting >= LONG_ENOUGH ? fitting : shortest; part <= fitting; part++) {
        const kind = Math.min(part - SHORTEST, 3);
        if (!prices.has(kind)) prices.set(kind, model.price((each) => distanceOf(distance, part, each)));
        offer({ length: part, again: -1, distance }, isNew + newLengths[part] + prices.get(kind));
      }
      shortest = length + 1;
    }
  }
  const pieces = [];
  for (let place = end - start; place > 0; place = best[place].from) pieces.push(best[place].piece);
  return pieces.reverse();
}

/** Bits as bytes, each as long as it is unlikely. */
class Coder {
  constructor(model) {
    this.model = model;
    this.bytes = [];
    this.low = 0;
    this.range = 2 ** 32 - 1;
  }

  code(at, bit) {
    const bound = at < 0 ? Math.floor(this.range / 2) : (this.range >>> 11) * this.model.chances[at];
    if (bit) this.low += bound;
    this.range = bit ? this.range - bound : bound;
    if (at >= 0) this.model.learn(at, bit);
    while (this.range < 2 ** 24) {
      this.range = this.range * 256;
      this.shift();
    }
  }

  shift() {
    if (this.low >= 2 ** 32) {
      this.low -= 2 ** 32;
      let place = this.bytes.length - 1;
      while (this.bytes[place] === 255) this.bytes[place--] = 0;
      this.bytes[place]++;
    }
    this.bytes.push(Math.floor(this.low / 2 ** 24));
    this.low = (this.low % 2 ** 24) * 256;
  }

  finish() {
    for (let count = 0; count < 4; count++) this.shift();
    return Uint8Array.from(this.bytes);
  }
}

/** The bytes packed, as text. */
export function packed(bytes) {
  const model = new Model();
  const coder = new Coder(model);
  const finder = new Matches(bytes);
  const matches = Array.from(bytes, (_, at) => finder.at(at));
  let known = { state: 0, last: [0, 0, 0, 0] };
  for (let start = 0; start < bytes.length; start += BLOCK) {
    let at = start;
    for (const chosen of cheapest(bytes, start, Math.min(start + BLOCK, bytes.length), known, model, matches)) {
      piece(bytes, at, known, chosen, (place, bit) => coder.code(place, bit));
      known = behind(known, chosen);
      at += chosen.length;
    }
  }
  return Buffer.from(coder.finish()).toString('base64');
}
