// Events of objects whose class is one of several: names that all of them have, and listeners that get what any of them tells.
/* eslint-disable @typescript-eslint/no-unused-vars -- what is said of a parameter here is its type */
import carto, { type Events } from 'carto-wasm';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles only when two types are the same. */
declare function same<A, B>(equal: Equal<A, B>): void;
/** The same for a value. */
declare function is<B>(): <A>(value: A, equal: Equal<A, B>) => void;

declare const client: carto.Client;
declare const layer: carto.layer.Layer;
declare const source: carto.source.AnySource;
declare const dataview: carto.dataview.AnyDataview;
declare const numbers: carto.dataview.Formula | carto.dataview.Category;
declare const area: carto.filter.SpatialFilter;
declare const box: carto.filter.BoundingBox | carto.filter.BoundingBoxLeaflet | carto.filter.BoundingBoxGoogleMaps;
declare const row: carto.filter.RowFilter;
declare const either: carto.Client | carto.layer.Layer;
declare const anything: carto.Client | carto.layer.Layer | carto.source.AnySource | carto.style.CartoCSS | carto.dataview.AnyDataview;
declare const perhaps: carto.source.AnySource | undefined;

type AnyData = carto.dataview.FormulaData | carto.dataview.CategoryData | carto.dataview.HistogramData | carto.dataview.TimeSeriesData;

// One name.
for (const each of client.getDataviews()) each.on('error', (error) => same<typeof error, carto.CartoError>(true));
dataview.on('dataChanged', (data) => same<typeof data, AnyData>(true));
dataview.on('statusChanged', (status, error) => {
  same<typeof status, carto.dataview.Status>(true);
  same<typeof error, carto.OriginalError | undefined>(true);
});
dataview.on('columnChanged', (column) => same<typeof column, string>(true));
numbers.on('operationChanged', (operation) => same<typeof operation, carto.dataview.Operation>(true));
numbers.on('dataChanged', (data) => ('categories' in data ? data.categories.length : data.result));
source.on('error', (error) => same<typeof error, carto.CartoError>(true));
layer.getSource().on('error', ({ sourceId }) => same<typeof sourceId, string | undefined>(true));
box.on('boundsChanged', (bounds) => same<typeof bounds, carto.filter.Bounds>(true));
row.on('change:filters', (now) => same<typeof now, carto.filter.CategoryConditions | carto.filter.RangeConditions | undefined>(true));
either.on('error', (error) => same<typeof error, carto.CartoError>(true));
anything.on('error', (error) => same<typeof error, carto.CartoError>(true));
perhaps?.on('error', (error) => same<typeof error, carto.CartoError>(true));

// The other forms, and the other methods.
dataview.once('dataChanged', (data) => same<typeof data, AnyData>(true)).bind('error', (error) => error.hint?.length).off('error').unbind();
dataview.on({ dataChanged: (data) => same<typeof data, AnyData>(true), error: (error) => same<typeof error, carto.CartoError>(true) });
dataview.on('columnChanged error', (word) => same<typeof word, string | carto.CartoError>(true));
dataview.on('dataChanged error', function () { is<carto.dataview.AnyDataview>()(this, true); });
dataview.on('error', function () { is<Date>()(this, true); }, new Date());
source.on('all', (name, ...args) => [same<typeof name, 'queryChanged' | 'tableNameChanged' | 'error'>(true), args.length]);
area.on('all', (name) => same<typeof name, 'boundsChanged' | 'circleChanged' | 'polygonChanged'>(true));
area.on('all', () => undefined).off().off(null, null, client) satisfies carto.filter.SpatialFilter;
source.off('error').off({ error: () => undefined }).off('all error') satisfies carto.source.AnySource;
source.trigger('error', {} as carto.CartoError).trigger('queryChanged'.slice(0), 1) satisfies carto.source.AnySource;
layer.listenTo(source, 'error', function (error) { is<carto.layer.Layer>()(this, true); same<typeof error, carto.CartoError>(true); });
dataview.listenTo(source, 'error', function (error) { is<carto.dataview.AnyDataview>()(this, true); same<typeof error, carto.CartoError>(true); });
layer.listenTo(dataview, { dataChanged: (data) => same<typeof data, AnyData>(true) }).listenToOnce(dataview, 'dataChanged', (data) => same<typeof data, AnyData>(true));
source.listenToOnce(row, 'change:filters', (now) => now).stopListening(row).stopListening(row, 'change:filters').stopListening() satisfies carto.source.AnySource;

// What is said of a union can be said of a type that is given later, and of whatever has an event.
export function warn<Source extends carto.source.AnySource>(one: Source): void {
  one.on('error', (error) => same<typeof error, carto.CartoError>(true)).once('error', ({ hint }) => console.warn(hint));
}
export function follow<One extends carto.dataview.Formula>(one: One): One {
  return one.on('error', (error) => console.warn(error.message)).once('dataChanged', ({ result }) => console.log(result));
}
export function warnOf(one: Events<{ error: [error: carto.CartoError] }>): void {
  one.on('error', (error) => same<typeof error, carto.CartoError>(true));
}
warn(source);
for (const one of [client, layer, source, dataview]) warnOf(one);
if (source instanceof carto.source.SQL) source.on('queryChanged', (query) => same<typeof query, string>(true));
if (area.type === 'circle') area.on('circleChanged', (circle) => same<typeof circle, carto.filter.CircleData>(true));
if (area.type === 'bbox') area.on('boundsChanged', (bounds) => same<typeof bounds, carto.filter.Bounds>(true));

// @ts-expect-error only one of them has queries
source.on('queryChanged', () => undefined);
// @ts-expect-error only one of them has limits
numbers.on('limitChanged', () => undefined);
// @ts-expect-error only one of them has queries, in a map too
source.on({ queryChanged: () => undefined });
// @ts-expect-error only one of them has queries, among several names too
source.on('error queryChanged', () => undefined);
// @ts-expect-error only one of them has queries
source.once('queryChanged', () => undefined);
// @ts-expect-error only one of them has queries
source.off('queryChanged');
// @ts-expect-error an error is no text
source.trigger('error', 'no');
// @ts-expect-error only one of them has queries
layer.listenTo(source, 'queryChanged', () => undefined);
// @ts-expect-error the data may be those of a formula
dataview.on('dataChanged', ({ categories }) => categories);
// @ts-expect-error the data may be those of another class
dataview.on('dataChanged', (data: carto.dataview.FormulaData) => data);
// @ts-expect-error they have no event in common
area.on('boundsChanged', () => undefined);
// @ts-expect-error a client has no source
anything.on('sourceChanged', () => undefined);
// @ts-expect-error a style has no data
warnOf({ on: () => undefined });
