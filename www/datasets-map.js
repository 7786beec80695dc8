// The small map of a dataset: one image that the server draws, when its row comes into sight.
import { make } from './keys-dom.js';

const SIZE = { width: 288, height: 192 };
const AT_A_TIME = 2;
/** Degrees that a map shows at least, and what it shows when nobody knows where the rows are. */
const LEAST = 0.05;
const WORLD = [-180, -70, 180, 78];
/** Few points are seen when they are larger. */
const FEW = 500;
const styleOf = (rows) => `#layer['mapnik::geometry_type'=1] { marker-width: ${rows < FEW ? 12 : 6}; marker-fill: #c2452d; marker-line-width: 0; marker-allow-overlap: true; }
#layer['mapnik::geometry_type'=2] { line-color: #0b5559; line-width: 2; }
#layer['mapnik::geometry_type'=3] { polygon-fill: #f4eddd; line-color: #0b5559; line-width: 1; }`;

const configOf = ({ name, rows }) => ({
  version: '1.3.1',
  layers: [
    { type: 'plain', options: { color: '#dfe6e6' } },
    { type: 'mapnik', options: { sql: `SELECT * FROM "${name.replaceAll('"', '""')}"`, cartocss: styleOf(rows), cartocss_version: '2.1.0' } },
  ],
});

/** Bounds with something around them, within what Web Mercator shows. */
export function framed(bounds = WORLD) {
  const [west, south, east, north] = bounds;
  const [width, height] = [Math.max(east - west, LEAST), Math.max(north - south, LEAST)];
  const [x, y] = [(west + east) / 2, (south + north) / 2];
  const within = (value, most) => Math.min(Math.max(value, -most), most);
  return [within(x - width * 0.55, 180), within(y - height * 0.55, 85), within(x + width * 0.55, 180), within(y + height * 0.55, 85)].map((value) => Number(value.toFixed(5)));
}

/** Draws maps with `api`, a few at a time. */
export function thumbnails(api) {
  let stop = new AbortController();
  const waiting = [];
  let drawing = 0;
  const addresses = [];
  const sight = new IntersectionObserver((entries) => {
    for (const { isIntersecting, target } of entries) {
      if (!isIntersecting) continue;
      sight.unobserve(target);
      waiting.push(target);
    }
    next();
  }, { rootMargin: '200px' });
  const about = new WeakMap();

  function next() {
    while (drawing < AT_A_TIME && waiting.length) {
      drawing++;
      const box = waiting.shift();
      draw(box, about.get(box), stop).finally(() => {
        drawing--;
        next();
      });
    }
  }

  async function draw(box, dataset, { signal }) {
    try {
      const blob = await api.picture(configOf(dataset), framed(dataset.bounds), SIZE, signal);
      if (signal.aborted) return;
      const src = URL.createObjectURL(blob);
      addresses.push(src);
      box.replaceChildren(make('img', { src, alt: `Map of ${dataset.name}`, width: SIZE.width / 2, height: SIZE.height / 2 }));
    } catch (error) {
      if (!signal.aborted) box.replaceChildren(make('span', { className: 'note', textContent: 'No map', title: error.message }));
    }
  }

  return {
    show(box, dataset) {
      if (!dataset.geometry.length) {
        box.replaceChildren(make('span', { className: 'note', textContent: 'No places' }));
        return;
      }
      about.set(box, dataset);
      sight.observe(box);
    },
    clear() {
      stop.abort();
      stop = new AbortController();
      sight.disconnect();
      waiting.length = 0;
      for (const address of addresses.splice(0)) URL.revokeObjectURL(address);
    },
  };
}
