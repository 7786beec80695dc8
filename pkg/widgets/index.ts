/** `carto-wasm/widgets`: registers the elements when it is loaded, and exports their classes. */
import { CategoryWidget } from './category.js';
import { FormulaWidget } from './formula.js';
import { HistogramWidget } from './histogram.js';
import { LegendWidget } from './legend.js';
import { PopupWidget } from './popup.js';
import { TimeSeriesWidget } from './time-series.js';

const elements = {
  'carto-formula': FormulaWidget,
  'carto-category': CategoryWidget,
  'carto-histogram': HistogramWidget,
  'carto-time-series': TimeSeriesWidget,
  'carto-legend': LegendWidget,
  'carto-popup': PopupWidget,
};

// On a server there is nothing to register at, and a second copy on the page leaves the first one's elements alone.
const { customElements: registry } = globalThis as Partial<typeof globalThis>;
if (registry) {
  for (const [name, element] of Object.entries(elements)) if (!registry.get(name)) registry.define(name, element);
}

export { CategoryWidget, FormulaWidget, HistogramWidget, LegendWidget, PopupWidget, TimeSeriesWidget };
