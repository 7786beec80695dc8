/** What the WebAssembly side asks of JavaScript: regular expressions, numbers and letters of styles. */

/** Whether a pattern matches a whole text: 0, 1, or 2 when it is no pattern. */
export function matches(pattern: string, text: string): number {
  try {
    // As it is first: in parentheses it could close them.
    new RegExp(pattern, 'u');
    return Number(new RegExp(`^(?:${pattern})$`, 'u').test(text));
  } catch {
    return 2;
  }
}

/** The number that a text stands for. */
export const number = (text: string): number => Number(text);

/** A text in large letters. */
export const large = (text: string): string => text.toUpperCase();

/** A text in small letters. */
export const small = (text: string): string => text.toLowerCase();

/** A number as text. */
export const text = (number: number): string => String(number);

/** What is left of a number by a division. In an object, because the WebAssembly side would import it past the glue otherwise. */
export const numbers = { rest: (number: number, divisor: number): number => number % divisor };
