/** What OpenLayers demands: a tile layer with a source of XYZ tiles, of the page's own OpenLayers. */
import { ATTRIBUTION } from './constants.js';
import type { MapAdapter, MapConnection } from './map-connection.js';
import type { Tile } from './lost.js';
import type { Vector } from './vector.js';

type Listener = (event: never) => void;

interface Observable {
  on(name: string, listener: Listener): void;
  un(name: string, listener: Listener): void;
}

interface OlView extends Observable {
  getResolution(): number | undefined;
  getCenter(): number[] | undefined;
  getProjection(): { getCode(): string };
  calculateExtent(size?: number[]): [number, number, number, number];
}

export interface OlMap extends Observable {
  getView(): OlView;
  getSize(): number[] | undefined;
  getViewport(): HTMLElement;
  addLayer(layer: never): void;
  removeLayer(layer: OlLayer): void;
}

interface OlTile {
  getState(): number;
  getImage(): HTMLImageElement;
  load(): void;
}

interface OlSource extends Observable {
  setUrls(urls: string[]): void;
  getTileGrid(): { getZForResolution(resolution: number): number };
}

export interface OlLayer extends Observable {
  get(name: 'map'): OlMap | null | undefined;
  setSource(source: OlSource | null): void;
}

export interface OpenLayersOptions {
  TileLayer?: new (options: object) => OlLayer;
  XYZ?: new (options: object) => OlSource;
  attribution?: string;
  [option: string]: unknown;
}

interface OlPointer {
  coordinate: [number, number];
  pixel: [number, number];
  dragging: boolean;
}

/** The state of a tile that could not be loaded. */
const ERROR = 3;
/** Half of the side of the world in Web Mercator, in meters. */
const HALF_WORLD = 20037508.342789244;

/** OpenLayers as a script tag left it, or the two classes that the page imported. */
function classesOf({ TileLayer, XYZ }: OpenLayersOptions): Required<Pick<OpenLayersOptions, 'TileLayer' | 'XYZ'>> {
  const { ol } = globalThis as { ol?: { layer?: { Tile?: OpenLayersOptions['TileLayer'] }; source?: { XYZ?: OpenLayersOptions['XYZ'] } } };
  TileLayer ??= ol?.layer?.Tile;
  XYZ ??= ol?.source?.XYZ;
  if (typeof TileLayer !== 'function' || typeof XYZ !== 'function') throw new Error('OpenLayers is required: give TileLayer of ol/layer/Tile and XYZ of ol/source/XYZ.');
  return { TileLayer, XYZ };
}

/** Refuses what is no map of OpenLayers. */
export function requireOlMap(map: unknown): asserts map is OlMap {
  const alike = map as Partial<OlMap> | null | undefined;
  if (typeof alike?.getView !== 'function' || typeof alike.getViewport !== 'function') throw new Error('A map of OpenLayers is needed.');
}

/** From the metres of Web Mercator to degrees. */
function degrees(x: number, y: number): { lat: number; lng: number } {
  return { lat: (Math.atan(Math.sinh((y / HALF_WORLD) * Math.PI)) * 180) / Math.PI, lng: (x / HALF_WORLD) * 180 };
}

/** The view of a map in Web Mercator; others have no tiles that fit. */
function mercatorView(map: OlMap): OlView {
  const view = map.getView();
  const code = view.getProjection().getCode();
  if (code !== 'EPSG:3857') throw new Error(`A map in Web Mercator (EPSG:3857) is needed, this one is in ${code}.`);
  return view;
}

/** The layer that shows a client on a map of OpenLayers. */
export function openLayersLayer(connect: (adapter: MapAdapter) => MapConnection, options?: OpenLayersOptions | null, vector?: Vector): OlLayer {
  const { attribution = ATTRIBUTION, ...others } = options ?? {};
  const { TileLayer, XYZ } = classesOf(others);
  delete others.TileLayer;
  delete others.XYZ;
  delete others.render;
  const isSharp = globalThis.devicePixelRatio > 1;
  const asked = new WeakMap<OlTile, Tile>();
  let map: OlMap | undefined;

  const tileLoadFunction = (tile: OlTile, address: string): void => {
    // Asked for again it is the same tile.
    if (!asked.has(tile)) asked.set(tile, { address, isShown: () => Boolean(map) && tile.getState() === ERROR, reload: () => tile.load() });
    if (vector) vector.load(tile, address);
    else tile.getImage().src = address;
  };
  const source = new XYZ({ attributions: attribution, maxZoom: 30, tilePixelRatio: isSharp ? 2 : 1, transition: 0, tileLoadFunction });
  const layer = new TileLayer(others);
  const connection = connect({
    showTiles(addresses) {
      const urls: string[] = [];
      for (let at = 0; at < addresses.length; at++) urls[at] = isSharp ? addresses[at]!.replace('{y}', '{y}@2x') : addresses[at]!;
      if (urls.length) source.setUrls(urls);
      layer.setSource(urls.length ? source : null);
    },
    showCursor(cursor) {
      if (map) map.getViewport().style.cursor = cursor === 'auto' ? '' : cursor;
    },
    remove: () => map?.removeLayer(layer),
  });
  source.on('tileloaderror', ({ tile }: { tile: OlTile }) => connection.tileFailed(asked.get(tile)!));
  source.on('tileloadend', ({ tile }: { tile: OlTile }) => connection.tileLoaded(asked.get(tile)));

  const told =
    (tell: MapConnection['clicked']) =>
    ({ coordinate: [east, north], pixel: [x, y], dragging }: OlPointer): void => {
      const resolution = map?.getView().getResolution();
      if (dragging || !resolution) return;
      tell({ ...degrees(east, north), x, y, zoom: source.getTileGrid().getZForResolution(resolution) });
    };
  const [moved, clicked] = [told(connection.pointerMoved), told(connection.clicked)];
  layer.on('change:map', () => {
    map?.un('pointermove', moved);
    map?.un('click', clicked);
    map?.getViewport().removeEventListener('pointerleave', connection.pointerLeft);
    if (map) connection.pointerLeft();
    map = layer.get('map') ?? undefined;
    if (!map) return;
    mercatorView(map);
    map.on('pointermove', moved);
    map.on('click', clicked);
    map.getViewport().addEventListener('pointerleave', connection.pointerLeft);
  });
  return layer;
}

/** The bounds that a map shows, in degrees, not wrapped; undefined before it shows anything. */
export function olBounds(map: OlMap): Record<'west' | 'south' | 'east' | 'north', number> | undefined {
  const view = mercatorView(map);
  if (!view.getCenter() || !view.getResolution()) return undefined;
  const [left, bottom, right, top] = view.calculateExtent(map.getSize());
  const [southWest, northEast] = [degrees(left, bottom), degrees(right, top)];
  return { west: southWest.lng, south: southWest.lat, east: northEast.lng, north: northEast.lat };
}

/** Tells each move of a map, until what this gives is called. */
export function whenOlMoved(map: OlMap, moved: () => void): () => void {
  map.on('moveend', moved);
  return () => map.un('moveend', moved);
}
