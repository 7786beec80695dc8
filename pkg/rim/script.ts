/** The classic script: `window.carto` is complete on the next line. */
import './bytes.js';
import { carto } from './namespace.js';

/** What the wrapper of `build.mjs` hands to the page. */
declare let namespace: unknown;
namespace = carto;
