/** Tiles that are images of the page. */
import type { LostTiles, Tile } from './lost.js';

const TILE = Symbol('tile');

/** A tile's image, with the address that it was given at first: map libraries may show another one in its place. */
class ImageTile implements Tile {
  constructor(
    private readonly image: HTMLImageElement,
    readonly address = image.src,
  ) {}

  isShown(): boolean {
    return this.image.isConnected;
  }

  reload(): void {
    // WebKit asks for no address a second time that an image has and that failed.
    this.image.removeAttribute('src');
    this.image.src = this.address;
  }
}

export type TileImage = HTMLImageElement & { [TILE]?: ImageTile };

/** A tile is asked for. */
export function started(image?: TileImage): void {
  if (image) image[TILE] = new ImageTile(image);
}

export function failed(lost: LostTiles, image?: TileImage): void {
  lost.__failed(image?.[TILE]);
}

export function loaded(lost: LostTiles, image?: TileImage): void {
  const tile = image?.[TILE];
  if (image?.src === tile?.address) lost.__loaded(tile);
}
