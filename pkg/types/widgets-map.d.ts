import type { LatLng, Layer, Position } from './layer';
import type { Widget, WidgetProperties, WidgetTexts } from './widgets';

/** The properties of {@link LegendWidget}. */
export interface LegendWidgetProperties extends WidgetProperties {
  /** The layer whose style is explained. */
  layer: Layer | null | undefined;
  /** Texts in place of the names of columns and categories. */
  labels: Readonly<Record<string, string>> | undefined;
}
export interface LegendWidget extends LegendWidgetProperties {}
/**
 * `<carto-legend>`: what the colours, sizes and pictures of a layer stand for.
 *
 * @example
 * ```js
 * const legend = document.createElement('carto-legend');
 * legend.layer = layer; // a carto.layer.Layer whose style has a ramp()
 * legend.labels = { pop_max: 'People' };
 * ```
 */
export class LegendWidget extends Widget {}

/** A feature that a popup shows. */
export interface PopupFeature {
  /** The feature's columns. */
  data: Record<string, unknown>;
  /** The layer that it is of. */
  layer: Layer;
}

/** What the event `carto-popup-open` tells: the feature that is shown now, and the others at the place. */
export interface PopupDetail extends PopupFeature {
  /** All features at the place, the top one first. */
  features: PopupFeature[];
  /** Which of them is shown. */
  index: number;
  /** Where it was clicked, or where the pointer is. */
  latLng: LatLng;
}

/** The properties of {@link PopupWidget}. */
export interface PopupWidgetProperties {
  /** The layer whose features are shown. */
  layer: Layer | null | undefined;
  /** Several layers, the upper ones last. */
  layers: readonly Layer[] | null | undefined;
  /** The map: of Leaflet, MapLibre, Mapbox, OpenLayers or Google Maps, or the element that a map of another library fills. */
  map: unknown;
  /** When it opens: at a click, or while the pointer is over a feature; the attribute `on`. */
  on: 'click' | 'hover' | undefined;
  /** The columns that are listed, all when left out; in the attribute `columns` with blanks or commas between them. */
  columns: string | readonly string[] | undefined;
  /** The column that is the heading; the attribute `title-column`. */
  titleColumn: string | undefined;
  /** Texts in place of the names of columns. */
  labels: Readonly<Record<string, string>> | undefined;
  /** Writes a value; undefined leaves it to the popup. */
  format: ((value: unknown, column: string) => string | null | undefined) | undefined;
  /** Texts in place of the English ones; what is left out stays. */
  texts: Partial<WidgetTexts> | undefined;
  /** `auto` (`prefers-color-scheme`), `light` or `dark`; the attribute `theme`. */
  theme: 'auto' | 'light' | 'dark' | undefined;
  /** Where a position is on the map, in pixels from its left top corner: for maps of a library that the popup does not know. */
  project: ((latLng: LatLng) => Position | null | undefined) | undefined;
}
export interface PopupWidget extends PopupWidgetProperties {}
/**
 * `<carto-popup>`: the columns of features, at a click or on hover.
 *
 * @example
 * ```js
 * const popup = document.createElement('carto-popup');
 * popup.titleColumn = 'name';
 * popup.layer = layer;
 * popup.map = map;
 * ```
 */
export class PopupWidget extends HTMLElement {
  /** Whether it shows something. */
  readonly isOpen: boolean;
  /** Settles when what was set is shown. */
  readonly updateComplete: Promise<boolean>;
  /**
   * Closes it.
   *
   * @example
   * ```js
   * document.querySelector('carto-popup')?.close();
   * ```
   */
  close(): void;
  /**
   * Puts it where its position is now: for maps of a library that the popup does not know.
   *
   * @example
   * ```js
   * window.addEventListener('resize', () => document.querySelector('carto-popup')?.place());
   * ```
   */
  place(): void;
  /**
   * Hears of events: `carto-popup-open` for each feature that is shown, `carto-popup-close` at the end.
   *
   * @example
   * ```js
   * const popup = document.createElement('carto-popup');
   * popup.addEventListener('carto-popup-open', ({ detail }) => console.log(detail.data, detail.features.length));
   * ```
   */
  addEventListener(type: 'carto-popup-open', listener: (event: CustomEvent<PopupDetail>) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener<K extends keyof HTMLElementEventMap>(type: K, listener: (event: HTMLElementEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}
