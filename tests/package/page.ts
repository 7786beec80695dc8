// A page written with types. It is compiled and never run: every line must be accepted, but for those that say otherwise.
import carto, { CartoError, Client, filter, source, type ClientSettings, type LeafletLayer, type Reason } from 'carto-wasm';

const settings: ClientSettings = { apiKey: 'default_public', username: 'demo' };
const client = new Client(settings);
const other: carto.Client = new carto.Client({ ...settings, serverUrl: 'https://{username}.carto.com', timeout: 5_000, maxUrlLength: 2_000 });
other.getLayers() satisfies carto.layer.Layer[];

// Classes are types, too.
const query: carto.source.SQL = new source.SQL('SELECT * FROM cities');
const table: source.Dataset = new carto.source.Dataset('cities');
const style: carto.style.CartoCSS = new carto.style.CartoCSS('#layer { marker-width: 7; }');
const layer: carto.layer.Layer = new carto.layer.Layer(query, style, {
  id: 'cities',
  featureClickColumns: ['name'],
  featureOverColumns: [],
  visible: false,
  aggregation: { threshold: 1 },
  minzoom: 2,
  maxzoom: 9,
});

export async function layers(): Promise<void> {
  await client.addLayer(layer);
  await client.addLayers([layer, new carto.layer.Layer(table, style)]);
  await client.moveLayer(layer, 1);
  await client.removeLayer(layer);
  await client.removeLayers(client.getLayers());
  layer.hide().show().toggle() satisfies carto.layer.Layer;
  const flags: boolean[] = [layer.isVisible(), layer.isHidden(), layer.isInteractive()];
  const current: source.SQL | source.Dataset = layer.getSource();
  const text: string = current instanceof source.SQL ? current.getQuery() : current.getTableName();
  await Promise.all([layer.setSource(table), layer.setStyle(style), layer.setOrder(0), layer.bringToBack(), layer.bringToFront()]);
  await layer.setFeatureClickColumns([...layer.getFeatureOverColumns(), 'name']);
  await layer.setFeatureOverColumns(layer.getFeatureClickColumns());
  const content: string = await style.setContent(style.getContent());
  await query.setQuery(`${query.getQuery()} LIMIT ${content.length}`);
  await table.setTableName(text);
  const id: string | number = layer.getId();
  const node: string = layer.getStyle() === style ? query.getId() : table.getId();
  void [flags, id, node];
}

// Listeners know what they get.
client.on('success', () => undefined).on('error', (error) => error.hint?.toUpperCase());
client.on(carto.events.ERROR, (error) => error.errorCode.split(':'));
client.off().off('error').off(null, null, client).once('success', () => undefined).trigger('success');
layer.on('featureClicked', ({ data, latLng, position }) => {
  const name: unknown = data['name'];
  return [name, latLng.lat + latLng.lng, position.x - position.y];
});
layer.on(carto.layer.events.FEATURE_OVER, ({ data }) => data['cartodb_id']);
layer.on('featureOut', ({ data }) => data satisfies undefined);
layer.on({ visibilityChanged: (visible) => visible satisfies boolean, sourceChanged: (changed) => changed.getSource() }, client);
layer.on('styleChanged featureOut', () => undefined);
layer.on('all', (name) => String(name));
query.on('queryChanged', (text) => text.length);
table.once('tableNameChanged', (name) => name.length).bind('error', (error) => error.sourceId?.length);
style.listenTo(query, 'queryChanged', (text) => text.length).stopListening(query);
style.listenToOnce(layer, { visibilityChanged: (visible) => visible });

const formula = new carto.dataview.Formula(query, 'pop_max', { operation: carto.operation.SUM });
const category: carto.dataview.Category = new carto.dataview.Category(table, 'adm0name', {
  limit: 7,
  operation: 'avg',
  operationColumn: 'pop_max',
});
const box: carto.filter.BoundingBox = new filter.BoundingBox();

