// How a dataset looks in the list: one row, which a narrow screen lays out as a card.
import { make } from './keys-dom.js';

const day = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium' });
const number = new Intl.NumberFormat(document.documentElement.lang);
const UNITS = ['bytes', 'kB', 'MB', 'GB', 'TB'];
const FORMATS = { csv: 'CSV', geojson: 'GeoJSON', gpkg: 'GeoPackage', shp: 'Shapefile', kml: 'KML', svg: 'SVG' };

const note = (textContent) => make('span', { className: 'note', textContent });

/** Bytes for people. */
export function sizeOf(bytes) {
  if (bytes === undefined) return 'unknown';
  if (bytes === 1) return '1 byte';
  let [size, unit] = [bytes, 0];
  while (size >= 1000 && unit < UNITS.length - 1) [size, unit] = [size / 1000, unit + 1];
  return `${size < 10 && unit ? size.toFixed(1) : Math.round(size)} ${UNITS[unit]}`;
}

/** `ST_MultiPolygon` is a multipolygon. */
export const geometryOf = (types) => types.map((type) => type.replace(/^ST_/, '').toLowerCase()).join(', ') || 'no places';

export const rowsOf = (rows) => (rows === undefined ? 'unknown' : number.format(rows));

function dateOf(date) {
  if (!date || Number.isNaN(date.getTime())) return note('unknown');
  return make('time', { dateTime: date.toISOString(), textContent: day.format(date) });
}

/** A row; `actions` are `download(dataset, format, button)`, `rename`, `publish` and `remove`. */
export function rowOf(dataset, { download, rename, publish, remove }) {
  const { name, isPublic } = dataset;
  const action = (testid, label, run, className = 'quiet small') => make('button', {
    type: 'button', className, testid, textContent: label, 'aria-label': `${label}: ${name}`, on: { click: () => run(dataset) },
  });
  const format = make('select', { testid: 'format', 'aria-label': `Format of ${name}` },
    ...Object.entries(FORMATS).map(([value, textContent]) => make('option', { value, textContent })));
  const button = make('button', { type: 'button', className: 'quiet small', testid: 'download', textContent: 'Download', 'aria-label': `Download ${name}`, on: { click: () => download(dataset, format.value, button) } });
  const cell = (label, ...children) => make('td', { role: 'cell', 'data-label': label }, make('div', { className: 'cell' }, ...children));
  const picture = make('div', { className: 'thumbnail', testid: 'thumbnail' });
  const row = make('tr', { role: 'row', testid: 'dataset-row' },
    make('th', { role: 'rowheader', scope: 'row' },
      make('span', { className: 'key-name', testid: 'dataset-name', textContent: name }), ' ',
      make('span', { className: isPublic ? 'badge badge-regular' : 'badge', testid: 'privacy', textContent: isPublic ? 'public' : 'private' })),
    cell('Map', picture),
    cell('Rows', make('span', { testid: 'rows-of', textContent: rowsOf(dataset.rows) })),
    cell('Size', make('span', { textContent: sizeOf(dataset.size) })),
    cell('Geometry', make('span', { testid: 'geometry', textContent: geometryOf(dataset.geometry) })),
    cell('Changed', dateOf(dataset.changedAt)),
    cell('Actions', make('div', { className: 'actions' }, make('div', { className: 'download' }, format, button),
      action('rename', 'Rename', rename), action('publish', isPublic ? 'Make private' : 'Make public', publish), action('remove', 'Delete', remove, 'quiet small grave'))));
  row.dataset.name = name;
  return { row, picture };
}
