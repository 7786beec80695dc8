import carto from 'carto-wasm';
import 'carto-wasm/widgets';
import * as L from 'leaflet';
import { useEffect, useRef, useState } from 'react';

/** A map of cities with their number; `smallest` is the population from which on they are shown. */
export function CitiesMap({ apiKey = 'default_public', username = 'demo', serverUrl, smallest = 0 }) {
  const element = useRef(null);
  const filter = useRef(null);
  const [formula, setFormula] = useState(null);
  const [problem, setProblem] = useState('');

  // One map for one account: another key or server makes a new one.
  useEffect(() => {
    const map = L.map(element.current).setView([45, 10], 4);
    const client = new carto.Client({ apiKey, username, serverUrl });
    client.getLeafletLayer({ leaflet: L, attribution: 'GeoNames' }).addTo(map);

    const cities = new carto.source.Dataset('cities');
    filter.current = new carto.filter.Range('pop_max', { gte: smallest });
    cities.addFilter(filter.current);
    const style = new carto.style.CartoCSS('#layer { marker-width: 5; marker-fill: #c2452d; }');
    const count = new carto.dataview.Formula(cities, 'cartodb_id', { operation: carto.operation.COUNT });
    setFormula(count);

    const failed = (error) => error.reason === 'disposed' || setProblem(error.hint ?? error.message);
    client.addLayer(new carto.layer.Layer(cities, style)).then(() => setProblem(''), failed);
    client.addDataview(count).catch(failed);
    return () => {
      client.dispose();
      map.remove();
    };
    // `smallest` is missing on purpose: it changes the filter, not the map.
  }, [apiKey, username, serverUrl]);

  useEffect(() => filter.current?.set('gte', smallest), [smallest]);

  return (
    <>
      <carto-formula heading="Cities" dataview={formula} />
      {problem && <p role="alert">{problem}</p>}
      <div ref={element} style={{ height: 400 }} />
    </>
  );
}
