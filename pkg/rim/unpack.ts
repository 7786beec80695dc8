/**
 * Reads a WebAssembly module that `pack.mjs` has packed: each byte as a few decisions, each decision by how likely it was.
 * How likely, a small network says, which learns while it reads: of what came before in the same part of an instruction,
 * behind the same instructions, in the same function, on the same operands.
 */

/** A module as it is packed: in base64, how many bytes it has without the sizes of functions, and which bytes are frequent where. */
export type Packed = [text: string, length: number, frequent: string];

/** Who packs goes the same way with bytes that are known. */
export interface Packing {
  /** The module without the sizes of functions. */
  bytes: Uint8Array;
  /** Hears which byte is in which place; then nothing is decided. */
  count?(place: number, byte: number): void;
  /** Hears how likely a yes was, of 65536, and whether it is one. */
  decide(chance: number, isYes: number): void;
}

/** One function, because its text is given to a worker. */
export function unpack([text, length, frequent]: Packed, packing?: Packing): Uint8Array<ArrayBuffer> {
  const CONTEXTS = 6;
  const INPUTS = CONTEXTS + 1;
  // Kinds of bytes; of those behind opcodes the lower bits of letters.
  const [OTHER, OPCODE, F64, F32, INDIRECT, MEMORY, DATA, SELECT, TABLE, MORE] = [0, 1, 4, 6, 9, 13, 16, 19, 20, 24];
  // Buckets of 16: a mark of the context, and for its 15 decisions 22 bits of how likely and 10 of how often met.
  const table = new Uint32Array(1 << 22).fill(2 ** 31);
  const contexts = new Int32Array(CONTEXTS);
  const buckets = new Int32Array(CONTEXTS);
  const inputs = new Float32Array(INPUTS);
  // Rounded, because browsers differ in the last digit of a logarithm.
  const stretched = Float32Array.from({ length: 4096 }, (_, at) => Math.round(1024 * Math.log((at + 0.5) / (4095.5 - at))) / 1024);
  const squashed = Uint16Array.from({ length: 4096 }, (_, at) => Math.round(65536 / (1 + Math.exp((2048 - at) / 256))));
  /** How much a decision is learned from, of 32768, by how often it was met. */
  const rates = Uint16Array.from({ length: 64 }, (_, times) => 32768 / (times + 1.3));
  const weights = new Float32Array(INPUTS << 14).fill(1 / CONTEXTS);
  /** How likely it is that a repetition goes on, by how long it is. */
  const goesOn = new Uint16Array(32).fill(0xf000);
  // Two trees of 15 decisions, with leaves from 16 on: of 15 frequent bytes and what is none, and of four bits.
  const branches = Uint8Array.from([0, 0, 16, 2, 5, 3, 6, 4, 9, 31, 17, 18, 7, 8, 19, 20, 21, 22, 10, 11, 12, 13, 14, 15, 23, 24, 25, 26, 27, 28, 29, 30]);
  const bits = branches.map((_, at) => at);
  const leaves = (tree: Uint8Array, at: number): number => (at > 15 ? 1 << (at - 16) : leaves(tree, tree[2 * at]!) | leaves(tree, tree[2 * at + 1]!));
  /** The leaves behind a yes. */
  const behindYes = (tree: Uint8Array): Uint16Array => Uint16Array.from({ length: 16 }, (_, at) => at && leaves(tree, tree[2 * at + 1]!));
  const [behindBranches, behindBits] = [behindYes(branches), behindYes(bits)];
  /** What instructions do to the stack: twice how many values they take, and 1 for one that they put there; from 8 on they take all. */
  const effects = '820221810681228192082172031121311121333e49113114315a315m335f335f375737573u';
  const effectOf = Uint8Array.from(
    effects.replace(/(.)(.)/g, (_, effect: string, times: string) => effect.repeat(parseInt(times, 36))).padEnd(256, '1'),
    Number,
  );
  /** Which numbers follow an opcode, by letters. */
  const letters = `  bbb${' '.repeat(7)}rrt ci${' '.repeat(10)}s   lllggww ${'m'.repeat(23)}wwnkfd`.padEnd(208) + `w w${' '.repeat(41)}x   `;
  const kindOf = Uint8Array.from(letters, (letter) => letter.charCodeAt(0) & 31);
  const bytes = new Uint8Array(length);
  const packed = atob(text);
  const often = Uint8Array.from(atob(frequent), (sign) => sign.charCodeAt(0));
  /** The leaf of each byte in each place. */
  const leafOf = new Uint8Array(96 * 256).fill(15);
  often.forEach((byte, index) => (leafOf[Math.floor(index / 15) * 256 + byte] = index % 15));
  // In an array, because engines keep large numbers of closures in boxes.
  const range = Uint32Array.from([0, 2 ** 32 - 1, 0]);
  let read = 0;
  const more = (): void => {
    range[2] = (range[2]! << 8) | packed.charCodeAt(read++);
  };
  while (read < 4) more();
  const decide = (chance: number, isYes: number): number => {
    if (packing) {
      packing.decide(chance, isYes);
      return isYes;
    }
    const middle = range[0]! + Math.floor((range[1]! - range[0]!) / 65536) * chance;
    const said = Number(range[2]! <= middle);
    range[said] = middle + 1 - said;
    for (; (range[0]! ^ range[1]!) >>> 24 === 0; more()) {
      range[0]! <<= 8;
      range[1] = (range[1]! << 8) | 255;
    }
    return said;
  };

  const hash = (one: number, other: number): number => {
    const mixed = Math.imul(one, 0x2f0b4c47) ^ Math.imul(other + 0x1e3779b9, 0x05ebca6b);
    return Math.imul(mixed ^ (mixed >>> 15), 0x42b2ae35);
  };
  const same = new Int32Array(1 << 18);
  const last = new Int32Array(32);
  const stack = new Int32Array(1 << 16);
  let [at, functions, opcode, opcodes, earlier, part, height, within, match, matched] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

  /** Walks down a tree: the number of the leaf. `wanted` is known to who packs, `likely` is what the repetition would have. */
  const leaf = (tree: Uint8Array, behind: Uint16Array, which: number, place: number, wanted: number, likely: number): number => {
    const kind = place & 31;
    for (let index = 0; index < CONTEXTS; index++) {
      const hashed = hash(contexts[index]! + index, which);
      const bucket = (buckets[index] = (hashed >>> 10) & -16);
      const mark = (hashed & 0x3fff) + 1;
      if (table[bucket] === mark) continue;
      table[bucket] = mark;
      for (let decision = 1; decision < 16; decision++) table[bucket + decision] = 2 ** 31;
    }
    const long = Math.min(matched, 31);
    const third = INPUTS * (4096 + (kind << 8) + (opcodes & 255));
    let node = 1;
    while (node < 16) {
      const isLikely = (behind[node]! >> likely) & 1;
      const first = INPUTS * (place * 4 + (likely < 0 ? 0 : matched > 15 ? 3 : matched > 8 ? 2 : 1));
      const second = INPUTS * (512 + (kind << 6) + Math.min(which, 3) * 16 + node);
      for (let index = 0; index < CONTEXTS; index++) inputs[index] = stretched[table[buckets[index]! + node]! >>> 20]!;
      const going = stretched[goesOn[long]! >>> 4]!;
      inputs[CONTEXTS] = likely < 0 ? 0 : isLikely ? going : -going;
      let sum = 0;
      for (let index = 0; index < INPUTS; index++) sum += inputs[index]! * (weights[first + index]! + weights[second + index]! + weights[third + index]!);
      const chance = squashed[Math.max(1, Math.min((sum * 256 + 2048) | 0, 4095))]!;
      const yes = decide(chance, (behind[node]! >> wanted) & 1);
      const error = (yes - chance / 65536) * 0.004;
      if (error > 0.00002 || error < -0.00002) {
        for (let index = 0; index < INPUTS; index++) {
          const learned = error * inputs[index]!;
          weights[first + index]! += learned;
          weights[second + index]! += learned;
          weights[third + index]! += learned;
        }
      }
      for (let index = 0; index < CONTEXTS; index++) {
        const entry = table[buckets[index]! + node]!;
        const likelihood = entry >>> 10;
        const times = entry & 1023;
        table[buckets[index]! + node] = ((likelihood + (Math.imul(((yes << 22) - yes - likelihood) >> 7, rates[times]!) >> 8)) << 10) | (times < 60 ? times + 1 : times);
      }
      if (likely >= 0) {
        if (yes === isLikely) goesOn[long]! += (65535 - goesOn[long]!) >> 5;
        else {
          goesOn[long]! -= goesOn[long]! >> 5;
          likely = -1;
          matched = 0;
        }
      }
      node = tree[2 * node + yes]!;
    }
    return node - 16;
  };

  const byte = (kind: number): number => {
    const place = kind + 32 * Math.min(within, 2);
    const wanted = packing ? packing.bytes[at]! : 0;
    if (packing?.count) {
      packing.count(place, wanted);
      return (bytes[at++] = wanted);
    }
    const [one, two, three] = [bytes[at - 1]!, bytes[at - 2]!, bytes[at - 3]!];
    const here = hash(part, place);
    const before = opcodes & 255;
    const under = height > 1 ? stack[height - 2]! : 0;
    contexts[0] = hash(here, opcodes);
    contexts[1] = hash(here, functions);
    contexts[2] = hash(here, ((height && stack[height - 1]! >>> 24) << 16) | (under >>> 24 << 8) | before);
    contexts[3] = hash(hash(here, opcodes), earlier);
    contexts[4] = hash(place, (two << 8) | one);
    contexts[5] = hash(place, (three << 8) | two);
    if (kind === DATA || kind === OTHER) {
      const word = (bytes[at - 4]! << 24) | (three << 16) | (two << 8) | one;
      contexts[0] = hash(here, word);
      contexts[1] = hash(hash(here, word), (bytes[at - 5]! << 8) | bytes[at - 6]!);
      contexts[2] = hash(here, (bytes[at - 4]! << 2) | (at & 3));
      contexts[3] = hash(here, three);
    }
    const likely = matched ? bytes[match]! : -1;
    const found = leaf(branches, behindBranches, 0, place, leafOf[place * 256 + wanted]!, matched ? leafOf[place * 256 + likely]! : -1);
    let value = often[place * 15 + found]!;
    if (found === 15) {
      const upper = leaf(bits, behindBits, 1, place, wanted >> 4, matched ? likely >> 4 : -1);
      value = (upper << 4) | leaf(bits, behindBits, 2 + upper, place, wanted & 15, matched ? likely & 15 : -1);
    }
    bytes[at] = value;
    if (matched && bytes[match++] === value) matched++;
    else matched = 0;
    at++;
    if (at > 5) {
      let five = 0;
      for (let back = 1; back < 6; back++) five = hash(five, bytes[at - back]!);
      five >>>= 14;
      if (!matched) {
        match = same[five]!;
        while (match && matched < 32 && bytes[match - 1 - matched] === bytes[at - 1 - matched]) matched++;
        if (matched < 4) matched = 0;
      }
      same[five] = at;
    }
    return value;
  };

  /** Reads a number of as many bytes as are given, or as it has. */
  const number = (kind: number, size = 0): number => {
    let value = 0;
    for (let isOver = false; !isOver; within++) {
      const next = byte(kind);
      part = hash(part, next);
      value |= (next & 127) << (7 * within);
      isOver = size ? within + 1 === size : next < 128;
    }
    within = 0;
    last[kind] = part;
    return value;
  };
  const numbers = (kind: number, count: number): void => {
    while (count-- > 0) number(kind);
  };

  const instruction = (): void => {
    part = 0;
    part = opcode = byte(OPCODE);
    const kind = kindOf[opcode]!;
    if (kind) {
      const value = number(kind, kind === F32 ? 4 : kind === F64 ? 8 : 0);
      if (kind === MEMORY) number(15);
      if (kind === TABLE) numbers(17, value + 1);
      if (kind === INDIRECT || kind === SELECT) number(23);
      // What is done to memory and tables, behind the rounding of numbers.
      if (kind === MORE && value > 7) numbers(23, value > 14 || value % 2 ? 1 : 2);
    }
    const effect = effectOf[opcode]!;
    height = effect > 7 ? 0 : Math.max(0, height - (effect >> 1));
    if (effect % 2) stack[height++] = (part & 0xffffff) | (opcode << 24);
    earlier = (earlier << 8) | (opcodes >>> 24);
    opcodes = (opcodes << 8) | opcode;
  };

  const starts: number[] = [];
  for (let count = 8; count--; ) byte(OTHER);
  while (at < length) {
    const section = byte(OTHER);
    const size = number(OTHER);
    part = section;
    if (section === 10) {
      for (let count = number(OTHER); count--; functions++) {
        starts.push(at);
        part = height = opcodes = earlier = 0;
        for (let groups = number(5); groups--; ) {
          number(8);
          number(10, 1);
        }
        for (let open = 1; open; ) {
          instruction();
          if (opcode > 1 && opcode < 5) open++;
          if (opcode === 11) open--;
        }
      }
      starts.push(at);
    } else for (const end = at + size; at < end; ) byte(section === 11 ? DATA : OTHER);
    part = 0;
  }
  // Functions have their sizes before them.
  const whole = new Uint8Array(length + 5 * starts.length);
  let [written, from] = [0, 0];
  const copy = (to: number): void => {
    whole.set(bytes.subarray(from, to), written);
    written += to - from;
    from = to;
  };
  for (let index = 0; index < functions; index++) {
    copy(starts[index]!);
    let size = starts[index + 1]! - from;
    for (; size > 127; size >>= 7) whole[written++] = (size & 127) | 128;
    whole[written++] = size;
  }
  copy(length);
  return whole.subarray(0, written);
}
