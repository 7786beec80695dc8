/** Methods that one file has and another file's class gets. */

/** Gives a class methods, as they are when its own text has them. */
export function addMethods(prototype: object, methods: object): void {
  const names = Object.keys(methods);
  for (let at = 0; at < names.length; at++) {
    const value = (methods as Record<string, unknown>)[names[at]!];
    Object.defineProperty(prototype, names[at]!, { value, writable: true, configurable: true });
  }
}
