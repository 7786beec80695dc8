/** What a popup needs of a map, whichever library made it: where a position is on it, and when that changes. */
import type { LatLng, Position } from '../types/layer.js';

export interface MapView {
  /** The element that the map fills. */
  container: HTMLElement;
  /** Where a position is, in pixels of the container; undefined while the map cannot say. */
  project(latLng: LatLng): Position | null | undefined;
  /** Calls back for each move and each click, until what it gives is called. */
  listen(moved: () => void, clicked: () => void): () => void;
}

type Listener = (event: never) => void;
type Subscribe = (names: string, listener: Listener) => void;

interface Leaflet {
  getContainer(): HTMLElement;
  latLngToContainerPoint(latLng: LatLng): Position;
  on: Subscribe;
  off: Subscribe;
}

interface Gl {
  getCanvas(): HTMLElement;
  getContainer(): HTMLElement;
  project(lngLat: [number, number]): Position;
  on: Subscribe;
  off: Subscribe;
}

interface OpenLayers {
  getViewport(): HTMLElement;
  getPixelFromCoordinate(coordinate: [number, number]): [number, number] | null;
  on: Subscribe;
  un: Subscribe;
}

interface Google {
  getDiv(): HTMLElement;
  addListener(name: string, listener: Listener): { remove(): void };
}

/** The part of Google Maps that knows pixels. */
interface GoogleOverlay {
  onAdd(): void;
  onRemove(): void;
  draw(): void;
  setMap(map: Google | null): void;
  getProjection(): { fromLatLngToContainerPixel(latLng: object): Position | null } | null | undefined;
}

interface GoogleMaps {
  OverlayView: new () => GoogleOverlay;
  LatLng: new (lat: number, lng: number, noWrap: boolean) => object;
}

/** Half of the side of the world in Web Mercator, in metres. */
const HALF_WORLD = 20037508.342789244;

/** Listens to several events of a map. */
function listen(map: object, on: Subscribe, off: Subscribe, listeners: [string, () => void][]): () => void {
  for (const [name, listener] of listeners) on.call(map, name, listener);
  return () => {
    for (const [name, listener] of listeners) off.call(map, name, listener);
  };
}

function leaflet(map: Leaflet): MapView {
  return {
    container: map.getContainer(),
    project: (latLng) => map.latLngToContainerPoint(latLng),
    listen: (moved, clicked) =>
      listen(map, map.on, map.off, [
        ['move', moved],
        ['zoom', moved],
        ['resize', moved],
        ['click', clicked],
      ]),
  };
}

function gl(map: Gl): MapView {
  return {
    container: map.getContainer(),
    project: ({ lat, lng }) => map.project([lng, lat]),
    listen: (moved, clicked) =>
      listen(map, map.on, map.off, [
        ['move', moved],
        ['resize', moved],
        ['click', clicked],
      ]),
  };
}

function openLayers(map: OpenLayers): MapView {
  return {
    container: map.getViewport(),
    project({ lat, lng }) {
      const north = Math.asinh(Math.tan((lat * Math.PI) / 180)) / Math.PI;
      const [x, y] = map.getPixelFromCoordinate([(lng / 180) * HALF_WORLD, north * HALF_WORLD]) ?? [];
      return x === undefined || y === undefined ? undefined : { x, y };
    },
    listen: (moved, clicked) =>
      listen(map, map.on, map.un, [
        ['postrender', moved],
        ['click', clicked],
      ]),
  };
}

function google(map: Google): MapView {
  const { OverlayView, LatLng } = (globalThis as unknown as { google: { maps: GoogleMaps } }).google.maps;
  let overlay: GoogleOverlay | undefined;
  return {
    container: map.getDiv(),
    project: ({ lat, lng }) => overlay?.getProjection()?.fromLatLngToContainerPixel(new LatLng(lat, lng, true)),
    listen(moved, clicked) {
      const shown = (overlay = new OverlayView());
      shown.onAdd = shown.onRemove = () => {};
      shown.draw = moved;
      shown.setMap(map);
      const listeners = [map.addListener('bounds_changed', moved), map.addListener('click', clicked)];
      return () => {
        for (const listener of listeners) listener.remove();
        shown.setMap(null);
        overlay = undefined;
      };
    },
  };
}

/** An element that shows a map of some other library: the page says where positions are, and when it moved. */
function element(container: HTMLElement): MapView {
  return {
    container,
    project: () => undefined,
    listen(_moved, clicked) {
      container.addEventListener('click', clicked);
      return () => container.removeEventListener('click', clicked);
    },
  };
}

/** Knows a map by its methods: a page may have several libraries, none of them as a global. */
export function viewOf(map: unknown): MapView {
  const has = (...names: string[]): boolean => names.every((name) => typeof (map as Record<string, unknown> | null)?.[name] === 'function');
  if (has('latLngToContainerPoint', 'getContainer', 'on', 'off')) return leaflet(map as Leaflet);
  if (has('getCanvas', 'project', 'getContainer', 'on', 'off')) return gl(map as Gl);
  if (has('getPixelFromCoordinate', 'getViewport', 'on', 'un')) return openLayers(map as OpenLayers);
  if (has('getDiv', 'addListener')) return google(map as Google);
  if (map instanceof HTMLElement) return element(map);
  throw new TypeError('A map of Leaflet, MapLibre, OpenLayers or Google Maps is needed, or the element that a map fills.');
}
