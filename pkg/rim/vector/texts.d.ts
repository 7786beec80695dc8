/** What the build makes of `engine.ts`, and the WebAssembly module as text. */
declare module 'carto-engine-text' {
  export const packed: string;
  /** How many bytes it has. */
  export const size: number;
  export function start(): (module: WebAssembly.Module, post: (told: [number, boolean, unknown]) => void) => (question: [number, string, ...unknown[]]) => void;
}
