// A page without any build: Leaflet and carto are globals of script tags.
const settings = { apiKey: 'default_public', username: 'demo' };
// ?serverUrl=… shows the same page with the data of another server.
const serverUrl = new URLSearchParams(location.search).get('serverUrl');
const client = new carto.Client(serverUrl ? { ...settings, serverUrl } : settings);
client.on('error', (error) => { document.getElementById('problem').textContent = error.hint ?? error.message; });

const map = L.map('map').setView([45, 10], 4);
client.getLeafletLayer({ attribution: 'GeoNames' }).addTo(map);

const cities = new carto.source.Dataset('cities');
const style = new carto.style.CartoCSS('#layer { marker-width: 5; marker-fill: #c2452d; marker-allow-overlap: true; }');
const layer = new carto.layer.Layer(cities, style, { featureClickColumns: ['name'] });
layer.on('featureClicked', ({ data, latLng }) => {
  // The server's text is text, not HTML.
  const name = document.createElement('b');
  name.textContent = data.name;
  L.popup().setLatLng(latLng).setContent(name).openOn(map);
});

const count = new carto.dataview.Formula(cities, 'cartodb_id', { operation: carto.operation.COUNT });
count.addFilter(new carto.filter.BoundingBoxLeaflet(map));
count.on('dataChanged', ({ result }) => { document.getElementById('count').textContent = result; });

// The client's `error` event says what goes wrong, too.
client.addLayer(layer).catch(() => {});
client.addDataview(count).catch(() => {});
