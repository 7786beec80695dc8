import type { Category } from './dataview-category';
import type { Formula } from './dataview-formula';
import type { Histogram } from './dataview-histogram';
import type { TimeSeries } from './dataview-time-series';

export * from './dataview-base';
export * from './dataview-category';
export * from './dataview-formula';
export * from './dataview-histogram';
export * from './dataview-time-series';
export { SpatialFilter } from './filter';

/** A dataview of any class. */
export type AnyDataview = Formula | Category | Histogram | TimeSeries;
