// Mounts the example's component and gives what takes it away again.
import { mount, unmount } from 'svelte';
import CitiesMap from './CitiesMap.svelte';
import { watched } from './watched.js';

globalThis.result = watched((target, props) => {
  const component = mount(CitiesMap, { target, props });
  return () => unmount(component);
});
