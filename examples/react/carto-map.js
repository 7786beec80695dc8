// A map of CARTO layers as a React component, on Leaflet.
import { createElement, useEffect, useRef } from 'react';
import carto from 'carto-wasm';
import L from 'leaflet';

/**
 * Shows a dataset.
 *
 * `settings` are those of `carto.Client`, `dataset` is a table's name, `cartocss` its style, `center` latitude and longitude in
 * degrees. `onError` gets the `CartoError`, whose `hint` says what to do, and `onReady` the client.
 */
export function CartoMap({ settings, dataset, cartocss, center = [30, 0], zoom = 2, onError, onReady }) {
  const element = useRef(null);

  useEffect(() => {
    const map = L.map(element.current).setView(center, zoom);
    const client = new carto.Client(settings);
    const layer = new carto.layer.Layer(new carto.source.Dataset(dataset), new carto.style.CartoCSS(cartocss));
    client.getLeafletLayer({ leaflet: L }).addTo(map);
    client.addLayer(layer).then(() => onReady?.(client), onError);
    return () => {
      // Ends requests and listeners; the map goes last, because its layers listen to it.
      client.dispose();
      map.remove();
    };
  }, [settings, dataset, cartocss]);

  return createElement('div', { ref: element, className: 'carto-map' });
}
