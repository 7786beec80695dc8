// What lies below the examples: the countries of the demo, drawn by the same server, in place of somebody's tiles.
import { serverUrl } from './server.js';

const STYLE = '#layer { polygon-fill: #f4f1ea; line-color: #d6cfc0; line-width: 0.5; }';

/** Puts the land on a map of any library. */
export function addLand(map) {
  const client = new carto.Client({ apiKey: 'default_public', username: 'demo', serverUrl });
  const countries = new carto.source.Dataset('world_countries');
  client.addLayer(new carto.layer.Layer(countries, new carto.style.CartoCSS(STYLE))).catch((error) => {
    document.querySelector('main').append(note(error.message));
  });
  const attribution = 'Natural Earth, GeoNames';
  if (map.overlayMapTypes) map.overlayMapTypes.push(client.getGoogleMapsMapType(map));
  else if (map.getCanvas) client.getMapLibreLayer({ attribution }).addTo(map);
  else if (map.getView) map.addLayer(client.getOpenLayersLayer({ attribution }));
  else client.getLeafletLayer({ attribution }).addTo(map);
}

function note(text) {
  const paragraph = document.createElement('p');
  paragraph.setAttribute('role', 'alert');
  paragraph.textContent = text;
  return paragraph;
}
