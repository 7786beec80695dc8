/** Lists of the page's. */

/** A copy of a list: what a getter or a listener does to the page's own must not matter. */
export function listed<T>(list: T[]): T[] {
  try {
    return [...list];
  } catch {
    throw new TypeError('A list is needed.');
  }
}
