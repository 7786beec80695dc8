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

/** Builds an error for the WebAssembly side, and tells the page's error monitor as CARTO.js did (C-005). */
export function cartoError(properties: Properties): CartoError {
  const error = new CartoError(properties);
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
