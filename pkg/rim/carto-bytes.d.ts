/** The deflated WebAssembly module as base64; `build.mjs` puts it in. */
declare module 'carto-bytes' {
  const packed: string;
  export default packed;
}
