/** The script `carto.vector.js`: lets clients draw their tiles themselves. */
import type { Client } from '../client.js';
import { Mode } from './mode.js';

Object.assign(globalThis, { [Symbol.for('carto-wasm/vector')]: (client: Client, showHand: (hand: boolean) => void) => new Mode(client, showHand) });
