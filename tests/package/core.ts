// A page of carto-wasm/core written with types. It is compiled and never run: every line must be accepted, but for those that say otherwise.
import carto, { CartoError, Client, source, type ClientSettings } from 'carto-wasm/core';

const settings: ClientSettings = { apiKey: 'default_public', username: 'demo' };
const client: carto.Client = new Client(settings);
const query: carto.source.SQL = new source.SQL('SELECT * FROM cities');
const table: source.Dataset = new carto.source.Dataset('cities');
const style: carto.style.CartoCSS = new carto.style.CartoCSS('#layer { marker-width: 7; }');
const layer: carto.layer.Layer = new carto.layer.Layer(query, style, { featureClickColumns: ['name'], minzoom: 2 });

export async function shown(): Promise<void> {
  await client.addLayers([layer, new carto.layer.Layer(table, style)]);
  await client.moveLayer(client.getLayers()[0] ?? layer, 1, { signal: AbortSignal.timeout(1_000) });
  await layer.setSource(layer.getSource());
  await layer.setStyle(layer.getStyle());
  layer.hide().show() satisfies carto.layer.Layer;
  await query.setQuery(`${query.getQuery()} LIMIT ${query.getId().length}`);
  client.getLeafletLayer({ opacity: 0.5 }).addTo({ addLayer: () => undefined });
  client.setApiKey('k').catch((error: unknown) => error instanceof CartoError && error.hint);
  client.dispose();
}

layer.on('featureClicked', ({ data, latLng }) => [data['name'], latLng.lat]);
layer.on(carto.layer.events.FEATURE_OUT, () => undefined);
client.on('featuresClicked', ({ features }) => features.some((feature) => feature.layer.getId() === layer.getId()));
client.on(carto.events.ERROR, (error) => error.reason?.toUpperCase());
console.log(carto.version, carto.ATTRIBUTION);

// What only the whole library has, and what neither has.
// @ts-expect-error dataviews
void carto.dataview;
// @ts-expect-error filters
void carto.filter;
// @ts-expect-error API keys
void carto.auth;
// @ts-expect-error what dataviews do
void carto.operation;
// @ts-expect-error aggregation
void carto.layer.Aggregation;
// @ts-expect-error dataviews on maps
void client.addDataview;
// @ts-expect-error Google Maps
void client.getGoogleMapsMapType;
// @ts-expect-error queries
void client.sql;
// @ts-expect-error filters of sources
void query.getFilters;
// @ts-expect-error also of sources that come back
void layer.getSource().addFilter;
// @ts-expect-error also of those of layers that come back
void client.getLayers()[0]?.getSource().addFilter;
// @ts-expect-error a source is an object
new carto.layer.Layer('cities', style);
// @ts-expect-error a misspelt event
layer.on('featureClick', () => undefined);
