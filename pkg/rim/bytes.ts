/** Starts the WebAssembly side from the bytes inside the bundle, without waiting for anything. */
import { inflateSync } from 'fflate';
import packed from 'carto-bytes';
import { initSync } from '../glue/carto.js';

// Deflated before base64: what gzip makes of that is hardly more than the compressed module itself.
const bytes = inflateSync(Uint8Array.from(atob(packed), (char) => char.charCodeAt(0)));
initSync({ module: new WebAssembly.Module(bytes as BufferSource) });
