/**
 * The widgets: elements that show dataviews. Loading the module, or the script `carto.widgets.js`, registers them.
 *
 * @example
 * ```js
 * import 'carto-wasm/widgets';
 *
 * const widget = document.createElement('carto-category');
 * widget.heading = 'Countries';
 * widget.dataview = category; // a carto.dataview.Category
 * widget.filters = cities; // what is selected filters this source
 * document.body.append(widget);
 * ```
 *
 * @module widgets
 */
import type { Category } from './dataview-category';
import type { Formula } from './dataview-formula';
import type { Histogram } from './dataview-histogram';
import type { TimeSeries } from './dataview-time-series';
import type { AnySource } from './source';

/** What widgets say, in English unless a page gives its own. */
export interface WidgetTexts {
  /** While the first data is on its way. */
  loading: string;
  /** When there is no row. */
  empty: string;
  /** When the data could not be read and the error says nothing. */
  error: string;
  /** The bar of all other categories. */
  others: string;
  /** The name of rows without a value. */
  noValue: string;
  /** The button that takes the selection back. */
  clear: string;
  /** The field that looks for categories. */
  search: string;
  /** When no category is found. */
  noMatch: string;
  /** The button that shows the selected categories only. */
  lock: string;
  /** The button that shows all categories again. */
  unlock: string;
  /** How many categories are selected; `{count}` is the number. */
  selected: string;
  /** The handle where a selection starts. */
  from: string;
  /** The handle where a selection ends. */
  to: string;
  /** Two ends; `{from}` and `{to}` are they. */
  range: string;
  /** The button that shows what is selected in the whole width. */
  zoom: string;
  /** The button that shows everything again. */
  reset: string;
  /** The button that moves the selected time on and on. */
  play: string;
  /** The button that stops it. */
  pause: string;
  /** What a screen reader calls a legend without a heading. */
  legend: string;
  /** A legend of a style that has no ramp. */
  sameLook: string;
  /** A legend of a layer that is hidden. */
  hiddenLayer: string;
  /** What a screen reader calls a popup without a title. */
  feature: string;
  /** Which feature of several a popup shows: `{index}` of `{count}`. */
  place: string;
  /** The button that closes a popup. */
  close: string;
  /** The button that shows the feature before. */
  previous: string;
  /** The button that shows the feature behind. */
  next: string;
}

/** Where a widget stands. */
export type WidgetState = 'idle' | 'loading' | 'loaded' | 'empty' | 'error';

/** The properties of all widgets. */
export interface WidgetProperties {
  /** The heading; the attribute `heading`, or an element in the slot `heading`. */
  heading: string;
  /** `auto` (`prefers-color-scheme`), `light` or `dark`; the attribute `theme`. */
  theme: 'auto' | 'light' | 'dark';
  /** Texts in place of the English ones; what is left out stays. */
  texts: Partial<WidgetTexts>;
  /** Writes a number, in place of `Intl.NumberFormat`. */
  format: ((value: number, lang?: string) => string) | undefined;
}

/**
 * What all widgets have.
 *
 * @example
 * ```js
 * for (const widget of document.querySelectorAll('carto-category, carto-formula')) widget.setAttribute('theme', 'dark');
 * ```
 */
export abstract class Widget extends HTMLElement implements WidgetProperties {
  /** The heading; the attribute `heading`, or an element in the slot `heading`. */
  heading: string;
  /** `auto` (`prefers-color-scheme`), `light` or `dark`; the attribute `theme`. */
  theme: 'auto' | 'light' | 'dark';
  /** Texts in place of the English ones; what is left out stays. */
  texts: Partial<WidgetTexts>;
  /** Writes a number, in place of `Intl.NumberFormat`. */
  format: ((value: number, lang?: string) => string) | undefined;
  /** Where it stands; the attribute `state`, for style sheets. */
  readonly state: WidgetState;
  /** Settles when what was set is shown. */
  readonly updateComplete: Promise<boolean>;
}

/** The properties of {@link FormulaWidget}. */
export interface FormulaWidgetProperties extends WidgetProperties {
  /** What is shown. */
  dataview: Formula | null | undefined;
  /** What stands behind the number; the attribute `unit`. */
  unit: string;
  /** `standard`, or `compact` for `1.2M`; the attribute `notation`. */
  notation: 'standard' | 'compact';
  /** Digits behind the point, or significant ones of a compact number; the attribute `digits`. */
  digits: number | undefined;
}
export interface FormulaWidget extends FormulaWidgetProperties {}
/**
 * `<carto-formula>`: one number.
 *
 * @example
 * ```js
 * const widget = document.createElement('carto-formula');
 * widget.dataview = new carto.dataview.Formula(cities, 'pop_max', { operation: carto.operation.SUM });
 * ```
 */
export class FormulaWidget extends Widget {}

/** What the event `carto-selection` of a {@link CategoryWidget} tells. */
export interface CategorySelection {
  /** The selected categories. */
  selection: (string | number | boolean)[];
}
/** What the event `carto-selection` of a {@link HistogramWidget} or a {@link TimeSeriesWidget} tells. */
export interface RangeSelection {
  /** Both ends, the second not included unless it is the last one; null when everything is shown. In the column's unit, or in seconds since 1970. */
  selection: [number, number] | null;
}

