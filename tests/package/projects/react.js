// Mounts the example's component and gives what takes it away again.
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { CitiesMap } from './CitiesMap.jsx';
import { watched } from './watched.js';

globalThis.result = watched((element, properties) => {
  const root = createRoot(element);
  root.render(createElement(CitiesMap, properties));
  return () => root.unmount();
});
