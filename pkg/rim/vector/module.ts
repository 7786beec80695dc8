/** The ES module `carto-wasm/vector`: brings in the script `carto.vector.js`, which registers itself. */
import './carto.vector.js';
