// What each example must show, and what a reader does there. `see` is for the text of its panel at the end.

const RADIO = (name, value) => (page) => page.check(`[name=${name}][value="${value}"]`);
const SELECT = (id, value) => (page) => page.selectOption(`#${id}`, value);
/** Rests the pointer at a place of the map, given from its left top corner, as a hand does: never quite still. */
const HOVER = ([x, y]) => async (page, still) => {
  for (const aside of [9, 1, 0]) {
    await page.mouse.move(x + aside, y);
    // Grids of features are fetched when the pointer comes, and looked at when it moves.
    await page.waitForTimeout(100);
    await still();
  }
};
/** Clicks places of the map, given from its left top corner. */
const CLICKS = (...places) => async (page, still) => {
  for (const [x, y] of places) {
    await HOVER([x, y])(page, still);
    await page.mouse.click(x, y);
    // Two clicks in a row are a double click, which zooms.
    await page.waitForTimeout(350);
  }
};
const BUTTON = (name) => (page) => page.getByRole('button', { name }).click();
const FILL = (id, value) => (page) => page.fill(`#${id}`, value);

/** A city in the middle of the map; the tests' window has 800 by 600 pixels. */
const MIDDLE = [400, 300];

/** Pages that need no map, or Leaflet only: `[address, what is done, what is seen]`. */
export const PAGES = [
  ['dataviews/category', [FILL('limit', '3'), SELECT('operation', 'sum'), BUTTON('Apply')], /China\s+\d{3}M[^]*All others/],
  ['dataviews/category', [FILL('limit', '0'), BUTTON('Apply')], /Limit for category/],
  ['dataviews/error-handling', [RADIO('column', 'wrongcolumn')], /"wrongcolumn" does not exist|column .*wrongcolumn/],
  ['dataviews/error-handling', [RADIO('column', 'wrongcolumn'), RADIO('column', 'pop_max')], /loaded[^]*49,025/],
  ['dataviews/formula', [SELECT('operation', 'max')], /2\d,\d{3},\d{3}/],
  ['dataviews/histogram', [FILL('bins', '4'), FILL('start', '100000'), FILL('end', '1000000'), BUTTON('Apply')], /· 100K – 1M/],
  ['dataviews/time-series', [SELECT('aggregation', 'decade'), BUTTON('Apply')], /49,025 · 1980 – 20\d\d/],
  ['filters/and-filter', [(page) => page.uncheck('[value="Admin-1 capital"]')], /Kinds/],
  ['filters/bounding-box-leaflet', [], /\d+ cities in view[^]*Spain: \d/],
  ['filters/category-filter', [(page) => page.check('[value=Italy]')], /Italy/],
  ['filters/circle-filter', [CLICKS([300, 300], [380, 300])], /\d{6,} people[^]*\d+ cities/],
  ['filters/complex-filter', [], /\d+ cities/],
  ['filters/custom-bounding-box', [CLICKS([250, 200], [420, 400])], /\d+ cities[^]*: \d+/],
  ['filters/polygon-filter', [CLICKS([250, 200], [420, 220], [330, 420])], /\d{6,} people[^]*\d+ cities/],
  ['filters/range-filter', [(page) => page.fill('#people', '55000')], /55000/],
  ['layers/change-feature-columns-leaflet', [RADIO('columns', 'name,adm0name,pop_max'), CLICKS(MIDDLE)], /"name": "Paris"[^]*"adm0name": "France"/],
  ['layers/change-order-leaflet', [BUTTON('Countries to the front')], /Countries/],
  ['layers/change-source-leaflet', [RADIO('query', 'SELECT * FROM cities WHERE adm0cap = 1')], /capitals/],
  ['layers/change-style-leaflet', [RADIO('style', 'people')], /by people/],
  ['layers/feature-click-leaflet', [CLICKS(MIDDLE)], /Paris\s+\d+ people\s+at 48\.\d°, 2\.\d°/],
  ['layers/feature-over-out-leaflet', [HOVER(MIDDLE)], /Paris, France/],
  ['layers/layer-with-aggregation-cluster-leaflet', [], /bubble/],
  ['layers/layer-with-aggregation-leaflet', [], /four pixels/],
  ['layers/layer-with-zoom-options-leaflet', [], /zoom level 3/],
  ['layers/multilayer-leaflet', [], /capitals/],
  ['layers/single-layer-leaflet', [], /A dataset/],
  ['misc/boilerplate-leaflet', [], /This is carto \d/],
  ['misc/custom-search-dataset-leaflet', [BUTTON('Search')], /Vienna, Austria/],
  ['misc/edit-sql-cartocss-leaflet', [FILL('sql', 'SELECT * FROM nowhere'), BUTTON('Apply')], /nowhere/],
  ['misc/edit-sql-cartocss-leaflet', [FILL('sql', 'SELECT * FROM cities WHERE adm0cap = 1'), BUTTON('Apply')], /applied/],
  ['misc/error-handling-leaflet', [SELECT('style', 'wrong')], /marker-colour/],
  ['misc/error-handling-leaflet', [SELECT('dataset', 'unknown_dataset'), SELECT('dataset', 'cities')], /The layer is there/],
  ['misc/filter-data-map-leaflet', [CLICKS([300, 300])], /around 40\.\d°, -7\.\d°/],
  ['misc/guide-leaflet', [SELECT('country', 'Italy')], /average: [\d,]+/],
  ['misc/hexagon-aggregation-leaflet', [], /Hexagons/],
  ['misc/legends-leaflet', [], /\d+ to \d+[^]*most \d{7}/],
  ['misc/legends-leaflet', [SELECT('style', 'categories')], /capital\s+other/],
  ['misc/piechart', [], /Populated place: \d+/],
  ['misc/populated-places-leaflet', [RADIO('map', 'large')], /the largest/],
  ['misc/popups-leaflet', [CLICKS(MIDDLE)], /Popups/, /Paris, France/],
  ['misc/popups-leaflet', [RADIO('when', 'hover'), HOVER(MIDDLE)], /Popups/, /Paris/],
  ['misc/popups-video-leaflet', [CLICKS(MIDDLE)], /moving pictures/, /Paris/],
  ['misc/style-editor', [SELECT('begin', 'areas')], /The map shows this style/],
  ['misc/style-editor', [FILL('css', '#layer {\n  marker-width: <b>;\n}')], /line 2: Invalid code: marker-width: <b>/],
  ['misc/style-editor', [FILL('css', '#layer {\n  marker-width: ramp([nowhere], range(1, 2), jenks);\n}')], /line 2: [^]*nowhere/],
  ['misc/storymap', [BUTTON('Next'), BUTTON('Next')], /Australia/],
];

