// The code that puts a key into a page, for a script tag and for npm.
import { tabList } from './account-tabs.js';
import { byId, copy } from './keys-dom.js';

const [code, panel, warning] = [byId('code'), byId('snippet'), byId('snippet-warning')];
const tabs = { script: byId('tab-script'), npm: byId('tab-npm') };
const MASK = '•'.repeat(12);

/** Points, lines and polygons, each in its own way, so that one style suits any dataset. */
export const CARTOCSS = `#layer['mapnik::geometry_type'=1] {
  marker-width: 6;
  marker-fill: #c2452d;
  marker-line-color: #ffffff;
  marker-line-width: 0.5;
  marker-allow-overlap: true;
}
#layer['mapnik::geometry_type'=2] {
  line-color: #0b5559;
  line-width: 1.5;
}
#layer['mapnik::geometry_type'=3] {
  polygon-fill: #f4eddd;
  line-color: #0b5559;
  line-width: 0.7;
}`;

/** A text as a literal of JavaScript that can stand in a script of a page too. */
function quoted(text) {
  const escaped = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'");
  return `'${escaped.replaceAll('<', '\\x3c').replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;
}

const indented = (text, by) => text.replaceAll('\n', `\n${by}`);

function lines({ token, username, serverUrl, dataset }, leaflet, native) {
  return `const map = ${leaflet}.map('map').setView([30, 0], 2);
const client = new carto.Client({
  apiKey: ${quoted(token)},
  username: ${quoted(username)},
  serverUrl: ${quoted(serverUrl)},
});

const dataset = new carto.source.Dataset(${quoted(dataset)});
const style = new carto.style.CartoCSS(\`
  ${indented(CARTOCSS, '  ')}
\`);
client.addLayer(new carto.layer.Layer(dataset, style)).catch((error) => {
  document.body.append(error.hint ?? error.message);
});
client.getLeafletLayer(${native}).addTo(map);`;
}

const WRITERS = {
  script: (about) => `<!doctype html>
<meta charset="utf-8">
<title>Map</title>
<link rel="stylesheet" href="leaflet.css">
<style>html, body, #map { height: 100%; margin: 0; }</style>
<div id="map"></div>
<script src="leaflet.js"></script>
<script src="carto.js"></script>
<script>
  ${indented(lines(about, 'L', ''), '  ')}
</script>
`,
  npm: (about) => `// npm install carto-wasm leaflet
import carto from 'carto-wasm';
import * as leaflet from 'leaflet';
import 'leaflet/dist/leaflet.css';

// The page needs <div id="map"> with a height.
${lines(about, 'leaflet', '{ leaflet }')}
`,
};

/** The panel; `about()` gives token, username, serverUrl and dataset of the chosen key. */
export function snippetPanel(about) {
  let variant = 'script';
  let shown = false;

  const write = (token) => WRITERS[variant]({ ...about(), token });
  const draw = () => { code.textContent = write(shown ? about().token : MASK); };

  tabList(tabs, (name, tab) => {
    variant = name;
    code.setAttribute('aria-labelledby', tab.id);
    code.scrollTo(0, 0);
    draw();
  });
  byId('copy-code').addEventListener('click', () => copy(write(about().token), byId('copy-code'), 'the code with the token in it'));

  return {
    draw,
    /** Whether the token stands in the code that is displayed. */
    reveal(is) {
      shown = is;
      if (!panel.hidden) draw();
    },
    begin({ type }) {
      shown = false;
      warning.hidden = type !== 'master';
      panel.hidden = type === 'master';
      if (panel.hidden) code.textContent = '';
      else draw();
    },
    end() {
      shown = false;
      code.textContent = '';
    },
  };
}