export async function dataviews(map: carto.filter.LeafletMap): Promise<void> {
  await client.addDataview(formula);
  await client.addDataviews([formula, category]);
  await client.removeDataview(client.getDataviews()[0] ?? formula);
  formula.on('dataChanged', ({ operation, result, nulls }) => [operation satisfies carto.dataview.Operation, result, nulls?.toFixed()]);
  category.on('dataChanged', ({ categories, max }) => categories.map(({ name, value, group }) => [name, value / (max ?? 1), group]));
  category.on('statusChanged', (status, error) => (status satisfies carto.dataview.Status) && error?.message?.length);
  category.on('limitChanged', (limit) => limit.toFixed()).on('columnChanged', (column) => column.length);
  formula.addFilter(box).enable().disable().setColumn('a').setOperation('max').removeFilter(box) satisfies carto.dataview.Formula;
  category.setLimit(3).setOperationColumn('b').addFilter(new filter.BoundingBoxLeaflet(map)) satisfies carto.dataview.Category;
  const flags: boolean[] = [formula.isEnabled(), formula.isLoading(), formula.isLoaded(), formula.hasError(), category.hasFilter(box)];
  const numbers: (number | undefined)[] = [category.getLimit(), category.getData()?.count, category.getData()?.categories.length];
  const result = formula.getStatus() === carto.dataview.status.LOADED ? formula.getData()?.result : null;
  const west: number | undefined = box.setBounds({ west: 0, south: 0, east: 1, north: 1 }).resetBounds().getBounds().west;
  box.on('boundsChanged', ({ west, south, east, north }) => west + south + east + north);
  void [flags, numbers, west, result, carto.dataview.timeAggregation.MONTH, carto.version, carto.ATTRIBUTION];
}

export function leaflet(map: carto.LeafletMapTarget): LeafletLayer {
  return client.getLeafletLayer({ opacity: 0.5 }).addTo(map).setOpacity(1).on('load', () => undefined);
}

export function explain(thrown: unknown): string | undefined {
  if (!(thrown instanceof CartoError)) return undefined;
  const error: Error = thrown;
  const reason: Reason | undefined = thrown.reason;
  if (thrown.forbidden && reason === 'dataset-not-granted') return `${thrown.dataset} ${thrown.status?.toFixed()}`;
  if (thrown.layer) return String(thrown.layer.getId());
  return thrown.hint ?? error.message + thrown.origin + thrown.type + thrown.originalError?.message;
}

// What is wrong is refused where it is written.
export function refused(): void {
  // @ts-expect-error settings are required
  new Client();
  // @ts-expect-error the key is required
  new Client({ username: 'demo' });
  // @ts-expect-error a key is a text
  new Client({ apiKey: 42, username: 'demo' });
  // @ts-expect-error a misspelt option
  new Client({ apiKey: 'k', username: 'demo', server: 'https://example.com' });
  // @ts-expect-error a query is a text
  new source.SQL(42);
  // @ts-expect-error a table has a name
  new source.Dataset();
  // @ts-expect-error a table has no query
  table.getQuery();
  // @ts-expect-error a text is no source
  new carto.layer.Layer('cities', style);
  // @ts-expect-error source and style in the wrong order
  new carto.layer.Layer(style, query);
  // @ts-expect-error one column is a list of one
  new carto.layer.Layer(query, style, { featureClickColumns: 'name' });
  // @ts-expect-error a misspelt option
  new carto.layer.Layer(query, style, { featureClickColumn: ['name'] });
  // @ts-expect-error a source is no layer
  void client.addLayer(query);
  // @ts-expect-error one layer is no list
  void client.addLayers(layer);
  // @ts-expect-error an index is a number
  void client.moveLayer(layer, '1');
  // @ts-expect-error a layer is no dataview
  void client.addDataview(layer);
  // @ts-expect-error no such operation
  new carto.dataview.Formula(query, 'pop_max', { operation: 'median' });
  // @ts-expect-error a formula has no limit
  formula.setLimit(3);
  // @ts-expect-error a limit is a number
  category.setLimit('3');
  // @ts-expect-error half a box
  box.setBounds({ west: 0, south: 0 });
  // @ts-expect-error an empty object is no map
  new filter.BoundingBoxLeaflet({});
  // @ts-expect-error a box is no text
  formula.addFilter('box');
  // @ts-expect-error the data of a formula has no categories
  formula.on('dataChanged', ({ categories }) => categories);
  // @ts-expect-error a click has no such member
  layer.on('featureClicked', ({ feature }) => feature);
  // @ts-expect-error success tells nothing
  client.on('success', (error) => error.message);
  // @ts-expect-error nobody makes CartoErrors but the library
  new CartoError({ message: 'mine' });
  // @ts-expect-error there is no such class
  new carto.dataview.Pie(query, 'a');
  // @ts-expect-error constants are constant
  carto.operation.SUM = 'count';
  // @ts-expect-error a dataview need not be a formula
  other.getDataviews()[0].getLimit();
}
