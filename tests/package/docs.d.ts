// What the documentation's code finds in its page, beside examples.d.ts.
declare const serverUrl: string;
declare const apiKey: string;
declare const username: string;
declare const maplibregl: { Map: new (options: object) => ExampleMap };
interface ExampleLeaflet {
  tileLayer(address: string, options?: object): { addTo(map: ExampleMap): void };
}
interface ExampleMap {
  createPane(name: string): HTMLElement;
  getContainer(): HTMLElement;
  getCenter(): { lat: number; lng: number };
  getPane(name: string): HTMLElement;
  getStyle(): { layers: { id: string; type: string }[] };
  once(name: string, listener: () => void): void;
}
declare const deck: Record<'BitmapLayer' | 'Deck' | 'TileLayer', new (options: object) => { setProps(options: object): void; finalize(): void }>;
declare function showBanner(text: string): void;
declare function hideBanner(): void;
declare const popup: HTMLElementTagNameMap['carto-popup'];
// A map of a library that nobody knows.
declare const shown: { on(name: string, listener: () => void): void };
declare function toPixels(lat: number, lng: number): { x: number; y: number };

// Libraries of the page, of which the package knows nothing.
declare module 'leaflet';
declare module 'maplibre-gl';
declare module 'ol/*';
declare module 'react';
declare module 'vue';
declare module 'svelte';
declare module '*.css';
declare module '@carto/carto.js';
