// What a component with a map shows, and what is left of it when it is gone.
const style = document.createElement('style');
style.textContent = '.carto-map { width: 400px; height: 300px; position: relative; } .leaflet-tile { position: absolute; }';
document.head.append(style);

const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const tiles = () => [...document.querySelectorAll('img.leaflet-tile')].filter(({ src }) => src.startsWith('http')).length;

/** `mount` shows the component and gives what takes it away; its argument is to be called with the client. */
export async function watched(mount) {
  let unmount;
  const client = await new Promise((resolve) => {
    unmount = mount(resolve);
  });
  while (!tiles()) await wait(20);
  const shown = { tiles: tiles(), layers: client.getLayers().length };
  unmount();
  await wait(100);
  return { shown, after: { tiles: tiles(), layers: client.getLayers().length, containers: document.querySelectorAll('.leaflet-container').length } };
}
