/** The constants of the namespace (spec 1.2). */

export const ATTRIBUTION =
  '&copy; <a href="http://www.openstreetmap.org/copyright">OpenStreetMap</a> contributors, &copy; <a href="https://carto.com/about-carto/">CARTO</a>';

export const events = { SUCCESS: 'success', ERROR: 'error' };

export const operation = { COUNT: 'count', SUM: 'sum', AVG: 'avg', MAX: 'max', MIN: 'min' };

export const layerEvents = {
  FEATURE_CLICKED: 'featureClicked',
  FEATURE_OVER: 'featureOver',
  FEATURE_OUT: 'featureOut',
  TILE_ERROR: 'featureError',
};

export const status = { NOT_LOADED: 'notLoaded', LOADING: 'loading', LOADED: 'loaded', ERROR: 'error' };

export const timeAggregation = {
  AUTO: 'auto',
  MILLENNIUM: 'millennium',
  CENTURY: 'century',
  DECADE: 'decade',
  YEAR: 'year',
  QUARTER: 'quarter',
  MONTH: 'month',
  WEEK: 'week',
  DAY: 'day',
  HOUR: 'hour',
  MINUTE: 'minute',
};

/** What the native layers show where there is no tile. */
export const EMPTY_TILE = 'data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7';
