// Every event name, option literal and overload, by type: what is right compiles, and lines with @ts-expect-error do not.
/* eslint-disable @typescript-eslint/no-unused-vars -- what is said of a parameter here is its type */
import carto, { CartoError, type Events } from 'carto-wasm';

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Compiles only when two types are the same. */
declare function same<A, B>(equal: Equal<A, B>): void;
/** The same for a value. */
declare function is<B>(): <A>(value: A, equal: Equal<A, B>) => void;

declare const client: carto.Client;
declare const layer: carto.layer.Layer;
declare const sql: carto.source.SQL;
declare const dataset: carto.source.Dataset;
declare const style: carto.style.CartoCSS;
declare const formula: carto.dataview.Formula;
declare const category: carto.dataview.Category;
declare const histogram: carto.dataview.Histogram;
declare const series: carto.dataview.TimeSeries;
declare const box: carto.filter.BoundingBox;
declare const keys: carto.auth.ApiKeys;

// The names of events.
type Common = 'dataChanged' | 'statusChanged' | 'columnChanged' | 'error';
same<keyof carto.ClientEvents, 'success' | 'error' | 'featuresClicked' | 'renderModeChanged'>(true);
same<keyof carto.layer.LayerEvents, 'metadataChanged' | 'featureError' | 'featureClicked' | 'featureOver' | 'featureOut' | 'visibilityChanged' | 'styleChanged' | 'sourceChanged' | 'error'>(true);
same<keyof carto.source.SqlEvents, 'queryChanged' | 'error'>(true);
same<keyof carto.source.DatasetEvents, 'tableNameChanged' | 'error'>(true);
same<keyof carto.style.StyleEvents, 'contentChanged' | 'error'>(true);
same<keyof carto.dataview.FormulaEvents, Common | 'operationChanged'>(true);
same<keyof carto.dataview.CategoryEvents, Common | 'operationChanged' | 'limitChanged' | 'operationColumnChanged'>(true);
same<keyof carto.dataview.HistogramEvents, Common | 'binsChanged' | 'startChanged' | 'endChanged'>(true);
same<keyof carto.dataview.TimeSeriesEvents, Common | 'aggregationChanged' | 'offsetChanged' | 'localTimezoneChanged'>(true);
same<keyof carto.filter.BoundsEvents, 'boundsChanged'>(true);
same<keyof carto.filter.CircleEvents, 'circleChanged'>(true);
same<keyof carto.filter.PolygonEvents, 'polygonChanged'>(true);
same<keyof carto.filter.ConditionEvents<object> | keyof carto.filter.CollectionEvents, 'change:filters'>(true);

