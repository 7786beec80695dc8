/** What Leaflet demands: a subclass of its tile layer, and the events of its map (spec 5.1). */
import { ATTRIBUTION, EMPTY_TILE } from './constants.js';
import type { Client } from './client.js';
import { text } from './error.js';
import { failed, loaded, started, type TileImage } from './image-tile.js';
import type { LostTiles } from './lost.js';
import { leave, point } from './pointing.js';
import type { Vector } from './vector.js';

interface Point {
  x: number;
  y: number;
}

interface MapEvent {
  type: string;
  originalEvent?: { type: string };
  latlng: { lat: number; lng: number };
  containerPoint: Point;
}

export interface LeafletMap {
  on(names: string, listener: (event: MapEvent) => void): void;
  off(names: string, listener: (event: MapEvent) => void): void;
  getZoom(): number;
  wrapLatLng(latlng: MapEvent['latlng']): MapEvent['latlng'];
  project(latlng: MapEvent['latlng'], zoom: number): Point;
  getBounds(): Record<'getWest' | 'getSouth' | 'getEast' | 'getNorth', () => number>;
  getContainer(): HTMLElement;
}

export interface TileLayer {
  _url: string;
  _map?: LeafletMap;
  options: { subdomains: string[] };
  redraw(): void;
  remove(): void;
  on(name: string, listener: (event: { tile: TileImage }) => void): void;
}

interface LayerClass {
  prototype: { onAdd(map: LeafletMap): unknown; onRemove(map: LeafletMap): unknown };
  extend(members: object): new (url: string, options: object) => TileLayer;
}

export interface Leaflet {
  version: string;
  Map: new () => LeafletMap;
  TileLayer: LayerClass;
}

/** Leaflet as a script tag left it, or as the page imported it: version 2 is a module without a global. */
export function leafletOf(imported?: Leaflet): Leaflet {
  const L = imported ?? (globalThis as { L?: Leaflet }).L;
  if (L && parseInt(L.version, 10) < 1) throw new Error('Leaflet +1.0 is required');
  // A page may have something else by that name.
  if (typeof L?.TileLayer?.extend !== 'function') throw new Error('Leaflet is required');
  return L;
}

/** Refuses what is no Leaflet map. */
export function requireMap(map: unknown): void {
  const { L } = globalThis as { L?: Leaflet };
  const alike = map as Partial<LeafletMap> | null | undefined;
  // Without a global there is no class to compare with.
  if (!L && typeof alike?.getBounds === 'function' && typeof alike.wrapLatLng === 'function') return;
  if (!(map instanceof leafletOf().Map)) throw new Error(`Bounding box requires a Leaflet map but got: ${text(map)}`);
}

/** The bounds that a map of Leaflet or MapLibre shows, in degrees, not wrapped. */
export function boundsOf(map: Pick<LeafletMap, 'getBounds'>): Record<'west' | 'south' | 'east' | 'north', number> {
  const bounds = map.getBounds();
  return { west: bounds.getWest(), south: bounds.getSouth(), east: bounds.getEast(), north: bounds.getNorth() };
}

/** Tells each move of a map, until what this gives is called. */
export function whenMoved(map: LeafletMap, moved: () => void): () => void {
  map.on('move zoom', moved);
  return () => map.off('move zoom', moved);
}

/** What version 2 of Leaflet calls pointer events, version 1 calls mouse events; both have clicks, of fingers too. */
const POINTER = 'mousemove pointermove click';
const LEFT = 'mouseout pointerout';

/** The Leaflet layer that shows a client, and how it is told of new tiles and cursors. */
export class LeafletNative {
  readonly __layer: TileLayer;
  /** What the page imported, where there is no global. */
  readonly __imported?: Leaflet;

  readonly __vector?: Vector;

  constructor(client: Client, { lost, vector }: { lost: LostTiles; vector?: Vector }, given?: { leaflet?: Leaflet }) {
    const { leaflet: imported, ...options } = given ?? {};
    this.__vector = vector;
    const { TileLayer } = leafletOf(imported);
    this.__imported = imported;
    const pointer = function (this: TileLayer, event: MapEvent): void {
      const { lat, lng } = event.latlng;
      const click = (event.originalEvent?.type ?? event.type) === 'click';
      const { x, y } = event.containerPoint;
      const map = this._map;
      if (!map) return;
      // Tiles and grids are of whole zoom levels, whatever the map's own zoom is.
      const zoom = Math.round(map.getZoom());
      const world = map.project(map.wrapLatLng(event.latlng), zoom);
      point(client, click, lat, lng, x, y, zoom, world.x, world.y);
    };
    const left = (): void => leave(client);
    const Native = TileLayer.extend({
      // A page that replaced the address would lose it at the next reload.
      setUrl: undefined,
      onAdd(this: TileLayer & { pointer?: (event: MapEvent) => void }, map: LeafletMap) {
        this.pointer = pointer.bind(this);
        map.on(POINTER, this.pointer);
        map.on(LEFT, left);
        return TileLayer.prototype.onAdd.call(this, map);
      },
      onRemove(this: TileLayer & { pointer: (event: MapEvent) => void }, map: LeafletMap) {
        map.off(POINTER, this.pointer);
        map.off(LEFT, left);
        leave(client);
        return TileLayer.prototype.onRemove.call(this, map);
      },
    });
    this.__layer = new (vector?.leaflet(Native) ?? Native)(EMPTY_TILE, { opacity: 0.99, maxZoom: 30, attribution: ATTRIBUTION, ...options });
    this.__layer.on('tileloadstart', ({ tile }) => started(tile));
    this.__layer.on('tileerror', ({ tile }) => failed(lost, tile));
    this.__layer.on('tileload', ({ tile }) => loaded(lost, tile));
  }

  /** Lets the layer load its tiles from an address; none shows nothing. */
  __showTiles(address: string | null, subdomains: string[]): void {
    if (this.__vector) return this.__vector.show(this.__layer, address, subdomains);
    this.__layer._url = address ?? EMPTY_TILE;
    this.__layer.options.subdomains = subdomains;
    this.__layer.redraw();
  }

  /** Gives the map a pointing hand, or takes it away. */
  __showCursor(hand: boolean): void {
    const container = this.__layer._map?.getContainer();
    if (container) container.style.cursor = hand ? 'pointer' : 'auto';
  }

  /** Takes the layer off its map. */
  __remove(): void {
    this.__layer.remove();
  }
}
