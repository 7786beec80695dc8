/** Vector mode of a client: tiles that are drawn here, and requests that are answered here. */
import type { Client } from '../client.js';
import type { Answer, Vector } from '../vector.js';
import type { Answered, Shown, Wanted } from './engine.js';
import { Link } from './link.js';
import { Pointer } from './pointer.js';
import { CanvasTile } from './tile.js';

/** What is used of Leaflet's layers. */
interface NativeLayer {
  options: { zoomOffset?: number };
  _tiles: Record<string, { loaded?: unknown }>;
  _loading?: boolean;
  fire(name: string): void;
  on(name: string, listener: (event: { tile: object }) => void): void;
}
interface NativeClass {
  extend(members: object): never;
}
interface Place {
  x: number;
  y: number;
  z: number;
}

/** What is used of MapLibre. */
interface MapLibre {
  addProtocol(scheme: string, load: (request: { url: string }) => Promise<{ data: ImageBitmap }>): void;
}

/** What is used of the tiles of OpenLayers. */
interface OlTile {
  setImage(canvas: HTMLCanvasElement): void;
  setState(state: number): void;
}
const OL_ERROR = 3;

/** Milliseconds in which a map library begins to ask for tiles of other addresses. */
const FRAME = 20;

type Send = Parameters<Answer>[2];

/** An answer, as much of one as the library reads. */
function answered(text: string, { status, statusText, headers }: Pick<Response, 'status' | 'statusText' | 'headers'>): Response {
  return { status, statusText, headers, text: () => Promise.resolve(text) } as Response;
}

const GOOD = { status: 200, statusText: 'OK', headers: { get: () => null } as unknown as Headers };
const isGood = ({ status }: Response): boolean => status >= 200 && status < 300;

const modes = new Set<Mode>();
let count = 0;

export class Mode implements Vector {
  readonly #client: Client;
  readonly #link = new Link();
  readonly #pointer: Pointer;
  readonly #tiles = new Set<CanvasTile>();
  /** The tiles of Leaflet's by their canvases. */
  readonly #of = new WeakMap<object, CanvasTile>();
  readonly #scheme = `carto-vector-${++count}`;
  /** What map libraries wait for that have their tiles by addresses. */
  readonly #drawing = new Set<Promise<unknown>>();
  /** Tells such a library other addresses when its tiles look different. */
  #tell?: (addresses: string[]) => void;
  #version = 0;
  #address = '';
  #layer?: NativeLayer;
  #shown?: Shown;

  constructor(client: Client, showHand: (hand: boolean) => void) {
    this.#client = client;
    this.#pointer = new Pointer(client, this.#link, showHand);
    modes.add(this);
  }

