/** Tiles that could not be loaded: the client hears of each, and of the last one that came after all. */
import type { Client } from './client.js';
import { report } from './events.js';
import { at } from './held.js';
import { CLIENT } from './kind.js';
import { remove } from './list.js';

/** A tile that may fail. */
export interface Tile {
  /** Where it is loaded from. */
  readonly address: string;
  /** Whether it is still on the map. */
  isShown(): boolean;
  /** Loads it again. */
  reload(): void;
}

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

  __failed(tile?: Tile): void {
    const isKnown = remove(this.#tiles, tile);
    // At the end: the next time another one is tried first.
    if (tile) this.#tiles[this.#tiles.length] = tile;
    this.#isLost = true;
    this.#isTrying = false;
    at(this.#client, CLIENT).__tileFailed(tile?.address ?? '', isKnown);
  }

  __loaded(tile?: Tile): void {
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

  /** Loads the first ones of them again that are still shown. */
  #load(count: number): void {
    for (let index = 0; index < this.#tiles.length && index < count; ) {
      const tile = this.#tiles[index]!;
      let isShown = false;
      try {
        isShown = tile.isShown();
        if (isShown) tile.reload();
      } catch (error) {
        // A tile may be the page's own.
        report(error);
      }
      if (isShown) index++;
      else remove(this.#tiles, tile);
    }
  }
}
