/** What Google Maps demands: an object with `getTile`, and the events of its map (spec 5.2). */
import type { Client } from './client.js';
import { EMPTY_TILE } from './constants.js';
import { text } from './error.js';
import { at } from './held.js';
import { failed, loaded, started } from './image-tile.js';
import { CLIENT } from './kind.js';
import { read } from './natives.js';
import type { LostTiles } from './lost.js';

interface LatLng {
  lat(): number;
  lng(): number;
}

interface Point {
  x: number;
  y: number;
}

interface MouseEvent {
  latLng: LatLng;
  pixel?: Point;
}

interface LatLngBounds {
  getSouthWest(): LatLng;
  getNorthEast(): LatLng;
}

export interface GoogleMap {
  addListener(name: string, listener: (event: MouseEvent) => void): { remove(): void };
  getZoom(): number;
  getProjection(): { fromLatLngToPoint(latLng: LatLng): Point } | undefined;
  getBounds(): LatLngBounds | undefined;
  setOptions(options: object): void;
  overlayMapTypes: { forEach(each: (type: unknown, index: number) => void): void; setAt(index: number, type: unknown): void; removeAt(index: number): void };
}

interface Google {
  maps?: { version?: string; Map: new () => GoogleMap; Size: new (width: number, height: number) => object };
}

/** What the map is given: it asks it for tiles. */
export interface MapType {
  tileSize: object;
  getTile(coordinate: Point, zoom: number): HTMLElement;
}

const TILE = 256;
/** What is shown above the world. */
const NO_TILE = 'data:image/gif;base64,R0lGODlhAQABAAD/ACwAAAAAAQABAAACADs=';

export function googleMaps(): NonNullable<Google['maps']> {
  const { maps } = (globalThis as { google?: Google }).google ?? {};
  if (!maps) throw new Error('Google Maps is required');
  const said = /^(\d+)(?:\.(\d+))?/.exec(maps.version ?? '3.31');
  const major = Number(said?.[1] ?? 0);
  if (major < 3 || (major === 3 && Number(said?.[2] ?? 0) < 31)) throw new Error('Google Maps version should be >= 3.31');
  return maps;
}

/** Refuses what is no map of Google's. */
export function requireGoogleMap(map: unknown): void {
  if (!(map instanceof googleMaps().Map)) throw new Error(`Bounding box requires a Google Maps map but got: ${text(map)}`);
}

/** The bounds that a map shows, in degrees; undefined before it shows anything. */
export function googleBounds(map: GoogleMap): Record<'west' | 'south' | 'east' | 'north', number> | undefined {
  const bounds = map.getBounds();
  if (!bounds) return undefined;
  const [southWest, northEast] = [bounds.getSouthWest(), bounds.getNorthEast()];
  return { west: southWest.lng(), south: southWest.lat(), east: northEast.lng(), north: northEast.lat() };
}

/** The map type that shows a client on a map, and how it is told of new tiles and cursors. */
export class GoogleNative {
  readonly __type: MapType;
  readonly #map: GoogleMap;
  readonly #lost: LostTiles;
  #address: string | null = null;
  #tiles = Object.create(null) as Record<string, HTMLImageElement>;
  readonly #listeners: { remove(): void }[];

  constructor(client: Client, lost: LostTiles, map: GoogleMap) {
    const { Size } = googleMaps();
    if (typeof read(map, 'addListener') !== 'function') throw new TypeError('A map of Google Maps is needed.');
    this.#map = map;
    this.#lost = lost;
    this.__type = {
      tileSize: new Size(TILE, TILE),
      getTile: (coordinate, zoom) => this.#tile(coordinate, zoom),
    };
    const pointer = (click: boolean) => (event: MouseEvent) => {
      const point = map.getProjection()?.fromLatLngToPoint(event.latLng);
      // A map type that was taken off its map sees nothing any more.
      if (!point || !this.#places().length) return;
      const zoom = Math.round(map.getZoom());
      const world = TILE * 2 ** zoom;
      const x = (((point.x * 2 ** zoom) % world) + world) % world;
      const { x: left = 0, y: top = 0 } = event.pixel ?? {};
      at(client, CLIENT).__pointer(click, event.latLng.lat(), event.latLng.lng(), left, top, zoom, x, point.y * 2 ** zoom);
    };
    this.#listeners = [
      map.addListener('mousemove', pointer(false)),
      map.addListener('click', pointer(true)),
      map.addListener('mouseout', () => at(client, CLIENT).__pointerLeft()),
    ];
  }

  /** Where the map type is among the layers of the map. */
  #places(): number[] {
    const places: number[] = [];
    this.#map.overlayMapTypes.forEach((type, index) => type === this.__type && places.push(index));
    return places;
  }

  #tile({ x, y }: Point, zoom: number): HTMLImageElement {
    const key = `${zoom}/${x}/${y}`;
    const known = this.#tiles[key];
    if (known) return known;
    const image = new Image(TILE, TILE);
    image.setAttribute('gTileKey', key);
    if (!this.#address) {
      image.src = EMPTY_TILE;
      return image;
    }
    const columns = 2 ** zoom;
    const column = ((x % columns) + columns) % columns;
    this.#tiles[key] = image;
    if (y < 0) {
      image.src = NO_TILE;
      return image;
    }
    image.onerror = () => {
      // Where it is taken off the map before it comes, a new one is made.
      if (this.#tiles[key] === image) delete this.#tiles[key];
      failed(this.#lost, image);
    };
    image.onload = () => loaded(this.#lost, image);
    image.src = this.#address.replace('{z}', `${zoom}`).replace('{x}', `${column}`).replace('{y}', `${y}`);
    started(image);
    return image;
  }

  __showTiles(address: string | null, subdomains: string[]): void {
    this.#address = address && address.replace('{s}', subdomains[0] ?? '');
    this.#tiles = Object.create(null) as Record<string, HTMLImageElement>;
    // Google Maps asks for all tiles again when the map type is set anew.
    for (const place of this.#places()) this.#map.overlayMapTypes.setAt(place, this.__type);
  }

  __showCursor(hand: boolean): void {
    this.#map.setOptions({ draggableCursor: hand ? 'pointer' : 'auto' });
  }

  /** Takes the map type off its map. */
  __remove(): void {
    for (const listener of this.#listeners) listener.remove();
    for (const place of this.#places().reverse()) this.#map.overlayMapTypes.removeAt(place);
  }
}

/** Tells each move of a map, until what this gives is called. */
export function whenGoogleMoved(map: GoogleMap, moved: () => void): () => void {
  const listener = map.addListener('bounds_changed', moved);
  return () => listener.remove();
}
