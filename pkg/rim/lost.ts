/** Tiles that could not be loaded: the client hears of each, and of the last one that came after all. */
import type { Client } from './client.js';
import { at } from './held.js';
import { CLIENT } from './kind.js';
import { remove } from './list.js';

const ADDRESS = Symbol('address');

/** An image with the address that it was given at first: map libraries may show another one in its place. */
export type Tile = HTMLImageElement & { [ADDRESS]?: string };

export class LostTiles {
  readonly #client: Client;
  readonly #tiles: Tile[] = [];
  /** Whether any was lost since all were there. */
  #isLost = false;
  /** Whether one was asked for again, to see whether the server is back. */
  #isTrying = false;

  constructor(client: Client) {
    this.#client = client;
  }

  /** A tile is asked for. */
  __started(tile?: Tile): void {
    if (tile) tile[ADDRESS] = tile.src;
  }

  __failed(tile?: Tile): void {
    const isKnown = remove(this.#tiles, tile);
    const address = tile?.[ADDRESS] ?? '';
    // At the end: the next time another one is tried first.
    if (address) this.#tiles[this.#tiles.length] = tile!;
    this.#isLost = true;
    this.#isTrying = false;
    at(this.#client, CLIENT).__tileFailed(address, isKnown);
  }

  __loaded(tile?: Tile): void {
    if (tile?.src !== tile?.[ADDRESS]) return;
    remove(this.#tiles, tile);
    if (this.#isTrying) this.#load(Infinity);
    this.#isTrying = false;
    if (!this.#isLost || this.#tiles.length) return;
    this.#isLost = false;
    at(this.#client, CLIENT).__tilesBack();
  }

  /** Asks for one of them again, and for the others when a tile comes. Without hope all are given up. */
  __again(isHopeful: boolean): void {
    this.#isLost &&= isHopeful;
    if (!isHopeful) this.#tiles.length = 0;
    this.#load(1);
    this.#isTrying = this.#tiles.length > 0;
  }

  /** Loads the first ones of them again that are still on the page. */
  #load(count: number): void {
    for (let index = 0; index < this.#tiles.length && index < count; ) {
      const tile = this.#tiles[index]!;
      if (tile.isConnected) {
        // WebKit asks for no address a second time that an image has and that failed.
        tile.removeAttribute('src');
        tile.src = this.#tiles[index++]![ADDRESS]!;
      } else remove(this.#tiles, tile);
    }
  }
}