/** Pages that CARTO.js knows nothing of: `[address, what is done, what is seen, the popup]`. */
export const OWN_PAGES = [
  ['misc/maplibre', [CLICKS(MIDDLE)], /People\s*3\d\d,\d{3} – /, /Paris[^]*France[^]*2,138,551/],
  ['misc/openlayers', [CLICKS(MIDDLE)], /People\s*3\d\d,\d{3} – /, /Paris[^]*France[^]*2,138,551/],
];

/** Pages of vector mode, in the same way; nothing of it is in CARTO.js. */
export const VECTOR_PAGES = [
  ['misc/vector-mode', [(page) => page.fill('#people', '500000'), (page) => page.fill('#size', '15'), CLICKS([250, 130])], /\d+ cities in view, [\d,]+ people[^]*Drawn 1 times/],
  ['misc/vector-mode', [FILL('css', '#layer { marker-wdth: 5; }')], /marker-wdth/],
];

/** Pages that need Google Maps. */
export const GOOGLE_PAGES = [
  'filters/bounding-box',
  'layers/change-feature-columns',
  'layers/change-order',
  'layers/change-source',
  'layers/change-style',
  'layers/feature-click',
  'layers/feature-over-out',
  'layers/layer-with-aggregation-cluster',
  'layers/layer-with-aggregation',
  'layers/layer-with-zoom-options',
  'layers/multilayer',
  'layers/single-layer',
  'misc/boilerplate',
  'misc/custom-search-dataset',
  'misc/edit-sql-cartocss',
  'misc/error-handling',
  'misc/filter-data-map',
  'misc/guide',
  'misc/hexagon-aggregation',
  'misc/legends',
  'misc/populated-places',
  'misc/popups',
  'misc/popups-video',
].map((name) => `${name}-gmaps`);
