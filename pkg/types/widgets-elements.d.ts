import type { CategoryWidget, CategoryWidgetProperties, FormulaWidget, FormulaWidgetProperties, HistogramWidget, HistogramWidgetProperties, TimeSeriesWidget, TimeSeriesWidgetProperties } from './widgets';
import type { LegendWidget, LegendWidgetProperties, PopupWidget, PopupWidgetProperties } from './widgets-map';

declare global {
  /** The elements by their names, for `document.createElement` and `querySelector`. */
  interface HTMLElementTagNameMap {
    /** One number. */
    'carto-formula': FormulaWidget;
    /** Bars, largest first. */
    'carto-category': CategoryWidget;
    /** Bars by ranges of a number. */
    'carto-histogram': HistogramWidget;
    /** Bars by spans of time. */
    'carto-time-series': TimeSeriesWidget;
    /** What colours and sizes of a layer stand for. */
    'carto-legend': LegendWidget;
    /** The columns of features on a map. */
    'carto-popup': PopupWidget;
  }
}

/** What a template may say of any element, whichever framework reads it. */
export interface AnyAttributes {
  /** Its name in the page. */
  id?: string;
  /** Its classes. */
  class?: string;
  /** Its classes, as React says it. */
  className?: string;
  /** The slot that it fills. */
  slot?: string;
  /** The language of its texts, numbers and dates. */
  lang?: string;
  /** `ltr` or `rtl`. */
  dir?: string;
  /** Whether it is not shown. */
  hidden?: boolean;
  /** What tells it from its neighbours in a list. */
  key?: string | number | bigint | null;
  /** Takes the element, in the framework's own way. */
  ref?: unknown;
  /** Its style, in the framework's own way. */
  style?: unknown;
  /** What is inside it. */
  children?: unknown;
}

/** The properties of a widget as a template sets them: each may be left out. */
export type WidgetAttributes<Properties> = AnyAttributes & { [Name in keyof Properties]?: Properties[Name] | undefined };

/**
 * The elements with their properties, for the types of templates: JSX of React and Preact, Svelte, Vue.
 *
 * @example
 * ```ts
 * import type { WidgetElements } from 'carto-wasm/widgets';
 *
 * declare module 'react' {
 *   namespace JSX {
 *     interface IntrinsicElements extends WidgetElements {}
 *   }
 * }
 * ```
 */
export interface WidgetElements {
  /** One number. */
  'carto-formula': WidgetAttributes<FormulaWidgetProperties>;
  /** Bars, largest first. */
  'carto-category': WidgetAttributes<CategoryWidgetProperties>;
  /** Bars by ranges of a number. */
  'carto-histogram': WidgetAttributes<HistogramWidgetProperties>;
  /** Bars by spans of time. */
  'carto-time-series': WidgetAttributes<TimeSeriesWidgetProperties>;
  /** What colours and sizes of a layer stand for. */
  'carto-legend': WidgetAttributes<LegendWidgetProperties>;
  /** The columns of features on a map. */
  'carto-popup': WidgetAttributes<PopupWidgetProperties>;
}
