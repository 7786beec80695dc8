/** The events of every public object: the rules of Backbone 1.2.3 (spec 2.1), with listeners isolated from each other. */
import { find, Held, me } from './held.js';
import { EMITTER } from './kind.js';
import { include, indexOf, listed, remove } from './list.js';
import { apply } from './natives.js';

type Callback = (...args: never[]) => unknown;
type Names = string | Record<string, Callback> | null | undefined;

type Listeners = Record<string, Entry[] | undefined>;

interface Entry {
  callback: Callback;
  /** The callback that `once` was given; `off` accepts it too. */
  original: Callback;
  context: unknown;
  thisArg: unknown;
}

/** Calls `each` for every name of `"a b"` and every pair of `{a: f}`. */
function spread(names: Names, callback: unknown, each: (name: string, callback: unknown) => void): boolean {
  if (names && typeof names === 'object') {
    const all = Object.keys(names);
    for (let at = 0; at < all.length; at++) each(all[at]!, names[all[at]!]);
    return true;
  }
  if (typeof names === 'string' && /\s/.test(names)) {
    const all = names.split(/\s+/);
    for (let at = 0; at < all.length; at++) if (all[at]) each(all[at]!, callback);
    return true;
  }
  return false;
}

export function report(error: unknown): void {
  if (typeof reportError === 'function') reportError(error);
  else
    setTimeout(() => {
      throw error;
    });
}

function call(entries: Entry[] | undefined, args: unknown[]): void {
  for (let at = 0; at < (entries?.length ?? 0); at++) {
    const { callback, thisArg } = entries![at]!;
    try {
      apply(callback, thisArg, args);
    } catch (error) {
      // One bad listener must stop neither the others nor the processing of an answer.
      report(error);
    }
  }
}

/** The listeners of an object by event. */
let listenersOf: (emitter: Emitter) => Listeners;

/** `on` and `once`. */
function listen(target: Emitter, names: Names, callback: unknown, context: unknown, once: boolean): void {
  const all = listenersOf(me(target, EMITTER));
  // The map form has its context in the place of the callback.
  const ctx = typeof names === 'object' ? (context ?? callback) : context;
  if (spread(names, callback, (name, each) => listen(target, name, each, ctx, once))) return;
  if (typeof callback !== 'function' || !names) return;
  const name = names as string;
  const entry: Entry = { callback: callback as Callback, original: callback as Callback, context, thisArg: context ?? target };
  if (once) {
    let called = false;
    entry.callback = function (this: unknown, ...args) {
      unlisten(all, name, entry.callback);
      if (called) return;
      called = true;
      apply(entry.original, this, args);
    };
  }
  // A new list each time: a dispatch under way keeps calling the old one.
  const entries = listed(all[name] ?? []);
  entries[entries.length] = entry;
  all[name] = entries;
}

/** `off`. */
function unlisten(all: Listeners, names?: Names, callback?: unknown, context?: unknown): void {
  const byName = !!names && typeof names === 'object';
  const ctx = byName ? (context ?? callback) : context;
  if (spread(names, callback, (name, each) => unlisten(all, name, each, ctx))) return;
  const of = names ? [names as string] : Object.keys(all);
  for (let at = 0; at < of.length; at++) {
    const left: Entry[] = [];
    const entries = all[of[at]!] ?? [];
    for (let index = 0; index < entries.length; index++) {
      const entry = entries[index]!;
      const isOther = (callback && callback !== entry.callback && callback !== entry.original) || (context && context !== entry.context);
      if (isOther) left[left.length] = entry;
    }
    if (left.length) all[of[at]!] = left;
    else delete all[of[at]!];
  }
}

/** `listenTo` and `listenToOnce`. */
function hear(heard: Emitter[], listener: Emitter, other: unknown, names: Names, callback: unknown, once: boolean): void {
  const emitter = find(other, EMITTER) as Emitter | undefined;
  if (!emitter) return;
  include(heard, emitter);
  if (!spread(names, callback, (name, each) => listen(emitter, name, each, listener, once)))
    listen(emitter, names, callback, listener, once);
}

/** Calls the listeners of one event, then those of `all`. */
export function emit(emitter: object, name: string, args: unknown[]): void {
  const all = listenersOf(emitter as Emitter);
  const everything = all.all;
  call(all[name], args);
  if (!everything) return;
  const named: unknown[] = [name];
  for (let at = 0; at < args.length; at++) named[at + 1] = args[at];
  call(everything, named);
}

/** What has events extends this. */
export class Emitter extends Held {
  readonly #listeners = Object.create(null) as Listeners;
  readonly #heard: Emitter[] = [];

  static {
    listenersOf = (emitter) => emitter.#listeners;
  }

  on(names: Names, callback?: unknown, context?: unknown): this {
    listen(this, names, callback, context, false);
    return this;
  }

  once(names: Names, callback?: unknown, context?: unknown): this {
    listen(this, names, callback, context, true);
    return this;
  }

  off(names?: Names, callback?: unknown, context?: unknown): this {
    unlisten(listenersOf(me(this, EMITTER)), names, callback, context);
    return this;
  }

  trigger(names: string, ...args: unknown[]): this {
    const emitter = me(this, EMITTER);
    if (!spread(names, undefined, (name) => emit(emitter, name, args))) emit(emitter, names, args);
    return this;
  }

  listenTo(other: unknown, names: Names, callback?: unknown): this {
    hear(me(this, EMITTER).#heard, this, other, names, callback, false);
    return this;
  }

  listenToOnce(other: unknown, names: Names, callback?: unknown): this {
    hear(me(this, EMITTER).#heard, this, other, names, callback, true);
    return this;
  }

  stopListening(other?: unknown, names?: Names, callback?: unknown): this {
    const heard = me(this, EMITTER).#heard;
    const from = other ? [find(other, EMITTER) as Emitter] : listed(heard);
    for (let at = 0; at < from.length; at++) {
      const emitter = from[at]!;
      if (indexOf(heard, emitter) < 0) continue;
      unlisten(listenersOf(emitter), names, callback, this);
      if (!names && !callback) remove(heard, emitter);
    }
    return this;
  }
}

const { prototype } = Emitter;
Object.defineProperty(prototype, 'bind', { value: prototype.on, writable: true, configurable: true });
Object.defineProperty(prototype, 'unbind', { value: prototype.off, writable: true, configurable: true });
