/** The classic script `carto.core.js`: `window.carto` is complete on the next line. */
import './bytes.js';
import { carto } from './core-namespace.js';

/** What the wrapper of `build.mjs` does with the namespace. */
declare function hand(namespace: unknown): void;
hand(carto);
