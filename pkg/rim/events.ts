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

/** `on` and `once`. */
function listen(target: Events, names: Names, callback: unknown, context: unknown, once: boolean): void {
  // The map form has its context in the place of the callback.
  const ctx = typeof names === 'object' ? (context ?? callback) : context;
  if (spread(names, callback, (name, each) => listen(target, name, each, ctx, once))) return;
  if (typeof callback !== 'function' || !names) return;
  const name = names as string;
  const entry: Entry = { callback: callback as Callback, original: callback as Callback, context, thisArg: context ?? target };
  if (once) {
    let called = false;
    entry.callback = function (this: unknown, ...args) {
      target.off(name, entry.callback);
      if (called) return;
      called = true;
      entry.original.apply(this, args);
    };
  }
  const all = ((target as Emitter)[LISTENERS] ??= new Map<string, Entry[]>());
  // A new list each time: a dispatch under way keeps calling the old one.
  all.set(name, [...(all.get(name) ?? []), entry]);
}

/** `listenTo` and `listenToOnce`. */
function hear(listener: Events, other: Events | null | undefined, names: Names, callback: unknown, once: boolean): void {
  if (!other) return;
  ((listener as Emitter)[HEARD] ??= new Set()).add(other as Emitter);
  if (!spread(names, callback, (name, each) => listen(other, name, each, listener, once)))
    listen(other, names, callback, listener, once);
}

/** The public methods; every class that has events gets them. */
export class Events {
  on(names: Names, callback?: unknown, context?: unknown): this {
    listen(this, names, callback, context, false);
    return this;
  }

  once(names: Names, callback?: unknown, context?: unknown): this {
    listen(this, names, callback, context, true);
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
    hear(this, other, names, callback, false);
    return this;
  }

  listenToOnce(other: Events, names: Names, callback?: unknown): this {
    hear(this, other, names, callback, true);
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
    call(everything, [name, ...args]);
  }
}

type Members = Record<string, unknown>;

/** What Node.js asks an object for before it shows it. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** What a console is to show of an object, beside its class: never a key, never the glue's own. */
const SHOWN = ['Id', 'TableName', 'Query', 'Content', 'Column', 'Status', 'Source', 'Style', 'Filters', 'Bounds', 'Circle', 'Polygon', 'Layers', 'Dataviews'];

function shown(this: Members): object {
  // Of the same class, so that its name is shown, and without this function, so that it is not asked again.
  const fields = Object.create(Object.getPrototypeOf(this) as object, { [INSPECT]: {} }) as Members;
  for (const name of SHOWN) {
    const get = this[`get${name}`];
    if (typeof get === 'function') fields[name.charAt(0).toLowerCase() + name.slice(1)] = get.call(this);
  }
  const { __account: account } = this as { __account?: () => unknown[] };
  if (account) fields.username = account.call(this)[0];
  return fields;
}

/** Gives a class the events mixin, with the aliases `bind` and `unbind`, and what Node.js shows of it. */
export function mixEvents(target: { prototype: object }): void {
  const members = Events.prototype as unknown as Members;
  const names = Object.getOwnPropertyNames(members).map((name) => [name, name]);
  Object.defineProperty(target.prototype, INSPECT, { value: shown, configurable: true });
  for (const [name, original] of [...names, ['bind', 'on'], ['unbind', 'off']] as [string, string][]) {
    if (name !== 'constructor')
      Object.defineProperty(target.prototype, name, { value: members[original], writable: true, configurable: true });
  }
}
