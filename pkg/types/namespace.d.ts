export { Abortable } from './abort';
export { CheckOptions, Client, ClientSettings, FeaturesEvent, GoogleMapType, KeyCheck, KeyProblem, LeafletLayer, SqlOptions, SqlParam, SqlResult } from './client';
export { CartoError, Reason } from './error';
export * as auth from './auth';
export * as dataview from './dataview';
export * as filter from './filter';
export * as layer from './layer';
export * as source from './source';
export * as style from './style';

/** The version of this library. */
export const version: string;
/** Who must be named on a map, as HTML. */
export const ATTRIBUTION: string;
/** The names of a client's events. */
export const events: { SUCCESS: 'success'; ERROR: 'error' };
/** How dataviews make a number of rows. */
export const operation: { COUNT: 'count'; SUM: 'sum'; AVG: 'avg'; MAX: 'max'; MIN: 'min' };
