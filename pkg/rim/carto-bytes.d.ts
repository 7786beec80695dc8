/** How the WebAssembly module is written as text; `build.mjs` puts it in. */
declare module 'carto-bytes' {
  /** The characters of the text; the first ones are escapes. */
  export const alphabet: string;
  /** How many of them are. */
  export const escapes: number;
}
