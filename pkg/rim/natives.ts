/**
 * The natives of the page as they were when this script came: pages, and the libraries on them, replace them and add to their
 * prototypes, before and after. The build puts what is exported here in the place of the global names, in the rim and in
 * the glue alike.
 */
import { Aborter, Decoder, Encoder } from './fallbacks.js';

const page = globalThis;
const { prototype: junk, create, defineProperty, entries, freeze, getOwnPropertySymbols, getPrototypeOf, setPrototypeOf, hasOwn, keys: names } = page.Object;
const { prototype: lists, isArray } = page.Array;
const { join, splice } = lists;
const { Date: Moment } = page;
const { getTime, getTimezoneOffset, toISOString } = Moment.prototype;
const { parse, stringify } = page.JSON ?? {};
const { now } = page.performance ?? Moment;
// The engine's own, whatever `Promise` is: an async function gives no other.
const Own = (async () => {})().constructor as PromiseConstructor;
const { resolve, reject } = Own;
const { then } = Own.prototype;

// Lists have one, whoever hides the name.
export const Symbol = page.Symbol ?? (page.Object(getOwnPropertySymbols(lists)[0]) as { constructor: SymbolConstructor }).constructor;

export const { AbortSignal, DataView, Error, Math, Number, String, TypeError, Uint8Array, WebAssembly, clearTimeout, decodeURIComponent, encodeURIComponent, parseFloat, parseInt, setTimeout } = page;

const { Reflect: reflection } = page as { Reflect?: { apply?: unknown; construct?: unknown } };
const construct = reflection?.construct;
type Call = (call: unknown, self: unknown, args: ArrayLike<unknown>) => unknown;

/** Calls a function on something; what hangs on the function itself does not matter. */
export const apply: Call = (reflection?.apply as Call | undefined) ?? ((call, self, args) => (call as () => unknown).apply(self, args as never));

/** An error of a class of its own. */
export const errorOf = (message: string, as: { prototype: object }): object =>
  construct ? (construct as typeof page.Reflect.construct)(Error, [message], as as never) as object : (setPrototypeOf(new Error(message), as.prototype) as object);

/** Gives an object a property of its own, whatever its prototypes have by that name. */
function define(object: object, name: PropertyKey, descriptor: PropertyDescriptor): object {
  return defineProperty(object, name, setPrototypeOf(descriptor, null) as PropertyDescriptor);
}

export function put(object: object, name: PropertyKey, value: unknown): boolean {
  if (name in object && !hasOwn(object, name)) define(object, name, { value, writable: true, enumerable: true, configurable: true });
  else (object as Record<PropertyKey, unknown>)[name] = value;
  return true;
}

/** A property of the page's options; what a library added to all objects was not said by the page. */
export function read(object: unknown, name: string): unknown {
  if (object === null || object === undefined) return undefined;
  if (name in junk && name !== 'toString') {
    let at = object as object | null;
    while (at && at !== junk && !hasOwn(at, name)) at = getPrototypeOf(at) as object | null;
    if (!at || at === junk) return undefined;
  }
  return (object as Record<string, unknown>)[name];
}

/** The names of an object's own members; none of a proxy that refuses. */
function keys(object: object): string[] {
  const own: string[] = [];
  try {
    // Some libraries' own gives the inherited ones, too.
    const all = names(object);
    for (let at = 0; at < all.length; at++) if (hasOwn(object, all[at]!)) own[own.length] = all[at]!;
  } catch {
    // There is nothing to be had of it.
  }
  return own;
}

/** `Object.assign` for objects of ours. */
function assign<T extends object>(target: T, source: object): T {
  const all = keys(source);
  for (let at = 0; at < all.length; at++) put(target, all[at]!, (source as Record<string, unknown>)[all[at]!]);
  return target;
}

/** What is called with `new`, or not at all, with members as a native has them. */
const native = <T>(make: (...args: never[]) => unknown, members: object, prototype?: unknown): T => define(assign(make, members), 'prototype', { value: prototype }) as T;

export const Object = native<ObjectConstructor>(
  function () {
    return {};
  },
  { assign, create, defineProperty: define, entries, freeze, getPrototypeOf, setPrototypeOf, hasOwn, keys },
  junk,
);

function isList(value: unknown): value is unknown[] {
  try {
    return isArray(value);
  } catch {
    return false;
  }
}

/** Lists of other frames are lists. */
export const Array = define(
  native<ArrayConstructor>(
    function () {
      return [];
    },
    { isArray: isList, of: (...items: unknown[]) => items },
    lists,
  ),
  Symbol.hasInstance,
  { value: isList },
) as ArrayConstructor;

