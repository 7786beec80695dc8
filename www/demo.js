// The demo: one client, two layers, three dataviews on a Leaflet map, and a panel that connects them to a server.
import { connectionPanel, showError, showStatus } from './connection.js';
import { styleEditor } from './editor.js';
import { openByKeyboard } from './map-keys.js';
import { findServer } from './server.js';
import { STYLES } from './styles.js';

const COUNTRIES = 'world_countries';
const CITIES = 'cities';
const ATTRIBUTION = '<a href="https://www.naturalearthdata.com/">Natural Earth</a>, '
  + '<a href="https://www.geonames.org/">GeoNames</a>';

const stage = document.querySelector('.stage');
const noMap = document.querySelector('#no-map');
// The widgets, by the name of the dataview that each shows.
const widgets = {
  population: document.querySelector('#formula-population'),
  count: document.querySelector('#formula-count'),
  ranking: document.querySelector('#ranking'),
};
const people = new Intl.NumberFormat(document.documentElement.lang);

// What the reader has chosen outlives a connection.
const chosen = { style: 'atlas', operation: 'count', visible: { countries: true, cities: true }, render: 'raster' };
const renderSegments = document.querySelector('#render');
const editor = styleEditor();
let lastSettings;
let map;
let bounds;
let connection = null;

start();

async function start() {
  showStatus('busy', 'Loading…');
  const server = findServer();
  if (!await libraryLoaded()) {
    showStatus('error', 'The library did not load');
    noMap.hidden = false;
    showError({ message: 'The script with carto.Client did not load.', hint: 'Has the package been built? cargo xtask build does it.' });
    return;
  }
  map = makeMap();
  // One filter for the life of the page: it listens to the map and cannot be told to stop.
  bounds = new carto.filter.BoundingBoxLeaflet(map);
  document.querySelector('#library-version').textContent = `carto.version is ${carto.version}.`;
  wireToolbar();
  openByKeyboard(map, {
    clientOf: () => (connection?.connected && chosen.visible.cities ? connection.client : undefined),
    open: openPopup,
    fail: (error) => connection?.fail(error),
  });
  await chooseRender(new URLSearchParams(location.search).get('render') === 'vector' ? 'vector' : 'raster');
  connectionPanel(await server, connect).choose('good');
}

// Vector mode is a script of its own, which is loaded when somebody wants it. CARTO.js has none.
async function chooseRender(render) {
  renderSegments.hidden = !carto.filter.BoundingBoxMapLibre;
  if (renderSegments.hidden) return;
  if (render === 'vector') await import('/pkg/carto.vector.mjs');
  chosen.render = render;
  for (const button of renderSegments.children) button.setAttribute('aria-pressed', String(button.dataset.render === render));
  editor.show(render === 'vector');
}

function libraryLoaded() {
  const script = document.querySelector('#library');
  if (script.dataset.state) return script.dataset.state === 'loaded' && 'carto' in window;
  return new Promise((resolve) => {
    script.addEventListener('load', () => resolve('carto' in window));
    script.addEventListener('error', () => resolve(false));
  });
}

function makeMap() {
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const narrow = matchMedia('(max-width: 760px)').matches;
  const made = L.map('map', {
    zoomControl: false,
    minZoom: 1,
    maxZoom: 12,
    zoomAnimation: !calm,
    fadeAnimation: !calm,
    worldCopyJump: true,
  }).setView(narrow ? [48, 9] : [45, 14], 4);
  L.control.zoom({ position: 'bottomleft' }).addTo(made);
  made.attributionControl.setPrefix('<a href="https://leafletjs.com/">Leaflet</a>');
  return made;
}

function wireToolbar() {
  for (const box of stage.querySelectorAll('[data-layer]')) {
    const name = box.dataset.layer;
    // Browsers keep a tick over a reload; the tick is what the reader sees, so it counts.
    chosen.visible[name] = box.checked;
    box.addEventListener('change', () => {
      chosen.visible[name] = box.checked;
      const layer = connection?.layers[name];
      if (box.checked) layer?.show();
      else layer?.hide();
      if (name === 'cities') closePopups();
    });
  }
  wireSegments(stage.querySelectorAll('button[data-style]'), ({ style }) => restyle(style));
  wireSegments(renderSegments.querySelectorAll('button'), async ({ render }) => {
    await chooseRender(render);
    if (lastSettings) connect(lastSettings);
  });
  wireSegments(widgets.ranking.querySelectorAll('[data-operation]'), ({ operation }) => {
    chosen.operation = operation;
    connection?.dataviews.ranking.setOperation(operation);
  });
}

function wireSegments(buttons, chose) {
  for (const button of buttons) {
    button.addEventListener('click', () => {
      buttons.forEach((other) => other.setAttribute('aria-pressed', String(other === button)));
      chose(button.dataset);
    });
  }
}

