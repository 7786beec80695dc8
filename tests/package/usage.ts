// Every class as an app uses it; lines with @ts-expect-error must not compile.
import carto, { CartoError, Client, source, version } from 'carto-wasm';

const client: carto.Client = new Client({ apiKey: 'k', username: 'u', serverUrl: 'https://u.host.com', timeout: 5000 });
const cities: carto.source.SQL = new carto.source.SQL('SELECT 1');
const dataset: source.Dataset = new source.Dataset('cities');
const style = new carto.style.CartoCSS('#l {}');
const layer: carto.layer.Layer = new carto.layer.Layer(cities, style, { featureClickColumns: ['name'], id: 7 });

const done: Promise<void> = client.addLayers([layer]);
const text: Promise<string> = style.setContent('#m {}');
const chained: carto.layer.Layer = layer.hide().show().toggle();
declare const map: carto.LeafletMapTarget & carto.filter.LeafletMap;
client.getLeafletLayer({ opacity: 0.5 }).addTo(map).setOpacity(1);

layer.on('featureClicked', ({ data, latLng, position }) => {
  const name: unknown = data.name;
  const north: number = latLng.lat + position.x;
  console.log(name, north);
});
layer.on({ featureOut: () => {}, error: (error) => error.hint?.length }).once('visibilityChanged', (visible: boolean) => visible);
client.on('error', (error) => {
  const reason: carto.Reason | undefined = error.reason;
  if (error.forbidden && reason === 'unknown-key') console.log(error.status, error.hint, error.layer?.getId());
});

const formula = new carto.dataview.Formula(cities, 'pop', { operation: carto.operation.SUM });
formula.on('dataChanged', ({ result, operation }) => console.log(result, operation));
formula.on('statusChanged', (status) => status === carto.dataview.status.LOADED);
const category = new carto.dataview.Category(dataset, 'country', { limit: 5, operationColumn: 'pop' });
category.setLimit(3).setOperation('max').on('dataChanged', ({ categories }) => categories.map(({ name, value }) => [name, value + 1]));
const rows: carto.dataview.CategoryData | null = category.getData();
const box = new carto.filter.BoundingBox();
category.addFilter(box.setBounds({ west: 0, south: 0, east: 1, north: 1 }));
client.addDataviews([formula, category]);

const conditions = new carto.filter.Category('country', { in: ['Spain', 'France'], notEq: { query: 'SELECT 1' } });
const years = new carto.filter.Range('built', { between: { min: new Date(0), max: new Date() } });
conditions.set('like', 'S%');
conditions.on('change:filters', (now) => now.in);
cities.addFilter(new carto.filter.OR([conditions, new carto.filter.AND([years])]));
const histogram = new carto.dataview.Histogram(cities, 'pop', { bins: 5, start: 0, end: 10 });
histogram.setBins(10).on('dataChanged', ({ bins, totalAmount }) => bins.map(({ bin, start, freq }) => bin + start + freq + (totalAmount ?? 0)));
const series = new carto.dataview.TimeSeries(cities, 'built', { aggregation: carto.dataview.timeAggregation.MONTH, offset: 2, useLocalTimezone: false });
series.setAggregation('week').addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 }));
client.addDataviews([histogram, series], { signal: new AbortController().signal });
const aggregation = new carto.layer.Aggregation({
  threshold: 1, resolution: 4, placement: carto.layer.Aggregation.placement.GRID,
  columns: { people: { aggregateFunction: carto.layer.Aggregation.operation.SUM, aggregatedColumn: 'pop' } },
});
new carto.layer.Layer(cities, style, { aggregation, minzoom: 2, maxzoom: 10 }).on('metadataChanged', ({ styles }) => {
  for (const rule of styles) console.log('getBuckets' in rule ? rule.getBuckets()[0]?.max : rule.getDefaultValue());
});
client.on('featuresClicked', ({ features }) => features.map(({ layer, data }) => [layer.getId(), data.name]));
client.setApiKey('other').then(() => client.checkKey({ datasets: ['cities'] })).then(({ ok, key, problems }) => ok || problems.map(({ hint }) => [hint, key.type]));
client.sql<{ name: string }>('SELECT name FROM :"table" WHERE pop > :n', { params: { table: ['public', 'cities'], n: 10n } }).then(({ rows, totalRows }) => [rows[0]?.name.length, totalRows]);
client.sql('SELECT 1', { format: 'csv' }).then((csv) => csv.split('\n'));
client.sql('SELECT 1', { format: 'geojson' }).then(({ features }) => features.length);
const keys = new carto.auth.ApiKeys({ apiKey: 'master', username: 'u' });
const made: Promise<carto.auth.ApiKey> = keys.create({ name: 'maps', apis: ['maps'], datasets: { cities: ['select'] } });
keys.list({ type: ['regular'], order: 'name' }).then(({ total, keys }) => [total, keys.map(({ token, createdAt }) => [token, createdAt?.getTime()])]);
declare const googleMap: carto.filter.GoogleMap;
const tiles: carto.GoogleMapType = client.getGoogleMapsMapType(googleMap);
client.getLeafletLayer({ leaflet: {}, opacity: 1 });
client.dispose();
const waiting: carto.Abortable = { signal: AbortSignal.timeout(1000) };
layer.setFeatureOverColumns(['name'], waiting);

try {
  new carto.source.SQL('');
} catch (error) {
  if (error instanceof CartoError) console.log(error.errorCode, error.originalError?.message);
}
console.log(tiles, made, done, text, chained, rows, version.length, carto.layer.events.FEATURE_CLICKED satisfies 'featureClicked');

// @ts-expect-error the key is missing
new Client({ username: 'u' });
// @ts-expect-error a query is a text
new carto.source.SQL(42);
// @ts-expect-error a layer needs a style
new carto.layer.Layer(cities);
// @ts-expect-error a source is no style
new carto.layer.Layer(cities, dataset);
// @ts-expect-error there is no such operation
new carto.dataview.Formula(cities, 'pop', { operation: 'median' });
// @ts-expect-error a feature's position has no z
layer.on('featureClicked', ({ position }) => position.z);
// @ts-expect-error bounds have four sides
box.setBounds({ west: 0 });
// @ts-expect-error columns are texts
layer.setFeatureClickColumns([1]);
// @ts-expect-error a client removes dataviews one by one
client.removeDataviews([formula]);
// @ts-expect-error there is no such grant
keys.create({ name: 'maps', apis: ['maps'], datasets: { cities: ['drop'] } });
// @ts-expect-error a key has APIs
keys.create({ name: 'maps' });
// @ts-expect-error an object has no form in SQL
client.sql('SELECT :a', { params: { a: { b: 1 } } });
// @ts-expect-error a filter of rows filters no dataview
histogram.addFilter(conditions);
// @ts-expect-error there is no such unit
series.setAggregation('fortnight');
// @ts-expect-error cells have sizes of powers of two
new carto.layer.Aggregation({ threshold: 1, resolution: 3 });
// @ts-expect-error there is no such condition
new carto.filter.Range('built', { in: [1] });
// @ts-expect-error a circle has a radius
new carto.filter.Circle().setCircle({ lat: 1, lng: 2 });
