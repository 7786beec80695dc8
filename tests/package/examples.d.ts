// What the examples in the types find in their page. Their imports make each of them a module, where `carto` is the global.
/// <reference types="carto-wasm" />
/// <reference types="carto-wasm/widgets" />

// What brings types of templates along.
declare module 'react';

declare const client: carto.Client;
declare const cities: carto.source.Dataset;
declare const shops: carto.source.Dataset;
declare const query: carto.source.SQL;
declare const style: carto.style.CartoCSS;
declare const layer: carto.layer.Layer;
declare const dataview: carto.dataview.Formula;
declare const formula: carto.dataview.Formula;
declare const category: carto.dataview.Category;
declare const histogram: carto.dataview.Histogram;
declare const series: carto.dataview.TimeSeries;
declare const box: carto.filter.BoundingBox;
declare const circle: carto.filter.Circle;
declare const polygon: carto.filter.Polygon;
declare const range: carto.filter.Range;
declare const all: carto.filter.AND;
declare const keys: carto.auth.ApiKeys;

declare const element: HTMLElement;
declare const button: HTMLButtonElement;
declare const checkbox: HTMLInputElement;
declare const loader: HTMLElement;

interface ExampleBounds {
  getWest(): number;
  getSouth(): number;
  getEast(): number;
  getNorth(): number;
}
// A map of Leaflet, and one of MapLibre.
interface ExampleMap {
  addLayer(layer: object): this;
  getBounds(): ExampleBounds;
  setView(center: [number, number], zoom: number): this;
  remove(): this;
  getCanvas(): HTMLCanvasElement;
  addSource(id: string, source: object): this;
}
interface ExamplePopup {
  setLatLng(latLng: { lat: number; lng: number }): this;
  // Leaflet takes texts, too, as HTML.
  setContent(content: HTMLElement): this;
  openOn(map: ExampleMap): this;
}
interface ExampleLeaflet { popup(): ExamplePopup; map(element: string | HTMLElement): ExampleMap }
declare const L: ExampleLeaflet;
declare const map: ExampleMap;
declare const googleMap: {
  getBounds(): object | undefined;
  addListener(name: string, listener: (event: object) => void): { remove(): void };
  overlayMapTypes: { push(type: carto.GoogleMapType): number };
};
declare const ol: { layer: { Tile: unknown }; source: { XYZ: unknown } };
declare const olMap: { addLayer(layer: carto.OpenLayersLayer): void; getView(): object; getViewport(): HTMLElement };
declare const connection: carto.MapConnection;
declare const position: carto.MapPosition;
declare const tile: carto.MapTile;
declare const process: { env: Record<string, string | undefined> };
