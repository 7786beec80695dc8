/** Where vector mode joins the library: a script of its own draws the tiles, and answers requests in the server's place. */
import type { Client } from './client.js';
import { numbered } from './held.js';

type Send = (url: string, parts: RequestInit) => Promise<Response>;

/** Answers a request of a client, or sends it on. */
export type Answer = (url: string, parts: RequestInit, send: Send) => Promise<Response>;

/** What vector mode makes for a client. */
export interface Vector {
  readonly answer: Answer;
  /** A class of Leaflet's layer whose tiles are drawn here. */
  leaflet<T extends object>(native: T): T;
  /** Lets a map library know by which addresses it has its tiles, now and whenever they look different. */
  follow(tell: (addresses: string[]) => void): void;
  /** Lets MapLibre have the tiles of such addresses. */
  protocol(maplibre: unknown): void;
  /** Lets a tile of OpenLayers show what is at such an address. */
  load(tile: object, address: string): void;
  /** Draws the layers of an address; none when it is null. */
  show(layer: object | null, address: string | null, subdomains: string[]): void;
  /**
   * Tells what is under the pointer: degrees, pixels of the map, the zoom level of its tiles, and pixels of the world there.
   * Calls back where it is the server that knows.
   */
  point(otherwise: () => void, click: boolean, lat: number, lng: number, x: number, y: number, zoom: number, worldX: number, worldY: number): void;
  /** The pointer left the map. */
  leave(): void;
  dispose(): void;
}

type Make = (client: Client, showHand: (hand: boolean) => void) => Vector;

const NAME = Symbol.for('carto-wasm/vector');

/** Makes it for a client. */
export function vectorOf(client: Client, showHand: (hand: boolean) => void): Vector {
  const make = (globalThis as { [NAME]?: Make })[NAME];
  if (!make) throw new Error('Load carto.vector.js, or the module carto-wasm/vector.');
  return make(client, showHand);
}

/** What answers in the server's place for the natives of a number. */
export const answering = (number: number): Answer | undefined => (numbered(number) as { vector?: Vector } | undefined)?.vector?.answer;

/** Whether anything does. */
export const answers = (number: number): boolean => !!answering(number);
