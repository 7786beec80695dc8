// What a component with a map shows, and what is left of it when it is gone.
const style = document.createElement('style');
style.textContent = '.leaflet-container { position: relative; overflow: hidden; } .leaflet-tile { position: absolute; }';
document.head.append(style);

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const tiles = () => [...document.querySelectorAll('img.leaflet-tile')].filter(({ src }) => src.startsWith('http')).length;

/** `mount` shows the component in an element and gives what takes it away. */
export async function watched(mount) {
  const server = new URLSearchParams(location.search).get('server');
  const unmount = mount(document.querySelector('#app'), { serverUrl: `${server}/user/{username}`, smallest: 10 });
  while (!tiles()) await wait(20);
  const shown = tiles();
  await unmount();
  const resources = () => performance.getEntriesByType('resource').length;
  // What was under way is counted when it ends.
  let before = -1;
  while (before !== resources()) {
    before = resources();
    await wait(300);
  }
  // What still listens would ask for another map.
  window.dispatchEvent(new Event('resize'));
  await wait(300);
  const asked = resources() - before;
  return { shown, left: { tiles: tiles(), containers: document.querySelectorAll('.leaflet-container').length, asked } };
}