// What each listener gets.
client.on('renderModeChanged', (event) => is<carto.RenderModeEvent>()(event, true));
client.on('success', (...args) => same<typeof args, []>(true));
client.on('error', (error) => same<typeof error, carto.CartoError>(true));
client.on('featuresClicked', ({ features, latLng, position }) => [features[0]?.layer.getId(), features[0]?.data['name'], latLng.lat, position.x]);
layer.on('metadataChanged', ({ styles }) => same<typeof styles, (carto.layer.BucketsMetadata | carto.layer.CategoriesMetadata)[]>(true));
layer.on('metadataChanged', ({ styles }) => {
  for (const rule of styles) {
    same<ReturnType<typeof rule.getType>, 'buckets' | 'categories'>(true);
    if ('getBuckets' in rule) same<typeof rule, carto.layer.BucketsMetadata>(true);
    else same<typeof rule, carto.layer.CategoriesMetadata>(true);
    if ('getCategories' in rule) same<typeof rule, carto.layer.CategoriesMetadata>(true);
    // @ts-expect-error TypeScript learns nothing from what a method gives; when it does, the types can say so
    if (rule.getType() === 'buckets') rule.getBuckets();
  }
  const isBuckets = (rule: carto.layer.Metadata): rule is carto.layer.BucketsMetadata => rule.getType() === 'buckets';
  styles.filter(isBuckets).map((rule) => rule.getMax().toFixed());
  styles.find(isBuckets)?.getAverage()?.toFixed();
});
layer.on('featureError', (error) => same<typeof error, carto.CartoError>(true));
layer.on('featureClicked', (event) => same<typeof event, carto.layer.FeatureEvent>(true));
layer.on('featureOver', (event) => same<typeof event, carto.layer.FeatureEvent>(true));
layer.on('featureOut', (event) => same<typeof event, carto.layer.FeatureOutEvent>(true));
layer.on('visibilityChanged', (visible) => same<typeof visible, boolean>(true));
layer.on('styleChanged', (changed) => same<typeof changed, carto.layer.Layer>(true));
layer.on('sourceChanged', (changed) => same<typeof changed, carto.layer.Layer>(true));
layer.on('error', (error) => same<typeof error, carto.CartoError>(true));
sql.on('queryChanged', (query) => same<typeof query, string>(true)).on('error', (error) => error.sourceId);
dataset.on('tableNameChanged', (name) => same<typeof name, string>(true)).on('error', (error) => error.source?.getId());
style.on('contentChanged', (content) => same<typeof content, string>(true)).on('error', (error) => error.layer?.getId());
formula.on('dataChanged', (data) => same<typeof data, carto.dataview.FormulaData>(true)).on('operationChanged', (operation) => same<typeof operation, carto.dataview.Operation>(true));
formula.on('dataChanged', ({ result, nulls }) => [same<typeof result, number | null>(true), same<typeof nulls, number | null>(true)]);
formula.on('dataChanged', ({ result }) => (result ?? 0).toFixed());
const answered = formula.getData();
if (answered?.nulls !== undefined) same<typeof answered, carto.dataview.FormulaData>(true);
if (typeof answered?.result === 'number') answered.result.toFixed();
same<NonNullable<typeof answered>, carto.dataview.FormulaData | carto.dataview.EmptyFormulaData>(true);
same<ReturnType<typeof category.getData>, carto.dataview.CategoryData | null>(true);
formula.on('statusChanged', (status, error) => {
  same<typeof status, 'notLoaded' | 'loading' | 'loaded' | 'error'>(true);
  same<typeof error, carto.OriginalError | undefined>(true);
});
formula.on('columnChanged', (column) => same<typeof column, string>(true)).on('error', (error) => same<typeof error, carto.CartoError>(true));
category.on('dataChanged', (data) => same<typeof data, carto.dataview.CategoryData>(true)).on('limitChanged', (limit) => same<typeof limit, number>(true));
category.on('operationChanged', (operation) => same<typeof operation, carto.dataview.Operation>(true)).on('operationColumnChanged', (column) => same<typeof column, string>(true));
histogram.on('dataChanged', (data) => same<typeof data, carto.dataview.HistogramData>(true)).on('binsChanged', (bins) => same<typeof bins, number>(true));
histogram.on('startChanged', (start) => same<typeof start, number | null | undefined>(true)).on('endChanged', (end) => same<typeof end, number | null | undefined>(true));
series.on('dataChanged', (data) => same<typeof data, carto.dataview.TimeSeriesData>(true)).on('aggregationChanged', (unit) => same<typeof unit, carto.dataview.TimeAggregation>(true));
series.on('offsetChanged', (seconds) => same<typeof seconds, number>(true)).on('localTimezoneChanged', (flag) => same<typeof flag, boolean>(true));
box.on('boundsChanged', (bounds) => same<typeof bounds, carto.filter.Bounds>(true));
new carto.filter.Circle().on('circleChanged', (circle) => same<typeof circle, carto.filter.CircleData>(true));
new carto.filter.Polygon().on('polygonChanged', (polygon) => same<typeof polygon, carto.filter.PolygonData>(true));
new carto.filter.Category('a').on('change:filters', (now) => same<typeof now, carto.filter.CategoryConditions>(true));
new carto.filter.Range('a').on('change:filters', (now) => same<typeof now, carto.filter.RangeConditions>(true));
new carto.filter.AND().on('change:filters', (now) => same<typeof now, carto.filter.CategoryConditions | carto.filter.RangeConditions | undefined>(true));

