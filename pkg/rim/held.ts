/**
 * What is at the root of every public object, and how methods find it.
 *
 * A public object carries nothing but a number. Behind the number is the object itself, so that a method works on a proxy of
 * it, too, and nothing else: a page that forges numbers finds other objects of the same kind, never memory of something else.
 */
import { ANY, isKind, type Kind } from './kind.js';
import { include, remove } from './list.js';
import { apply, begin, deref } from './natives.js';

const NUMBER = Symbol('carto');

let last = 0;
// Weakly: what a page let go of must die, with all that it closes over.
const objects = Object.create(null) as Record<number, WeakRef<object>>;
const gone = new FinalizationRegistry((number: number) => delete objects[number]);

/** Gives an object a number, by which the WebAssembly side calls it. */
export function number(object: object): number {
  const given = ++last;
  objects[given] = new WeakRef(object);
  gone.register(object, given);
  Object.defineProperty(object, NUMBER, { value: given });
  return given;
}

/** The object that has a number, unless it was collected. */
export function numbered(number: unknown): object | undefined {
  const held = typeof number === 'number' && objects[number];
  return held ? (apply(deref, held, []) as object | undefined) : undefined;
}

/** What the WebAssembly side has of an object. */
let rawOf: (held: Held) => unknown;
/** The object behind something, when it is of a kind. */
export let find: (value: unknown, kind: Kind) => Held | undefined;
/** Whether an object is a public one. */
export let isHeld: (object: object) => object is Held;
/** Lets `holder` keep `part` alive. */
export let keep: (holder: unknown, part: unknown) => void;
/** Ends what {@link keep} began. */
export let release: (holder: unknown, part: unknown) => void;

/** The objects of a kind that `holder` keeps alive. */
export let kept: (holder: unknown, kind: Kind) => Held[];

/**
 * Who keeps whom alive is said here, too. The WebAssembly side holds the page's objects weakly; what belongs together must hold
 * each other here, so that listeners live exactly as long as the page can cause an event.
 */
export class Held {
  readonly #bits: number;
  readonly #raw: unknown;
  readonly #kept: unknown[] = [];

  constructor(kind: Kind, make: () => object) {
    // Pages reach this class by the prototypes of others.
    if (!isKind(kind)) throw new TypeError('This class of carto makes no objects by itself.');
    begin();
    const raw = make();
    this.#bits = kind.bits;
    this.#raw = raw;
    const given = number(this);
    (raw as { __bind?(number: number): void }).__bind?.(given);
  }

  static {
    rawOf = (held) => held.#raw;
    isHeld = (object): object is Held => #raw in object;
    find = (value, kind) => {
      let object: object | undefined;
      try {
        object = numbered((value as { [NUMBER]?: unknown })[NUMBER]);
      } catch {
        // Null, or a proxy that refuses.
      }
      return object && isHeld(object) && object.#bits & kind.bits ? object : undefined;
    };
    keep = (holder, part) => {
      const held = find(holder, ANY);
      if (held) include(held.#kept, itself(part));
    };
    kept = (holder, kind) => {
      const all: Held[] = [];
      const held = find(holder, ANY);
      const parts = held ? held.#kept : [];
      for (let at = 0; at < parts.length; at++) {
        const part = find(parts[at], kind);
        if (part) all[all.length] = part;
      }
      return all;
    };
    release = (holder, part) => {
      const held = find(holder, ANY);
      if (held) remove(held.#kept, itself(part));
    };
  }
}

/** The object that a method was called on. */
export function me<T extends Held>(self: T, kind: Kind): T {
  const held = find(self, kind);
  if (held) return held as T;
  throw new TypeError(`A method of carto's ${kind.name} was called on something else.`);
}

/** What the WebAssembly side has of the object that a method was called on. */
export function at<Raw>(self: Held, kind: Kind<Raw>): Raw {
  begin();
  return rawOf(me(self, kind)) as Raw;
}

/** What the WebAssembly side has of an argument, when it is of a kind. */
export function behind<Raw>(value: unknown, kind: Kind<Raw>): Raw | undefined {
  const held = find(value, kind);
  return held && (rawOf(held) as Raw);
}

/** The object behind something, or that itself when there is none. */
export function itself<T>(value: T): T {
  return (find(value, ANY) as T | undefined) ?? value;
}

/** Calls another method of the same object, as its class or a class of the page has it. */
export function call<T>(self: object, method: string, ...args: unknown[]): T {
  const found = (self as Record<string, unknown>)[method];
  if (typeof found !== 'function') throw new TypeError(`This object has lost its ${method}.`);
  return apply(found, self, args) as T;
}