/** What widgets have in which one selects. */
export interface SelectingProperties {
  /** The source that the selection filters. The widget makes the filter, and its own dataview leaves it out. */
  filters: AnySource | null | undefined;
  /** Lets select without a source, for the event `carto-selection` alone; the attribute `selectable`. */
  selectable: boolean;
}

/** The properties of {@link CategoryWidget}. */
export interface CategoryWidgetProperties extends WidgetProperties, SelectingProperties {
  /** What is shown. */
  dataview: Category | null | undefined;
  /** The selected categories. */
  selection: (string | number | boolean)[];
  /** Whether there is a field that looks for categories; the attribute `searchable`. */
  searchable: boolean;
  /** Whether only the selected categories are shown, with their numbers under all filters; the attribute `locked`. */
  locked: boolean;
}
export interface CategoryWidget extends CategoryWidgetProperties {}
/**
 * `<carto-category>`: bars, largest first.
 *
 * @example
 * ```js
 * const widget = document.createElement('carto-category');
 * widget.dataview = new carto.dataview.Category(cities, 'adm0name');
 * widget.filters = cities;
 * ```
 */
export class CategoryWidget extends Widget {
  /**
   * Hears of events: `carto-selection` when the visitor selects.
   *
   * @example
   * ```js
   * const widget = document.createElement('carto-category');
   * widget.addEventListener('carto-selection', ({ detail }) => console.log(detail.selection));
   * ```
   */
  addEventListener(type: 'carto-selection', listener: (event: CustomEvent<CategorySelection>) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener<K extends keyof HTMLElementEventMap>(type: K, listener: (event: HTMLElementEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

/** The properties of {@link HistogramWidget}. */
export interface HistogramWidgetProperties extends WidgetProperties, SelectingProperties {
  /** What is shown. */
  dataview: Histogram | null | undefined;
  /** Where the selection starts and ends, in the column's unit; null when nothing is selected. */
  selection: [number, number] | null;
}
export interface HistogramWidget extends HistogramWidgetProperties {}
/**
 * `<carto-histogram>`: bars by ranges of a number, with a brush.
 *
 * @example
 * ```js
 * const widget = document.createElement('carto-histogram');
 * widget.dataview = new carto.dataview.Histogram(cities, 'pop_max', { bins: 20 });
 * widget.filters = cities;
 * ```
 */
export class HistogramWidget extends Widget {
  /**
   * Shows what is selected in the whole width, in finer bins.
   *
   * @example
   * ```js
   * document.querySelector('carto-histogram')?.zoom();
   * ```
   */
  zoom(): void;
  /**
   * Shows everything again, without a selection.
   *
   * @example
   * ```js
   * document.querySelector('carto-histogram')?.reset();
   * ```
   */
  reset(): void;
  /**
   * Hears of events: `carto-selection` when the visitor selects.
   *
   * @example
   * ```js
   * const widget = document.createElement('carto-histogram');
   * widget.addEventListener('carto-selection', ({ detail }) => console.log(detail.selection));
   * ```
   */
  addEventListener(type: 'carto-selection', listener: (event: CustomEvent<RangeSelection>) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener<K extends keyof HTMLElementEventMap>(type: K, listener: (event: HTMLElementEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

/** The properties of {@link TimeSeriesWidget}. */
export interface TimeSeriesWidgetProperties extends WidgetProperties, SelectingProperties {
  /** What is shown. */
  dataview: TimeSeries | null | undefined;
  /** Where the selection starts and ends, in seconds since 1970; null when nothing is selected. */
  selection: [number, number] | null;
  /** Milliseconds between two steps of the animation (1000); it waits for the data, too. The attribute `interval`. */
  interval: number;
}
export interface TimeSeriesWidget extends TimeSeriesWidgetProperties {}
/**
 * `<carto-time-series>`: bars by spans of time, with a brush and an animated window.
 *
 * @example
 * ```js
 * const widget = document.createElement('carto-time-series');
 * widget.dataview = new carto.dataview.TimeSeries(shops, 'opened');
 * widget.filters = shops;
 * ```
 */
export class TimeSeriesWidget extends Widget {
  /**
   * Shows what is selected in the whole width.
   *
   * @example
   * ```js
   * document.querySelector('carto-time-series')?.zoom();
   * ```
   */
  zoom(): void;
  /**
   * Shows everything again, without a selection.
   *
   * @example
   * ```js
   * document.querySelector('carto-time-series')?.reset();
   * ```
   */
  reset(): void;
  /**
   * Moves the selected time on, again and again; without a selection the first tenth.
   *
   * @example
   * ```js
   * document.querySelector('carto-time-series')?.play();
   * ```
   */
  play(): void;
  /**
   * Stops it.
   *
   * @example
   * ```js
   * document.querySelector('carto-time-series')?.pause();
   * ```
   */
  pause(): void;
  /** Whether it moves; the attribute `playing`. */
  readonly playing: boolean;
  /**
   * Hears of events: `carto-selection` when the visitor selects.
   *
   * @example
   * ```js
   * const widget = document.createElement('carto-time-series');
   * widget.addEventListener('carto-selection', ({ detail }) => console.log(detail.selection));
   * ```
   */
  addEventListener(type: 'carto-selection', listener: (event: CustomEvent<RangeSelection>) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener<K extends keyof HTMLElementEventMap>(type: K, listener: (event: HTMLElementEventMap[K]) => void, options?: boolean | AddEventListenerOptions): void;
  addEventListener(type: string, listener: EventListenerOrEventListenerObject, options?: boolean | AddEventListenerOptions): void;
}

