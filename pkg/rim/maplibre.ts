/** What MapLibre GL JS demands, and Mapbox GL JS: a source and a layer of its style, which come back when the style is another one. */
import { ATTRIBUTION } from './constants.js';
import type { MapAdapter, MapConnection } from './map-connection.js';
import type { Vector } from './vector.js';

interface MapEvent {
  lngLat: { lng: number; lat: number };
  point: { x: number; y: number };
  sourceId?: string;
  tile?: unknown;
}

interface RasterSource {
  setTiles(tiles: string[]): void;
}

export interface GlMap {
  on(name: string, listener: (event: MapEvent) => void): void;
  off(name: string, listener: (event: MapEvent) => void): void;
  getZoom(): number;
  getBounds(): Record<'getWest' | 'getSouth' | 'getEast' | 'getNorth', () => number>;
  getCanvas(): HTMLElement;
  addSource(id: string, source: object): void;
  removeSource(id: string): void;
  getSource(id: string): RasterSource | undefined;
  addLayer(layer: object, before?: string): void;
  removeLayer(id: string): void;
  getLayer(id: string): unknown;
}

export interface MapLibreOptions {
  maplibre?: object;
  render?: string;
  id?: string;
  before?: string;
  opacity?: number;
  minzoom?: number;
  maxzoom?: number;
  attribution?: string;
}

export interface MapLibreLayer {
  readonly id: string;
  addTo(map: GlMap): MapLibreLayer;
  remove(): MapLibreLayer;
}

/** Refuses what is no map of MapLibre or Mapbox. */
export function requireGlMap(map: unknown): asserts map is GlMap {
  const alike = map as Partial<GlMap> | null | undefined;
  if (typeof alike?.getCanvas !== 'function' || typeof alike.addSource !== 'function') throw new Error('A map of MapLibre GL JS or Mapbox GL JS is needed.');
}

let count = 0;

/** The layer that shows a client on maps of MapLibre, one at a time. */
export function mapLibreLayer(connect: (adapter: MapAdapter) => MapConnection, options?: MapLibreOptions | null, vector?: Vector): MapLibreLayer {
  const { id = `carto-${++count}`, before, opacity = 1, attribution = ATTRIBUTION, maplibre, ...zooms } = options ?? {};
  delete zooms.render;
  vector?.protocol(maplibre);
  let map: GlMap | undefined;
  let tiles: string[] = [];
  let isLost = false;
  let isTrying = false;
  // The first one that failed stands for all: they are asked for together, and most come from the browser's cache.
  const lost = {
    address: '',
    isShown: () => Boolean(map?.getSource(id)),
    reload: () => {
      isTrying = true;
      put();
    },
  };

  const take = (): void => {
    if (map?.getLayer(id)) map.removeLayer(id);
    if (map?.getSource(id)) map.removeSource(id);
    isLost = false;
  };
  const put = (): void => {
    if (!map) return;
    // The map cannot show others in the place of tiles that failed.
    if (isLost || !tiles.length) take();
    if (!tiles.length) return;
    try {
      const source = map.getSource(id);
      if (source) return source.setTiles(tiles);
      map.addSource(id, { type: 'raster', tiles, tileSize: 256, maxzoom: 30, attribution });
      map.addLayer({ id, type: 'raster', source: id, paint: { 'raster-opacity': opacity, 'raster-fade-duration': 0 }, ...zooms }, before && map.getLayer(before) ? before : undefined);
    } catch {
      // The style is not there yet: the map says when it is.
    }
  };
  const restyled = (): void => {
    if (tiles.length && !map?.getSource(id)) put();
  };
  const told =
    (tell: (position: Parameters<MapConnection['clicked']>[0]) => void) =>
    ({ lngLat, point }: MapEvent): void =>
      // A zoom level has tiles of 512 pixels there.
      tell({ lat: lngLat.lat, lng: lngLat.lng, x: point.x, y: point.y, zoom: Math.max(0, Math.round(map!.getZoom() + 1)) });
  const ours = (tell: (event: MapEvent) => void) => (event: MapEvent): void => {
    if (event.sourceId === id && event.tile) tell(event);
  };

  const connection = connect({
    showTiles(addresses) {
      tiles = [];
      for (let at = 0; at < addresses.length; at++) tiles[at] = addresses[at]!.replace('{y}', '{y}{ratio}');
      put();
    },
    showCursor(cursor) {
      if (map) map.getCanvas().style.cursor = cursor === 'auto' ? '' : cursor;
    },
    remove: () => void layer.remove(),
  });
  const listeners: [string, (event: MapEvent) => void][] = [
    ['mousemove', told(connection.pointerMoved)],
    ['click', told(connection.clicked)],
    ['mouseout', connection.pointerLeft],
    ['styledata', restyled],
    [
      'error',
      ours((event) => {
        const { url = '' } = (event as { error?: { url?: string } }).error ?? {};
        if (!isLost) lost.address = url;
        isLost = true;
        isTrying = false;
        connection.tileFailed(lost);
      }),
    ],
    [
      'sourcedata',
      ours(() => {
        if (isTrying) connection.tileLoaded(lost);
        isTrying = false;
      }),
    ],
    ['remove', () => void layer.remove()],
  ];
  const each = (how: 'on' | 'off'): void => {
    for (let at = 0; at < listeners.length; at++) map?.[how](...listeners[at]!);
  };
  const layer: MapLibreLayer = {
    id,
    addTo(given) {
      requireGlMap(given);
      if (map === given) return layer;
      layer.remove();
      map = given;
      each('on');
      put();
      return layer;
    },
    remove() {
      if (!map) return layer;
      each('off');
      connection.pointerLeft();
      map.getCanvas().style.cursor = '';
      try {
        take();
      } catch {
        // The map is gone, and what was on it.
      }
      map = undefined;
      return layer;
    },
  };
  return layer;
}

/** Tells each move of a map, until what this gives is called. */
export function whenGlMoved(map: GlMap, moved: () => void): () => void {
  map.on('move', moved);
  return () => map.off('move', moved);
}
