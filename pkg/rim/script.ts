/** The classic script: `window.carto` is complete on the next line. */
import './bytes.js';

export { carto } from './namespace.js';