// The forms of `on` and its kind.
layer.on('featureOver featureOut', ({ data }) => same<typeof data, Record<string, unknown> | undefined>(true));
layer.on('visibilityChanged error', (either) => same<typeof either, boolean | carto.CartoError>(true));
layer.on('all', (name, ...args) => [same<typeof name, keyof carto.layer.LayerEvents>(true), args.length]);
layer.once({ featureClicked: ({ data }) => data['name'], visibilityChanged: (visible) => visible.valueOf() });
layer.on('visibilityChanged', function () { is<carto.layer.Layer>()(this, true); });
layer.on('visibilityChanged', function () { is<Date>()(this, true); }, new Date());
layer.bind('error', () => undefined).unbind('error').off().off('error').off(null, null, client).off('error featureOut').off({ error: () => undefined }) satisfies carto.layer.Layer;
layer.trigger('visibilityChanged', true).trigger('success error'.slice(8), 1);
for (const name of ['featureOver', 'featureOut'].map(String)) layer.on(name, () => undefined);
layer.listenTo(sql, 'queryChanged', function (query) { is<carto.layer.Layer>()(this, true); same<typeof query, string>(true); });
layer.listenToOnce(dataset, { tableNameChanged: (name) => name.length }).stopListening(sql).stopListening(null, 'error').stopListening();
({}) as Events<{ own: [number] }> satisfies { on: unknown };

// Constants are literals, and fit where they belong.
carto.events satisfies { SUCCESS: 'success'; ERROR: 'error' };
carto.operation satisfies Record<string, carto.dataview.Operation>;
carto.dataview.status satisfies Record<string, carto.dataview.Status>;
carto.dataview.timeAggregation satisfies Record<string, carto.dataview.TimeAggregation>;
carto.layer.events satisfies Record<string, keyof carto.layer.LayerEvents>;
carto.layer.Aggregation.operation satisfies Record<string, carto.layer.AggregateFunction>;
carto.layer.Aggregation.placement satisfies Record<string, carto.layer.Placement>;
same<(typeof carto.operation)[keyof typeof carto.operation], carto.dataview.Operation>(true);
same<(typeof carto.dataview.status)[keyof typeof carto.dataview.status], carto.dataview.Status>(true);
same<(typeof carto.dataview.timeAggregation)[keyof typeof carto.dataview.timeAggregation], carto.dataview.TimeAggregation>(true);
client.on(carto.events.ERROR, (error) => error.hint).on(carto.events.SUCCESS, () => undefined);
layer.on(carto.layer.events.FEATURE_OVER, ({ data }) => data).on(carto.layer.events.TILE_ERROR, (error) => error.message).on(carto.layer.events.FEATURE_OUT, () => undefined);

// The literals of options.
for (const operation of ['count', 'sum', 'avg', 'max', 'min'] as const) formula.setOperation(operation);
for (const unit of ['auto', 'millennium', 'century', 'decade', 'year', 'quarter', 'month', 'week', 'day', 'hour', 'minute'] as const) series.setAggregation(unit);
for (const resolution of [0.5, 1, 2, 4, 8, 16, 32, 64, 128, 256] as const) new carto.layer.Aggregation({ threshold: 1, resolution });
for (const placement of ['point-sample', 'point-grid', 'centroid'] as const) new carto.layer.Aggregation({ threshold: 1, resolution: 1, placement });
for (const aggregateFunction of ['avg', 'sum', 'min', 'max', 'mode'] as const) new carto.layer.Aggregation({ threshold: 1, resolution: 1, columns: { a: { aggregateFunction, aggregatedColumn: 'a' } } });
for (const permission of ['select', 'insert', 'update', 'delete'] as const) void keys.create({ name: 'a', apis: ['maps', 'sql', 'do'], datasets: { a: [permission] }, schemas: { public: ['create'] } });
for (const dataservice of ['geocoding', 'routing', 'isolines', 'observatory'] as const) void keys.create({ name: 'a', apis: [], dataservices: [dataservice], tableMetadata: true });
for (const order of ['type', 'name', 'updated_at'] as const) void keys.list({ order, type: ['master', 'default', 'regular'] });
new carto.filter.Range('a', { lt: 1, lte: new Date(), gt: { query: 'SELECT 1' }, gte: 0, between: { min: 0, max: 1 }, notBetween: { min: 0, max: 1 }, betweenSymmetric: { min: 1, max: 0 }, notBetweenSymmetric: { min: new Date(), max: new Date() } });
new carto.filter.Category('a', { in: ['a', 1, new Date()], notIn: { query: 'SELECT 1' }, eq: 1, notEq: 'a', like: '%', similarTo: '(a|b)' }, { includeNull: true });

