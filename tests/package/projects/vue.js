// Mounts the example's component, waits for its map, and takes it away again.
import { createApp, h } from 'vue';
import { CartoMap } from './carto-map.js';
import { watched } from './watched.js';

globalThis.result = watched((onReady) => {
  const serverUrl = `${new URLSearchParams(location.search).get('server')}/user/{username}`;
  const settings = { apiKey: 'default_public', username: 'demo', serverUrl };
  const app = createApp({ render: () => h(CartoMap, { settings, dataset: 'cities', cartocss: '#layer { marker-width: 5; }', onReady }) });
  app.mount('#app');
  return () => app.unmount();
});
