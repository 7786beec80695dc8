/** What Node.js shows of an object in its console. */
import { Emitter } from './events.js';
import { at, find } from './held.js';
import { CLIENT, EMITTER } from './kind.js';
import { apply } from './natives.js';

/** What Node.js asks an object for before it shows it. */
const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** What a console is to show of an object, beside its class: never a key. */
const SHOWN = ['Id', 'TableName', 'Query', 'Content', 'Column', 'Status', 'Source', 'Style', 'Filters', 'Bounds', 'Circle', 'Polygon', 'Layers', 'Dataviews'];

function shown(this: Record<string, unknown>): object {
  // Of the same class, so that its name is shown, and without this function, so that it is not asked again.
  const fields = Object.create(Object.getPrototypeOf(this) as object, { [INSPECT]: {} }) as Record<string, unknown>;
  // A prototype is no object of its class.
  if (!find(this, EMITTER)) return fields;
  for (let at = 0; at < SHOWN.length; at++) {
    const name = SHOWN[at]!;
    const get = this[`get${name}`];
    if (typeof get === 'function') fields[name.charAt(0).toLowerCase() + name.slice(1)] = apply(get, this, []);
  }
  if (find(this, CLIENT)) fields.username = at(this as never, CLIENT).__account().username;
  return fields;
}

Object.defineProperty(Emitter.prototype, INSPECT, { value: shown, configurable: true });