function restyle(name) {
  chosen.style = name;
  if (!connection) {
    stage.dataset.style = name;
    return;
  }
  const { styles, fail } = connection;
  editor.edit(styles.cities, STYLES[name].cities);
  // Both texts change in one turn, so they cost one request; the sea changes when the land does.
  Promise.all([
    styles.countries.setContent(STYLES[name].countries),
    styles.cities.setContent(STYLES[name].cities),
  ]).then(() => { if (chosen.style === name) stage.dataset.style = name; }, fail);
}

function connect(settings) {
  lastSettings = settings;
  disconnect();
  showStatus('busy', 'Connecting…');
  showError(null);
  noMap.hidden = true;

  let client;
  try {
    client = new carto.Client(settings);
  } catch (error) {
    refused(error);
    return;
  }

  const styles = {
    countries: new carto.style.CartoCSS(STYLES[chosen.style].countries),
    cities: new carto.style.CartoCSS(STYLES[chosen.style].cities),
  };
  const cities = new carto.source.Dataset(CITIES);
  const layers = {
    countries: new carto.layer.Layer(new carto.source.Dataset(COUNTRIES), styles.countries, {
      visible: chosen.visible.countries,
    }),
    cities: new carto.layer.Layer(cities, styles.cities, {
      visible: chosen.visible.cities,
      featureClickColumns: ['name', 'adm0name', 'pop_max'],
    }),
  };
  const dataviews = {
    population: new carto.dataview.Formula(cities, 'pop_max', { operation: carto.operation.SUM }),
    count: new carto.dataview.Formula(cities, 'pop_max', { operation: carto.operation.COUNT }),
    ranking: new carto.dataview.Category(cities, 'adm0name', {
      // The server counts the rest as one of them.
      limit: 7,
      operation: chosen.operation,
      operationColumn: 'pop_max',
    }),
  };
  Object.values(dataviews).forEach((dataview) => dataview.addFilter(bounds));

  const mine = { client, styles, layers, dataviews, connected: false };
  mine.succeed = () => {
    mine.connected = true;
    stage.dataset.style = chosen.style;
    showStatus('good', `Connected as ${settings.username}`);
    showError(null);
  };
  mine.fail = (error) => { if (connection === mine) failed(mine, error); };
  mine.native = client.getLeafletLayer({ attribution: ATTRIBUTION, render: chosen.render });
  editor.edit(styles.cities, STYLES[chosen.style].cities);
  for (const [name, widget] of Object.entries(widgets)) widget.dataview = dataviews[name];
  connection = mine;

  client.on(carto.events.SUCCESS, mine.succeed);
  client.on(carto.events.ERROR, mine.fail);
  layers.cities.on(carto.layer.events.FEATURE_CLICKED, openPopup);
  markFirstTile(mine.native);

  mine.native.addTo(map);
  // The client's error event tells the same; a promise without a listener would tell it again in the console.
  client.addLayers([layers.countries, layers.cities]).catch(() => {});
  client.addDataviews(Object.values(dataviews)).catch(() => {});
}

// For measurements: a layer without a map yet loads placeholders, which do not count.
function markFirstTile(native) {
  native.on('tileload', function onTile({ tile }) {
    if (!tile.src.startsWith('http')) return;
    performance.mark('first-tile');
    native.off('tileload', onTile);
  });
}

function disconnect() {
  if (!connection) return;
  const { client, layers, dataviews, native, succeed, fail } = connection;
  connection = null;
  for (const widget of Object.values(widgets)) widget.dataview = null;
  closePopups();
  // Disabled first, or taking the filter away would ask the server once more.
  for (const dataview of Object.values(dataviews)) {
    dataview.disable();
    dataview.removeFilter(bounds);
  }
  // CARTO.js itself goes on listening to the map after this; what is hidden is not looked for under the pointer.
  for (const layer of Object.values(layers)) layer.hide();
  native.remove();
  client.off(carto.events.SUCCESS, succeed);
  client.off(carto.events.ERROR, fail);
  layers.cities.off(carto.layer.events.FEATURE_CLICKED, openPopup);
  // client.removeLayers() is not called: it would instantiate an empty map for nobody. The client is garbage now.
}

// An error before the first success is a refusal; after it the map that is there stays.
function failed(mine, error) {
  if (!mine.connected) {
    refused(error);
    return;
  }
  showStatus('warn', 'Connected, with an error');
  showError(error);
}

function refused(error) {
  disconnect();
  showStatus('error', error.status ? `Refused with status ${error.status}` : error.forbidden ? 'Refused' : 'Not connected');
  showError(error);
  noMap.hidden = false;
}

function openPopup({ data, latLng }) {
  const content = document.createElement('div');
  content.className = 'city';
  content.append(
    line('strong', 'city-name', data.name),
    line('span', 'city-country', data.adm0name),
    line('span', 'city-people', `${people.format(data.pop_max)} people`),
  );
  return L.popup({ className: 'city-popup', minWidth: 150, closeButton: true }).setLatLng(latLng).setContent(content).openOn(map);
}

// textContent, never markup: names come from a database.
function line(tag, name, text) {
  const element = document.createElement(tag);
  element.className = name;
  element.dataset.testid = name;
  element.textContent = text ?? '';
  return element;
}

function closePopups() {
  map.closePopup();
}
