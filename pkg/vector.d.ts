/** Vector mode, for CommonJS and as a script; see `vector.d.mts`. */
export {};