// The overloads of `sql`.
client.sql('SELECT 1').then((result) => same<typeof result, carto.SqlResult>(true));
client.sql<{ a: number }>('SELECT 1 AS a', { format: 'json' }).then(({ rows }) => same<typeof rows, { a: number }[]>(true));
client.sql('SELECT 1', { format: 'csv' }).then((lines) => same<typeof lines, string>(true));
client.sql('SELECT 1', { format: 'geojson' }).then((all) => same<typeof all, carto.FeatureCollection>(true));
client.sql<{ name: string }>('SELECT 1', { format: 'geojson', params: { a: [1, 'b', null, [2n]], b: new Date() } }).then(({ features }) => features[0]?.properties.name.length);

// Optional arguments, aborting, and what native layers are with other types.
const { signal } = new AbortController();
void Promise.all([client.addLayer(layer, { signal }), client.setApiKey('k', { signal }), layer.setStyle(style, { signal }), sql.setQuery('SELECT 1', { signal }), client.checkKey({ apis: ['maps', 'sql'], signal }), keys.get('a', { signal })]);
new carto.layer.Layer(sql, style, null);
new carto.dataview.Histogram(sql, 'a', { start: null, end: null });
interface Native { setUrl(): void }
same<Native, ReturnType<typeof client.getLeafletLayer<Native>>>(true);
client.getLeafletLayer({ attribution: 'a', opacity: 0.5, subdomains: 'abc', detectRetina: true, leaflet: {} }).bringToBack();
const sources: carto.source.AnySource[] = [sql, dataset];
const views: carto.dataview.AnyDataview[] = [formula, category, histogram, series];
const rows: carto.filter.RowFilter[] = [new carto.filter.AND(), new carto.filter.OR(), new carto.filter.Range('a'), new carto.filter.Category('a')];
const error: unknown = undefined;
if (error instanceof CartoError) same<typeof error.origin, 'validation' | 'windshaft' | 'ajax' | 'generic' | 'sql' | 'auth'>(true);
void [sources, views, rows];

