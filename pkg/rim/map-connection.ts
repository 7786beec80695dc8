/** What any map library needs of a client, and the client of it: `client.connectMap` and the adapters beside this file. */
import type { Client } from './client.js';
import { report } from './events.js';
import type { LostTiles, Tile } from './lost.js';
import { apply, read } from './natives.js';
import { leave, point } from './pointing.js';
import type { Vector } from './vector.js';

/** What a map library does for a client. */
export interface MapAdapter {
  showTiles(addresses: string[]): void;
  showCursor?(cursor: 'pointer' | 'auto'): void;
  remove?(): void;
}

/** Where the pointer is. */
export interface MapPosition {
  /** In degrees, longitude not wrapped. */
  lat: number;
  lng: number;
  /** Pixels from the top left corner of the map. */
  x: number;
  y: number;
  /** The zoom level of the tiles that are shown there. */
  zoom: number;
}

/** What a map library tells a client. */
export interface MapConnection {
  pointerMoved(position: MapPosition): void;
  clicked(position: MapPosition): void;
  pointerLeft(): void;
  tileFailed(tile: Tile): void;
  tileLoaded(tile?: Tile): void;
  disconnect(): void;
}

/** How a client tells whatever shows it. */
export interface Native {
  __showTiles(address: string | null, subdomains: string[]): void;
  __showCursor(hand: boolean): void;
  __remove(): void;
}

const TILE = 256;

/** Calls a method of an adapter that may lack it; what it throws is the page's, and stops nothing here. */
function call(adapter: MapAdapter, name: keyof MapAdapter, ...args: unknown[]): void {
  try {
    const method = adapter[name];
    if (typeof method === 'function') apply(method, adapter, args);
  } catch (error) {
    report(error);
  }
}

/** Joins a client and a map library; `end` is called when they part. `vector` draws the tiles, if they are drawn here. */
export function connect(client: Client, lost: LostTiles, adapter: MapAdapter, end: () => void, vector?: Vector): [Native, MapConnection] {
  if (typeof read(adapter, 'showTiles') !== 'function') throw new TypeError('An adapter with the method showTiles is needed.');
  vector?.follow((addresses) => call(adapter, 'showTiles', addresses));
  const pointer = (click: boolean) => ({ lat, lng, x, y, zoom }: MapPosition) => {
    const world = TILE * 2 ** zoom;
    const turns = (lng + 180) / 360;
    const north = Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI;
    point(client, click, lat, lng, x, y, zoom, (turns - Math.floor(turns)) * world, ((1 - north) / 2) * world);
  };
  const native = {
    __showTiles(address: string | null, subdomains: string[]): void {
      if (vector) return vector.show(null, address, subdomains);
      const addresses: string[] = [];
      if (address) addresses[0] = address;
      if (address?.includes('{s}')) for (let index = 0; index < subdomains.length; index++) addresses[index] = address.replace('{s}', subdomains[index]!);
      call(adapter, 'showTiles', addresses);
    },
    __showCursor: (hand: boolean): void => call(adapter, 'showCursor', hand ? 'pointer' : 'auto'),
    __remove: (): void => call(adapter, 'remove'),
  };
  return [
    native,
    {
      pointerMoved: pointer(false),
      clicked: pointer(true),
      pointerLeft: () => leave(client),
      tileFailed: (tile) => lost.__failed(tile),
      tileLoaded: (tile) => lost.__loaded(tile),
      disconnect: end,
    },
  ];
}
