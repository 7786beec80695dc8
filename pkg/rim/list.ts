/** Lists, without the methods that pages replace and the iterators behind `for (… of …)` and `...`. */
import { spliced } from './natives.js';

/** Whether something is a list, of this frame or of another. */
const { isArray } = Array;

/** Longer ones are a mistake, and would stop the page. */
const LONGEST = 1e6;

/** A copy of a list: what a getter or a listener does to the page's own must not matter. */
export function listed<T>(list: Iterable<T>): T[] {
  if (!isArray(list)) {
    try {
      return [...list];
    } catch {
      throw new TypeError('A list is needed.');
    }
  }
  if (list.length > LONGEST) throw new TypeError('The list is too long.');
  const copy: T[] = [];
  for (let at = 0; at < list.length; at++) copy[at] = (list as T[])[at]!;
  return copy;
}

/** Replaces what is in a list that the page may hold. */
export function refill<T>(list: T[], items: T[]): void {
  list.length = 0;
  for (let at = 0; at < items.length; at++) list[at] = items[at]!;
}

/** Where something is in a list. */
export function indexOf(list: unknown[], item: unknown): number {
  let at = list.length;
  while (--at >= 0 && list[at] !== item);
  return at;
}

/** Takes something out of a list; tells whether it was there. */
export function remove(list: unknown[], item: unknown): boolean {
  const at = indexOf(list, item);
  if (at >= 0) spliced(list, at, 1);
  return at >= 0;
}

/** Puts something into a list unless it is there. */
export function include(list: unknown[], item: unknown): void {
  if (indexOf(list, item) < 0) list[list.length] = item;
}
