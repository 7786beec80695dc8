// Mounts the example's component and gives what takes it away again.
import { createApp } from 'vue';
import CitiesMap from './CitiesMap.vue';
import { watched } from './watched.js';

globalThis.result = watched((element, properties) => {
  const app = createApp(CitiesMap, properties);
  app.mount(element);
  return () => app.unmount();
});
