/** `carto.CartoError`: the one error class, thrown and rejected everywhere (spec 2.2). */

import { errorOf, read } from './natives.js';

export interface Properties {
  message: string;
  cause?: unknown;
  [name: string]: unknown;
}

/** What an error is made of; a page may have anything else for it. */
function propertiesOf(given: unknown): Properties {
  const own = Object.create(null) as Properties;
  try {
    own.message = '';
    const names = Object.keys(given as Properties);
    for (let at = 0; at < names.length; at++) own[names[at]!] = (given as Properties)[names[at]!];
    // A property of a class counts, too.
    const message = read(given, 'message');
    own.message = message === undefined ? '' : text(message);
  } catch {
    // Nothing, or a proxy or a getter that refuses: what was read so far is all there is.
  }
  return own;
}

/** A value as a text, whatever it is. */
export function text(value: unknown): string {
  try {
    return typeof value === 'symbol' ? String(value) : `${value as string}`;
  } catch {
    return '';
  }
}

/** An error of a class that extends ours; of ours where that one refuses. */
function made(message: string, as?: { prototype: object }): object {
  try {
    if (as) return errorOf(message, as);
  } catch {
    // What it throws is no reason to make none.
  }
  return errorOf(message, CartoError);
}

const named = {
  // A function, so that it makes an error without `new`, too, and the name of a property, which no minifier shortens.
  // eslint-disable-next-line object-shorthand
  CartoError: function (given: unknown): Error {
    const properties = propertiesOf(given);
    const error = made(properties.message, new.target) as Error;
    const names = Object.keys(properties);
    for (let at = 0; at < names.length; at++) {
      const name = names[at]!;
      const isError = name === 'message' || name === 'cause';
      Object.defineProperty(error, name, { value: properties[name], enumerable: !isError, writable: true, configurable: true });
    }
    return error;
  },
};

export type CartoError = Error;
export const CartoError = named.CartoError as unknown as new (given: Properties) => Error;
const prototype = Object.create(Error.prototype) as object;
Object.defineProperty(prototype, 'constructor', { value: CartoError, writable: true, configurable: true });
Object.defineProperty(prototype, 'name', { value: 'CartoError', writable: true, configurable: true });
Object.defineProperty(CartoError, 'prototype', { value: prototype, writable: false });
Object.setPrototypeOf(CartoError, Error);

/** A frame of what pages call, in engines that name classes. */
const PUBLIC = /^ +at (async )?(new )?(Client|SQL|Dataset|CartoCSS|Layer|Formula|Category|Histogram|TimeSeries|BoundingBox|Circle|Polygon|Range|AND|OR|ApiKeys)/;

const isInside = (line?: string): boolean => !!line?.includes('wasm-function');

/** Begins the stack where the page called: what is above is the inside of this library, which says nothing to anybody. */
function shorten(error: Error): void {
  try {
    const lines = error.stack?.split('\n') ?? [];
    const first = lines.findIndex((line) => /^ +at |^\S*@\S+:\d+$/.test(line));
    let end = lines.findIndex(isInside);
    while (isInside(lines[end])) end += 1;
    // Behind them is the rim, until a method or a class of the page's calls.
    const called = lines.findIndex((line, at) => at >= end && at < end + 9 && PUBLIC.test(line));
    if (end > 0 && called > end) end = called;
    if (end > first) error.stack = lines.filter((_, at) => at < first || at >= end).join('\n');
  } catch {
    // What a page has put in the place of natives does not matter here.
  }
}

function limit(frames?: number): void {
  try {
    if (frames) (Error as { stackTraceLimit?: number }).stackTraceLimit = frames;
  } catch {
    // A page may have frozen `Error`.
  }
}

/** Builds an error for the WebAssembly side, and tells the page's error monitor as CARTO.js did (C-005). */
export function cartoError(properties: Properties): CartoError {
  // The page's own frames are below more of ours than engines keep. 
  const { stackTraceLimit } = Error as { stackTraceLimit?: number };
  limit(stackTraceLimit && stackTraceLimit + 30);
  const error = new CartoError(properties);
  limit(stackTraceLimit);
  shorten(error);
  const { trackJs } = globalThis as { trackJs?: { track(error: Error): void } };
  if (trackJs) {
    try {
      trackJs.track(new Error(`${error.message} - code: ${String(properties.errorCode)}`));
    } catch {
      // A monitor that fails is no reason to lose the error itself.
    }
  }
  return error;
}
