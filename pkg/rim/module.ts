/** The ES module: named exports, and the namespace as the default one. */
import './bytes.js';

export { carto as default } from './namespace.js';
export * from './namespace.js';
