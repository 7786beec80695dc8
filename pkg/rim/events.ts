/** The events mixin of every public object: the rules of Backbone 1.2.3 (spec 2.1), with listeners isolated from each other. */

type Callback = (...args: never[]) => unknown;
type Names = string | Record<string, Callback> | null | undefined;

interface Entry {
  callback: Callback;
  /** The callback that `once` was given; `off` accepts it too. */
  original: Callback;
  context: unknown;
  thisArg: unknown;
}

const LISTENERS = Symbol('listeners');
const HEARD = Symbol('heard');

interface Emitter {
  [LISTENERS]?: Map<string, Entry[]>;
  [HEARD]?: Set<Emitter>;
}

/** Calls `each` for every name of `"a b"` and every pair of `{a: f}`. */
function spread(names: Names, callback: unknown, each: (name: string, callback: unknown) => void): boolean {
  if (names && typeof names === 'object') {
    for (const name of Object.keys(names)) each(name, names[name]);
    return true;
  }
  if (typeof names === 'string' && /\s/.test(names)) {
    for (const name of names.split(/\s+/)) if (name) each(name, callback);
    return true;
  }
  return false;
}

function report(error: unknown): void {
  if (typeof reportError === 'function') reportError(error);
  else
    setTimeout(() => {
      throw error;
    });
}

function call(entries: Entry[] | undefined, args: unknown[]): void {
  for (const { callback, thisArg } of entries ?? []) {
    try {
      callback.apply(thisArg, args as never[]);
    } catch (error) {
      // One bad listener must stop neither the others nor the processing of an answer.
      report(error);
    }
  }
}

function add(target: Emitter, name: string, entry: Entry): void {
  const all = (target[LISTENERS] ??= new Map<string, Entry[]>());
  // A new list each time: a dispatch under way keeps calling the old one.
  all.set(name, [...(all.get(name) ?? []), entry]);
}

/** The public methods; every class that has events gets them. */
export class Events {
  on(names: Names, callback?: unknown, context?: unknown): this {
    const byName = typeof names === 'object';
    const ctx = byName ? (context ?? callback) : context;
    if (spread(names, callback, (name, each) => this.on(name, each, ctx))) return this;
    if (typeof callback === 'function' && names) {
      const listener = callback as Callback;
      add(this as Emitter, names as string, { callback: listener, original: listener, context, thisArg: context ?? this });
    }
    return this;
  }

  once(names: Names, callback?: unknown, context?: unknown): this {
    const byName = typeof names === 'object';
    const ctx = byName ? (context ?? callback) : context;
    if (spread(names, callback, (name, each) => this.once(name, each, ctx))) return this;
    if (typeof callback !== 'function' || !names) return this;
    const listener = callback as Callback;
    const name = names as string;
    let called = false;
    const first: Callback = (...args) => {
      this.off(name, first);
      if (called) return;
      called = true;
      listener.apply(context ?? this, args);
    };
    add(this as Emitter, name, { callback: first, original: listener, context, thisArg: context ?? this });
    return this;
  }

  off(names?: Names, callback?: unknown, context?: unknown): this {
    const byName = !!names && typeof names === 'object';
    const ctx = byName ? (context ?? callback) : context;
    if (spread(names, callback, (name, each) => this.off(name, each, ctx))) return this;
    const all = (this as Emitter)[LISTENERS];
    for (const name of names ? [names as string] : [...(all?.keys() ?? [])]) {
      const keep = (all?.get(name) ?? []).filter(
        (entry) =>
          (callback && callback !== entry.callback && callback !== entry.original) ||
          (context && context !== entry.context),
      );
      if (keep.length) all?.set(name, keep);
      else all?.delete(name);
    }
    return this;
  }

  trigger(names: string, ...args: unknown[]): this {
    if (!spread(names, undefined, (name) => this.__emit(name, args))) this.__emit(names, args);
    return this;
  }

  listenTo(other: Events, names: Names, callback?: unknown): this {
    ((this as Emitter)[HEARD] ??= new Set()).add(other as Emitter);
    if (!spread(names, callback, (name, each) => other.on(name, each, this))) other.on(names, callback, this);
    return this;
  }

  listenToOnce(other: Events, names: Names, callback?: unknown): this {
    ((this as Emitter)[HEARD] ??= new Set()).add(other as Emitter);
    if (!spread(names, callback, (name, each) => other.once(name, each, this))) other.once(names, callback, this);
    return this;
  }

  stopListening(other?: Events, names?: Names, callback?: unknown): this {
    const heard = (this as Emitter)[HEARD] ?? new Set<Emitter>();
    for (const emitter of other ? [other as Emitter] : [...heard]) {
      if (!heard.has(emitter)) continue;
      (emitter as Events).off(names, callback, this);
      if (!names && !callback) heard.delete(emitter);
    }
    return this;
  }

  /** Calls the listeners of one event, then those of `all`. */
  __emit(name: string, args: unknown[]): void {
    const all = (this as Emitter)[LISTENERS];
    const everything = all?.get('all');
    call(all?.get(name), args);
    if (name !== 'all') call(everything, [name, ...args]);
  }
}

type Members = Record<string, unknown>;

/** Gives a class the events mixin, with the aliases `bind` and `unbind`. */
export function mixEvents(target: { prototype: object }): void {
  const source = Events.prototype as unknown as Members;
  const into = target.prototype as Members;
  for (const name of Object.getOwnPropertyNames(source)) {
    if (name !== 'constructor') Object.defineProperty(into, name, { value: source[name], writable: true, configurable: true });
  }
  for (const [alias, name] of [['bind', 'on'], ['unbind', 'off']] as const) {
    Object.defineProperty(into, alias, { value: source[name], writable: true, configurable: true });
  }
}
