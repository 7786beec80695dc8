/** `carto.CartoError`: the one error class, thrown and rejected everywhere (spec 2.2). */

export interface Properties {
  message: string;
  cause?: unknown;
  [name: string]: unknown;
}

export class CartoError extends Error {
  constructor(properties: Properties) {
    super(properties.message, 'cause' in properties ? { cause: properties.cause } : undefined);
    for (const [name, value] of Object.entries(properties)) {
      if (name !== 'message' && name !== 'cause') (this as Record<string, unknown>)[name] = value;
    }
  }
}
Object.defineProperty(CartoError.prototype, 'name', { value: 'CartoError', configurable: true, writable: true });

const isInside = (line?: string): boolean => !!line?.includes('wasm-function');

/** Begins the stack where the page called: what is above is the inside of this library, which says nothing to anybody. */
function shorten(error: Error): void {
  const lines = error.stack?.split('\n') ?? [];
  const first = lines.findIndex((line) => /^ +at |^\S*@\S+:\d+$/.test(line));
  let end = lines.findIndex(isInside);
  while (isInside(lines[end])) end += 1;
  if (end > first) error.stack = [...lines.slice(0, first), ...lines.slice(end)].join('\n');
}

/** Builds an error for the WebAssembly side, and tells the page's error monitor as CARTO.js did (C-005). */
export function cartoError(properties: Properties): CartoError {
  // The page's own frames are below more of ours than engines keep. No assignment: a page may have frozen `Error`.
  const { stackTraceLimit } = Error as { stackTraceLimit?: number };
  if (stackTraceLimit) Reflect.set(Error, 'stackTraceLimit', stackTraceLimit + 30);
  const error = new CartoError(properties);
  if (stackTraceLimit) Reflect.set(Error, 'stackTraceLimit', stackTraceLimit);
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
