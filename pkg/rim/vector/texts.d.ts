/** What the build makes of `engine.ts`, and the WebAssembly module as text. */
declare module 'carto-engine-text' {
  export const packed: [unpacker: string, text: string];
  export function start(): (module: WebAssembly.Module, post: (told: [number, boolean, unknown]) => void) => (question: [number, string, ...unknown[]]) => void;
}
