/** Bytes that are text in a script, of a build for work: they are not packed. */
export const unpack = ([text]: [string]): Uint8Array<ArrayBuffer> => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