/** What a date says; what only looks like one is a moment that does not exist. */
export const timeOf = (date: unknown): unknown => {
  try {
    return apply(getTime, date, []);
  } catch {
    return NaN;
  }
};
export const isoOf = (date: unknown): unknown => apply(toISOString, date, []);
/** Minutes from here to UTC, as the page has it now: a page may say that it is somewhere else. */
export const offsetOf = (date: Date): number => {
  try {
    const said: unknown = date.getTimezoneOffset();
    if (typeof said === 'number') return said;
  } catch {
    // What the page has put in its place is of no use.
  }
  return apply(getTimezoneOffset, date, []) as number;
};

export const Date = Moment;
export const performance = { now: () => apply(now, page.performance ?? Moment, []) as number };

export const Reflect = { get: read, set: put };

/** Arrays and texts as JSON writes them, without what a library added to all of them for a format of its own. */
function bare(value: unknown): unknown {
  if (typeof value !== 'object' || !value || (read(value, 'toJSON') && !isList(value))) return value;
  const copy = (isList(value) ? [] : {}) as Record<string, unknown>;
  const all = keys(value);
  for (let at = 0; at < all.length; at++) put(copy, all[at]!, bare((value as Record<string, unknown>)[all[at]!]));
  return setPrototypeOf(copy, null);
}
export const JSON = {
  // What is too long is no JSON either.
  parse: (text: unknown): unknown => parse(textOf(text) as string),
  stringify: (value: unknown): string => stringify('toJSON' in lists || 'toJSON' in junk ? bare(value) : value),
};

export const Promise = native<PromiseConstructor>(
  function (executor: never) {
    return new Own(executor);
  },
  {
    resolve: (value: unknown) => apply(resolve, Own, [value]),
    reject: (reason: unknown) => apply(reject, Own, [reason]),
  },
  Own.prototype,
);

/** `promise.then`. */
export function after(promise: unknown, done: unknown, failed?: unknown): unknown {
  return apply(then, promise, [done, failed]);
}

export const queueMicrotask = page.queueMicrotask ?? ((task: () => void): unknown => after(apply(resolve, Own, []), task));

/** Where there are no weak references, what was made stays. */
export const WeakRef =
  page.WeakRef ??
  class {
    readonly #target: object;
    constructor(target: object) {
      this.#target = target;
    }
    deref(): object {
      return this.#target;
    }
  };
export const { deref } = WeakRef.prototype;
const { FinalizationRegistry: Registry } = page as { FinalizationRegistry?: typeof page.FinalizationRegistry };
const { register, unregister } = Registry?.prototype ?? ({} as { register?: unknown; unregister?: unknown });
export const FinalizationRegistry = function (callback: (held: never) => void): object {
  const registry = Registry && new Registry(callback);
  return {
    register: (...args: unknown[]) => registry && apply(register, registry, args),
    unregister: (token: object) => registry && apply(unregister, registry, [token]),
  };
} as unknown as typeof page.FinalizationRegistry;

export const AbortController = page.AbortController ?? Aborter;
export const TextDecoder = page.TextDecoder ?? Decoder;
export const TextEncoder = page.TextEncoder ?? Encoder;

// What follows is called by the glue in the place of what it says itself.

/** Characters that one call may bring, and what each member of a list counts for: more than memory has room for must end in an error, not in a trap. */
const MOST = 2 ** 27;
const MEMBER = 256;
let left = MOST;
/** Begins a call. */
export function begin(): void {
  left = MOST;
}

/** A text of the page's; undefined for anything else, and for what is too long. */
export function textOf(value: unknown): string | undefined {
  if (typeof value !== 'string' || value.length > left) return undefined;
  left -= value.length;
  return value;
}

/** The length of a list of the page's. */
export function lengthOf(items: ArrayLike<unknown>): number {
  let length = 0;
  try {
    length = items.length >>> 0;
  } catch {
    // It refuses.
  }
  const most = (left / MEMBER) >>> 0;
  return length < most ? length : most;
}

/** An item of a list of the page's; undefined where it refuses. */
export function itemOf(items: ArrayLike<unknown>, index: number): unknown {
  left -= MEMBER;
  try {
    return items[index];
  } catch {
    return undefined;
  }
}

export const joined = (items: unknown[], by: string): unknown => apply(join, items, [by]);
export const spliced = (items: unknown[], at: number, count: number): unknown => apply(splice, items, [at, count]);
