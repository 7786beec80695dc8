/** Where the pointer is over a map, told to the WebAssembly side, or to what draws the map in its place. */
import { type Client, nativeOf } from './client.js';
import { at } from './held.js';
import { CLIENT } from './kind.js';

/** The pointer moved or clicked: degrees, pixels of the map, the zoom level of its tiles, and pixels of the world there. */
export function point(client: Client, click: boolean, lat: number, lng: number, x: number, y: number, zoom: number, worldX: number, worldY: number): void {
  const tell = (): void => at(client, CLIENT).__pointer(click, lat, lng, x, y, zoom, worldX, worldY);
  const { vector } = nativeOf(client);
  if (vector) vector.point(tell, click, lat, lng, x, y, zoom, worldX, worldY);
  else tell();
}

/** The pointer left the map. */
export function leave(client: Client): void {
  nativeOf(client).vector?.leave();
  at(client, CLIENT).__pointerLeft();
}
