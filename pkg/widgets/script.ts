/** The script for script tags and CommonJS: as the module, which registers the elements. */
import { CategoryWidget, FormulaWidget, HistogramWidget, LegendWidget, PopupWidget, TimeSeriesWidget } from './index.js';

/** Of the wrapper that the build puts around it. */
declare const hand: (classes: object) => void;

hand({ CategoryWidget, FormulaWidget, HistogramWidget, LegendWidget, PopupWidget, TimeSeriesWidget });
