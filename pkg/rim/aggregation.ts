/** `carto.layer.Aggregation`. */
import { aggregation } from '../glue/carto.js';

/** Called with `new`, as ever, it gives a plain object: what the server takes (spec 2.8). */
const named = {
  // The name of a property is one that no minifier shortens; a method would not be called with `new`.
  // eslint-disable-next-line object-shorthand
  Aggregation: function (options: unknown): object {
    return aggregation(options);
  },
};

export const Aggregation = Object.assign(named.Aggregation, {
  operation: { AVG: 'avg', SUM: 'sum', MIN: 'min', MAX: 'max', MODE: 'mode' },
  placement: { SAMPLE: 'point-sample', GRID: 'point-grid', CENTROID: 'centroid' },
});
