import type { CartoError } from './error';
import type { LayerOptions } from './layer';

/** What becomes of the values of a column when features are merged; `mode` is the most frequent one. */
export type AggregateFunction = 'avg' | 'sum' | 'min' | 'max' | 'mode';

/** Where a merged feature goes: to one of its features, to the middle of the cell, or to the middle of its features. */
export type Placement = 'point-sample' | 'point-grid' | 'centroid';

/** How a column is merged. */
export interface AggregatedColumn {
  /** What becomes of its values. */
  aggregateFunction: AggregateFunction;
  /** The column of the source. */
  aggregatedColumn: string;
}

/** What {@link Aggregation} is made of. */
export interface AggregationOptions {
  /** Features from which on they are merged: a whole number, 1 or more. */
  threshold: number;
  /** Side of the cells whose features become one, in pixels. */
  resolution: 0.5 | 1 | 2 | 4 | 8 | 16 | 32 | 64 | 128 | 256;
  /** Where the merged feature goes. */
  placement?: Placement;
  /** The columns of merged features, by the name that they get: the only ones that the layer's events can have then. */
  columns?: Record<string, AggregatedColumn>;
}

/** What a server takes; {@link Aggregation} gives it. */
export interface AggregationData {
  /** Features from which on they are merged. */
  threshold: number;
  /** Side of the cells, in pixels. */
  resolution: number;
  /** Where the merged feature goes. */
  placement?: Placement;
  /** The columns of merged features. */
  columns?: Record<string, AggregatedColumnData>;
}

/** How a column is merged, as a server takes it. */
export interface AggregatedColumnData {
  /** What becomes of its values. */
  aggregate_function: AggregateFunction;
  /** The column of the source. */
  aggregated_column: string;
}

/** What {@link Aggregation} is: called with `new`, it gives a plain object. */
export interface AggregationConstructor {
  /**
   * Checks the options, and gives them as the server takes them.
   *
   * @throws {@link CartoError} `validation:aggregation:threshold-required`, `validation:aggregation:invalid-threshold`,
   * `validation:aggregation:resolution-required`, `validation:aggregation:invalid-resolution`,
   * `validation:aggregation:invalid-placement`, `validation:aggregation:column-aggregated-column-required`,
   * `validation:aggregation:invalid-column-aggregated-column`, `validation:aggregation:column-function-required`,
   * `validation:aggregation:invalid-column-function`
   * @example
   * ```js
   * const aggregation = new carto.layer.Aggregation({ threshold: 1_000, resolution: 8 });
   * ```
   */
  new (options: AggregationOptions): AggregationData;
  /** The names of the functions. */
  readonly operation: {
    /** Average. */
    readonly AVG: 'avg';
    /** Sum. */
    readonly SUM: 'sum';
    /** Smallest. */
    readonly MIN: 'min';
    /** Largest. */
    readonly MAX: 'max';
    /** Most frequent. */
    readonly MODE: 'mode';
  };
  /** The names of the places. */
  readonly placement: {
    /** To one of the features. */
    readonly SAMPLE: 'point-sample';
    /** To the middle of the cell. */
    readonly GRID: 'point-grid';
    /** To the middle of the features. */
    readonly CENTROID: 'centroid';
  };
}

/**
 * How the server merges points before it draws them, for {@link LayerOptions.aggregation}.
 *
 * @example
 * ```js
 * const aggregation = new carto.layer.Aggregation({
 *   threshold: 1,
 *   resolution: 16,
 *   placement: carto.layer.Aggregation.placement.CENTROID,
 *   columns: {
 *     people: { aggregateFunction: carto.layer.Aggregation.operation.SUM, aggregatedColumn: 'pop_max' },
 *   },
 * });
 * const merged = new carto.layer.Layer(cities, style, { aggregation, featureClickColumns: ['people'] });
 * ```
 */
export const Aggregation: AggregationConstructor;