  readonly answer: Answer = async (url, parts, send) => {
    for (const name of ['grid', 'dataview']) {
      if (!url.includes(name === 'grid' ? '.grid.json' : '/dataview/')) continue;
      const { text, address } = await this.#link.ask<Answered>(name, [url]);
      return text ? answered(text, GOOD) : send(address, parts);
    }
    const config = parts.body as string | undefined;
    if (!config) return send(url, parts);
    await this.#load(url, parts, send, config);
    const answer = await this.#link.ask<string | undefined>('answer', [config]);
    if (answer !== undefined) {
      await this.#refresh(await this.#link.ask('look', [this.#ids()]));
      return answered(answer, GOOD);
    }
    const told = await send(url, withBody(parts, await this.#link.ask<string>('asked', [config, url])));
    const text = await told.text();
    if (isGood(told)) {
      await this.#link.ask('take', [config, text]);
      await this.#load(url, parts, send);
    }
    return answered(text, told);
  };

  leaflet<T extends object>(native: T): T {
    const mode = this as Mode;
    return (native as unknown as NativeClass).extend({
      createTile(this: NativeLayer, { x, y, z }: Place, done: (error: Error | null, tile: object) => void): object {
        const tile = mode.tile([z + (this.options.zoomOffset ?? 0), x, y], (error) => done(error, tile.canvas));
        mode.#of.set(tile.canvas, tile);
        return tile.canvas;
      },
    });
  }

  follow(tell: (addresses: string[]) => void): void {
    this.#tell = tell;
  }

  protocol(given: unknown): void {
    const maplibre = (given ?? (globalThis as { maplibregl?: unknown }).maplibregl) as Partial<MapLibre> | undefined;
    if (typeof maplibre?.addProtocol !== 'function') throw new Error("render: 'vector' needs MapLibre GL JS, as window.maplibregl or as the option maplibre.");
    maplibre.addProtocol(this.#scheme, async ({ url }) => ({ data: await createImageBitmap(await this.#image(url)) }));
  }

  load(tile: object, address: string): void {
    const shown = tile as OlTile;
    this.#image(address).then(
      (canvas) => shown.setImage(canvas),
      () => shown.setState(OL_ERROR),
    );
  }

  /** What is at one of the addresses that a map library has of here. */
  #image(address: string): Promise<HTMLCanvasElement> {
    const [z, x, y] = address.split('/').slice(3).map((part) => parseInt(part, 10)) as [number, number, number];
    const drawn = new Promise<HTMLCanvasElement>((done, failed) => {
      const ended = (error: Error | null): void => {
        if (error) failed(error);
        else done(tile.canvas);
      };
      const tile = new CanvasTile(this.#link, [z, x, y], address, ended, () => undefined);
      void tile.draw();
    });
    this.#drawing.add(drawn);
    const end = (): void => void this.#drawing.delete(drawn);
    drawn.then(end, end);
    return drawn;
  }

  /** A tile that is drawn, and drawn again when it would look different, until it is removed. */
  tile([z, x, y]: [number, number, number], ended: (error: Error | null) => void): CanvasTile {
    const address = this.#address.replace('{z}', `${z}`).replace('{x}', `${x}`).replace('{y}', `${y}`);
    const tile = new CanvasTile(this.#link, [z, x, y], address, ended, () => this.#tiles.delete(tile));
    this.#tiles.add(tile);
    void tile.draw();
    return tile;
  }

  show(layer: object | null, address: string | null, subdomains: string[]): void {
    if (layer && !this.#layer) {
      this.#layer = layer as NativeLayer;
      this.#layer.on('tileunload', ({ tile }) => this.#of.get(tile)?.remove());
    }
    // Maps that were answered here are not the server's.
    this.#address = (address ?? '').replace(/~\d+\//, '/').replace('{s}', subdomains[0] ?? '');
    bind(this.#client);
    void this.#link.ask<Shown>('show', [address ?? '', subdomains, this.#ids()]).then((shown) => this.#refresh(shown), () => undefined);
  }

  point(otherwise: () => void, click: boolean, lat: number, lng: number, x: number, y: number, zoom: number, worldX: number, worldY: number): void {
    this.#pointer.point({ click, latLng: { lat, lng }, position: { x, y }, zoom, world: { x: worldX, y: worldY } }, otherwise);
  }

  leave(): void {
    this.#pointer.leave();
  }

  dispose(): void {
    modes.delete(this);
    this.#link.end();
  }

  /** How a layer of the client is drawn. */
  modeOf(layer: object): string | undefined {
    const all = this.#client.getLayers();
    const found = all.find((other) => (other as object) === layer);
    return found && this.#shown?.modes[JSON.stringify(found.getId())];
  }

  #ids(): string[] {
    return this.#client.getLayers().map((layer) => JSON.stringify(layer.getId()));
  }

  /** Has the server make the maps of vector tiles that are missed, for a map that will be asked for or the present one. */
  async #load(url: string, parts: RequestInit, send: Send, config?: string): Promise<void> {
    const load = async ([source, columns, body]: Wanted): Promise<boolean> => {
      const told = await send(url, withBody(parts, body)).catch(() => null);
      const text = told && isGood(told) ? await told.text() : '';
      await this.#link.ask('takeTiles', [source, columns, text]);
      return !text;
    };
    const loadAll = async (): Promise<boolean> => (await Promise.all((await this.#link.ask<Wanted[]>('wanted', [config])).map(load))).includes(true);
    // Where a map with boxes around rows is refused, one without is wanted, and where that is, images are shown.
    if (await loadAll()) await loadAll();
  }

  /** Lets the layer tell of loading and its end, as it does when it loads other images. */
  #begin(): void {
    const layer = this.#layer;
    if (!layer) return;
    for (const tile of Object.values(layer._tiles)) tile.loaded = 0;
    if (layer._loading) return;
    layer._loading = true;
    layer.fire('loading');
  }

  /** Draws the tiles again when they would look different. */
  async #refresh(shown: Shown): Promise<void> {
    const before = this.#shown;
    this.#shown = shown;
    this.#tellModes(before);
    if ((before?.look ?? '') === shown.look) return;
    if (this.#tell) return this.#tellAddresses(this.#tell, shown.look !== '');
    const tiles = [...this.#tiles];
    if (!tiles.length) return;
    this.#begin();
    await Promise.all(tiles.map((tile) => tile.draw()));
  }

  /** Gives a map library other addresses, and waits for what it asks for then. */
  async #tellAddresses(tell: (addresses: string[]) => void, isShown: boolean): Promise<void> {
    tell(isShown ? [`${this.#scheme}://${++this.#version}/{z}/{x}/{y}`] : []);
    for (let frame = 0; frame < 2; frame++) await new Promise((done) => setTimeout(done, FRAME));
    await Promise.allSettled(this.#drawing);
  }

  /** Says of each layer once that the server draws it, and that it does no more. */
  #tellModes(before?: Shown): void {
    for (const layer of this.#client.getLayers()) {
      const id = JSON.stringify(layer.getId());
      const mode = this.#shown?.modes[id];
      if (mode && mode !== (before?.modes[id] ?? 'vector')) this.#client.trigger('renderModeChanged', { layer, mode });
    }
  }
}

function withBody(parts: RequestInit, body: string): RequestInit {
  return Object.assign(Object.create(null) as RequestInit, parts, { body });
}

/** Gives layers the method that tells how they are drawn. */
function bind(client: Client): void {
  const layer = client.getLayers()[0] as object | undefined;
  let prototype = layer && (Object.getPrototypeOf(layer) as object);
  while (prototype && !Object.hasOwn(prototype, 'getSource')) prototype = Object.getPrototypeOf(prototype) as object;
  if (!prototype || Object.hasOwn(prototype, 'getRenderMode')) return;
  const value = function (this: object): string {
    for (const mode of modes) {
      const found = mode.modeOf(this);
      if (found) return found;
    }
    return 'image';
  };
  Object.defineProperty(prototype, 'getRenderMode', { value, writable: true, configurable: true });
}