// @ts-expect-error a circle is given to setCircle
void new carto.filter.Circle({ lat: 40.4, lng: -3.7, radius: 50_000 });
// @ts-expect-error a polygon is given to setPolygon
void new carto.filter.Polygon({ type: 'Polygon', coordinates: [] });
// @ts-expect-error bounds are given to setBounds
void new carto.filter.BoundingBox({ west: -10, south: 35, east: 5, north: 44 });
// @ts-expect-error a misspelt event of a layer
layer.on('featureClick', () => undefined);
// @ts-expect-error a misspelt event of a client
client.on('errors', () => undefined);
// @ts-expect-error an event of another class
client.on('featureClicked', () => undefined);
// @ts-expect-error one of several names is misspelt
layer.on('featureOver featureOutt', () => undefined);
// @ts-expect-error a misspelt event in a map
layer.on({ featureClick: () => undefined });
// @ts-expect-error a misspelt event
layer.once('visibility', () => undefined);
// @ts-expect-error a misspelt event
layer.off('visibility');
// @ts-expect-error a misspelt event
layer.trigger('visibility');
// @ts-expect-error the event carries a boolean
layer.trigger('visibilityChanged', 'yes');
// @ts-expect-error a misspelt event of another object
layer.listenTo(sql, 'tableNameChanged', () => undefined);
// @ts-expect-error a listener is a function
layer.on('error', 'alert');
// @ts-expect-error a listener of another event
layer.on('visibilityChanged', ({ data }) => data);
// @ts-expect-error the end of a hover has no position
layer.on('featureOut', ({ position }) => position);
// @ts-expect-error a formula has no categories
formula.on('dataChanged', ({ categories }) => categories);
// @ts-expect-error before the first answer there is no number
formula.getData()?.result?.toFixed();
// @ts-expect-error a formula has no limit
formula.on('limitChanged', () => undefined);
// @ts-expect-error a histogram's bins have no index
histogram.on('dataChanged', ({ bins }) => bins.map(({ index }) => index));
// @ts-expect-error there is no such status
if (formula.getStatus() === 'ready') console.log();
// @ts-expect-error there is no such operation
formula.setOperation('median');
// @ts-expect-error there is no such operation
new carto.dataview.Category(sql, 'a', { operation: 'mode' });
// @ts-expect-error there is no such unit
new carto.dataview.TimeSeries(sql, 'a', { aggregation: 'second' });
// @ts-expect-error hours are a number
series.setOffset('2');
// @ts-expect-error a flag is needed
series.useLocalTimezone();
// @ts-expect-error ends are numbers
histogram.setStartEnd('0', '1');
// @ts-expect-error there is no such resolution
new carto.layer.Aggregation({ threshold: 1, resolution: 12 });
// @ts-expect-error there is no such placement
new carto.layer.Aggregation({ threshold: 1, resolution: 16, placement: 'center' });
// @ts-expect-error features are not counted by a function
new carto.layer.Aggregation({ threshold: 1, resolution: 16, columns: { a: { aggregateFunction: 'count', aggregatedColumn: 'a' } } });
// @ts-expect-error it gives a plain object
new carto.layer.Aggregation({ threshold: 1, resolution: 16 }).getId();
// @ts-expect-error there is no such format
void client.sql('SELECT 1', { format: 'shp' });
// @ts-expect-error lines are no rows
client.sql('SELECT 1', { format: 'csv' }).then(({ rows }) => rows);
// @ts-expect-error a function has no form in SQL
void client.sql('SELECT :a', { params: { a: () => 1 } });
// @ts-expect-error maps cannot be told from an unknown API
void client.checkKey({ apis: ['auth'] });
// @ts-expect-error there is no such type of key
void keys.list({ type: 'public' });
// @ts-expect-error there is no such order
void keys.list({ order: 'token' });
// @ts-expect-error there is no such permission
void keys.create({ name: 'a', apis: ['maps'], schemas: { public: ['usage'] } });
// @ts-expect-error a range has no list
new carto.filter.Range('a', { in: [1] });
// @ts-expect-error texts have no order here
new carto.filter.Range('a', { lt: 'b' });
// @ts-expect-error a boolean is no value of a condition
new carto.filter.Category('a', { eq: true });
// @ts-expect-error there is no such condition
new carto.filter.Category('a').set('between', { min: 0, max: 1 });
// @ts-expect-error a spatial filter is no filter of rows
sql.addFilter(box);
// @ts-expect-error a filter of rows is no spatial filter
formula.addFilter(new carto.filter.Range('a'));
// @ts-expect-error a collection has filters
new carto.filter.AND(['a']);
// @ts-expect-error a circle needs a radius
new carto.filter.Circle().setCircle({ lat: 0, lng: 0 });
// @ts-expect-error a point is no polygon
new carto.filter.Polygon().setPolygon({ type: 'Point', coordinates: [] });
// @ts-expect-error a map can be asked for its bounds
new carto.filter.BoundingBoxGoogleMaps({});
// @ts-expect-error an element is no map
client.getLeafletLayer().addTo(document.body);
// @ts-expect-error a misspelt option of Leaflet
client.getLeafletLayer({ opcity: 0.5 });
// @ts-expect-error a signal, not its controller
void client.addLayer(layer, { signal: new AbortController() });
// @ts-expect-error constants are constant
carto.events.ERROR = 'success';
// @ts-expect-error there is no such reason
if (error instanceof CartoError && error.reason === 'bad-key') console.log();
// @ts-expect-error what an error tells is not written
if (error instanceof CartoError) error.hint = '';
