/** In the place of `fallbacks.ts` in the core, whose pages have what engines of today have. */
export const Aborter = undefined;
export const Decoder = undefined;
export const Encoder = undefined;
export const requested = undefined;
