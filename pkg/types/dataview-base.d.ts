import type { CartoError, OriginalError } from './error';
import type { Events } from './events';
import type { RowFilter, SpatialFilter } from './filter';
import type { AnySource } from './source';

/** How rows become a number. */
export type Operation = 'count' | 'sum' | 'avg' | 'max' | 'min';

/** Where a dataview stands. */
export type Status = 'notLoaded' | 'loading' | 'loaded' | 'error';

/** The events that all dataviews have. */
export type DataviewEvents<Data> = {
  /** There is other data than before: what `getData` gives. Told before the status becomes `loaded`. */
  dataChanged: [data: Data];
  /** The dataview moved to a status; `error` has a second argument, the server's words. */
  statusChanged: [status: Status, error?: OriginalError];
  /** Another column is in use. Only in a client. */
  columnChanged: [column: string];
  /**
   * The data could not be read; told after `statusChanged`. Where the reason may pass, it is asked for again, and told no more:
   * the status stays `error` until there is an answer, then it is `loading` and `loaded`.
   */
  error: [error: CartoError];
};

/**
 * What all dataviews have. Data is read again when the map, a filter or an option changes; several changes at once lead to one
 * request.
 */
export interface Base<Data, E extends DataviewEvents<Data>, Before = Data> extends Events<E> {
  /**
   * Where the dataview stands: `notLoaded` at first.
   *
   * @example
   * ```js
   * if (dataview.getStatus() === carto.dataview.status.LOADED) console.log(dataview.getData());
   * ```
   */
  getStatus(): Status;
  /**
   * Whether data is being read.
   *
   * @example
   * ```js
   * dataview.on('statusChanged', () => document.body.classList.toggle('busy', dataview.isLoading()));
   * ```
   */
  isLoading(): boolean;
  /**
   * Whether the latest data was read.
   *
   * @example
   * ```js
   * if (dataview.isLoaded()) console.log(dataview.getData());
   * ```
   */
  isLoaded(): boolean;
  /**
   * Whether the latest data could not be read.
   *
   * @example
   * ```js
   * if (dataview.hasError()) dataview.disable();
   * ```
   */
  hasError(): boolean;
  /**
   * Lets changes of map and filters lead to new data again, and catches up with what was missed. Dataviews are enabled at
   * first, and disabled by `client.removeDataview`.
   *
   * @example
   * ```js
   * document.addEventListener('visibilitychange', () => document.hidden ? dataview.disable() : dataview.enable());
   * ```
   */
  enable(): this;
  /**
   * Stops reading new data; the present data stays.
   *
   * @example
   * ```js
   * dataview.disable();
   * ```
   */
  disable(): this;
  /**
   * Whether changes lead to new data.
   *
   * @example
   * ```js
   * if (!dataview.isEnabled()) dataview.enable();
   * ```
   */
  isEnabled(): boolean;
  /**
   * The source, which stays the same.
   *
   * @example
   * ```js
   * dataview.getSource().addFilter(new carto.filter.Range('pop_max', { gt: 0 }));
   * ```
   */
  getSource(): AnySource;
  /**
   * The column.
   *
   * @example
   * ```js
   * console.log(dataview.getColumn());
   * ```
   */
  getColumn(): string;
  /**
   * Replaces the column; in a client the map is reloaded.
   *
   * @throws {@link CartoError} `validation:dataview:column-required`, `validation:dataview:column-string`,
   * `validation:dataview:empty-column`
   * @example
   * ```js
   * dataview.setColumn('latitude');
   * ```
   */
  setColumn(column: string): this;
  /**
   * Limits the data to an area. A dataview has one bounding box, one circle and one polygon at most: a new one replaces the
   * former of its kind. Of several kinds the bounding box counts, else the circle.
   *
   * @throws {@link CartoError} `validation:dataview:filter-required`; a filter of rows is refused, too
   * @example
   * ```js
   * dataview.addFilter(new carto.filter.BoundingBoxLeaflet(map));
   * ```
   */
  addFilter(filter: SpatialFilter): this;
  /**
   * Removes a filter; one that is not there is no error.
   *
   * @throws {@link CartoError} `validation:dataview:filter-required`
   * @example
   * ```js
   * const circle = new carto.filter.Circle();
   * dataview.addFilter(circle);
   * dataview.removeFilter(circle);
   * ```
   */
  removeFilter(filter: SpatialFilter): this;
  /**
   * Whether a filter is there.
   *
   * @throws {@link CartoError} `validation:dataview:filter-required`
   * @example
   * ```js
   * const circle = new carto.filter.Circle();
   * console.log(dataview.addFilter(circle).hasFilter(circle)); // true
   * ```
   */
  hasFilter(filter: SpatialFilter): boolean;
  /**
   * The filters of the source that do not count here.
   *
   * @example
   * ```js
   * console.log(dataview.getExceptFilters().length);
   * ```
   */
  getExceptFilters(): RowFilter[];
  /**
   * Leaves other filters of the source out, in place of those before: what a widget selects must not hide what can be selected.
   * In a client the map is reloaded where that changes the data. The option `exceptFilters` does it from the beginning.
   *
   * @throws {@link CartoError} for what is no list of filters of rows
   * @example
   * ```js
   * const chosen = new carto.filter.Category('adm0name', { in: ['Spain'] });
   * dataview.setExceptFilters([chosen]);
   * dataview.getSource().addFilter(chosen);
   * ```
   */
  setExceptFilters(filters: RowFilter[]): this;
  /**
   * The data: null while the dataview is in no client, without rows before the first answer.
   *
   * @example
   * ```js
   * const data = dataview.getData();
   * ```
   */
  getData(): Data | Before | null;
}

/**
 * The statuses of dataviews by name.
 *
 * @example
 * ```js
 * dataview.on('statusChanged', (status) => { loader.hidden = status !== carto.dataview.status.LOADING; });
 * ```
 */
export const status: {
  /** In no client yet, or not asked for yet. */
  readonly NOT_LOADED: 'notLoaded';
  /** Being read. */
  readonly LOADING: 'loading';
  /** Read. */
  readonly LOADED: 'loaded';
  /** Could not be read. */
  readonly ERROR: 'error';
};
