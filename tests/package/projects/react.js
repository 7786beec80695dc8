// Mounts the example's component, waits for its map, and takes it away again.
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { CartoMap } from './carto-map.js';
import { watched } from './watched.js';

globalThis.result = watched((onReady) => {
  const root = createRoot(document.querySelector('#app'));
  const serverUrl = `${new URLSearchParams(location.search).get('server')}/user/{username}`;
  const settings = { apiKey: 'default_public', username: 'demo', serverUrl };
  root.render(createElement(CartoMap, { settings, dataset: 'cities', cartocss: '#layer { marker-width: 5; }', onReady }));
  return () => root.unmount();
});
