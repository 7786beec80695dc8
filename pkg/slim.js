/** The slim entry for CommonJS. */
/* global module */
module.exports = (from) => import('./slim.mjs').then(({ load }) => load(from));
