/** `carto.Client`: identity, events and native layers around the client of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { type Abortable, abortable } from './abort.js';
import type { Dataview } from './dataview.js';
import { Emitter } from './events.js';
import type { GoogleNative } from './google.js';
import { addMethods } from './methods.js';
import { at, call, type Held, keep, me, number, release } from './held.js';
import { CLIENT, LAYER } from './kind.js';
import { type Layer, whenOrdered } from './layer.js';
import { type Leaflet, LeafletNative, leafletOf, type TileLayer } from './leaflet.js';
import { listed, refill, remove } from './list.js';
import { LostTiles } from './lost.js';
import type { Native } from './map-connection.js';
import type { MapLibreLayer } from './maplibre.js';
import { read } from './natives.js';
import type { OlLayer } from './openlayers.js';
import { type Vector, vectorOf } from './vector.js';

/** Passes tile addresses and cursors on to the map libraries, and loads tiles again. */
class Natives {
  leaflet?: LeafletNative;
  google?: GoogleNative;
  maplibre?: MapLibreLayer;
  openlayers?: OlLayer;
  /** What draws the tiles in place of the server. */
  vector?: Vector;
  readonly #all: Native[] = [];
  readonly lost: LostTiles;

  constructor(client: Client) {
    this.lost = new LostTiles(client);
  }

  add<T extends Native>(native: T): T {
    this.#all[this.#all.length] = native;
    return native;
  }

  remove(native: Native): void {
    remove(this.#all, native);
  }

  /** Has the tiles drawn here, when a page wants it. */
  draw(client: Client, options: unknown): Vector | undefined {
    if (read(options, 'render') !== 'vector') return undefined;
    return (this.vector ??= vectorOf(client, (hand) => this.__emit('hand', [hand as never, null as never])));
  }

  __emit(name: string, args: [never, never]): void {
    if (name === 'again') return this.lost.__again(args[0]);
    if (name === 'tiles') this.lost.__again(false);
    const all = listed(this.#all);
    for (let at = 0; at < all.length; at++) {
      if (name === 'tiles') all[at]!.__showTiles(args[0], args[1]);
      else all[at]!.__showCursor(args[0]);
    }
  }

  /** Takes the layers off their maps, for good. */
  dispose(): void {
    const all = listed(this.#all);
    for (let at = 0; at < all.length; at++) all[at]!.__remove();
    this.#all.length = 0;
    this.vector?.dispose();
    this.vector = this.leaflet = this.google = this.maplibre = this.openlayers = undefined;
  }
}

/** Whether a page is where anybody can read it. */
function isPublicPage(): boolean {
  const { hostname, protocol } = globalThis.location ?? {};
  return /^https?:$/.test(protocol) && !/^(localhost|127\.|10\.|192\.168\.|\[|0\.0\.0\.0)|\.(local|localhost|test|internal)$/.test(hostname);
}

let hasWarned = false;
/** Says what a master key in a page means; never the key itself. */
function warnOnce(): void {
  if (hasWarned) return;
  hasWarned = true;
  console.warn(
    'carto: the apiKey of this page looks like a master key, with which every visitor can change and delete all data of the account. Make a key that grants only what the page shows. (allowMasterKey: true turns this off.)',
  );
}

/** Lets a layer, and what it is made of, keep the client alive; or ends that. */
function keepAll(how: typeof keep, layer: Layer, client: Client): void {
  const raw = at(layer, LAYER);
  how(layer, client);
  how(raw.getSource(), client);
  how(raw.getStyle(), client);
}

/** A list of the page's as it is now; what is none is refused by the WebAssembly side. */
export function now<T>(list: T[]): T[] {
  return Array.isArray(list) ? listed(list) : list;
}

/** The dataviews of a client, in the list that pages get. */
export let dataviewsOf: (client: Client) => Dataview[];
/** What passes tile addresses on for a client. */
export let nativeOf: (client: Client) => Natives;
let order: (client: Client) => void;
/** Calls, and brings the page's lists in order then. */
export let refreshing: (client: Client, options: Abortable | undefined, call: () => Promise<void>) => Promise<void>;

/** What follows for the dataviews of a client when its layers are brought in order, and when it ends. */
interface Dataviews {
  refresh(client: Client): void;
  dispose(client: Client): void;
}
let dataviews: Dataviews | undefined;

export class Client extends Emitter {
  readonly #layers: Layer[] = [];
  readonly #dataviews: Dataview[] = [];
  readonly #native = new Natives(this);

  static {
    dataviewsOf = (client) => client.#dataviews;
    nativeOf = (client) => client.#native;
    order = (client) => client.#refresh();
    refreshing = (client, options, call) =>
      abortable(options, () => {
        const done = call();
        client.#refresh();
        return done;
      });
  }

  constructor(settings: unknown) {
    super(CLIENT, () => new raw.Client(settings, globalThis.location?.protocol));
    const client = at(this, CLIENT);
    client.__bindNative(number(this.#native));
    if (!read(settings, 'allowMasterKey') && isPublicPage() && client.__isMaster) warnOnce();
  }

  addLayer(layer: Layer, options?: Abortable): Promise<void> {
    me(this, CLIENT);
    return call(this, 'addLayers', [layer], options);
  }

  addLayers(layers: Layer[], options?: Abortable): Promise<void> {
    const client = me(this, CLIENT);
    return abortable(options, () => {
      const list = now(layers);
      const done = at(client, CLIENT).addLayers(list);
      for (let index = 0; index < list.length; index++) {
        keepAll(keep, list[index]!, client);
      }
      client.#refresh();
      return done;
    });
  }

  removeLayer(layer: Layer, options?: Abortable): Promise<void> {
    me(this, CLIENT);
    return call(this, 'removeLayers', [layer], options);
  }

  removeLayers(layers: Layer[], options?: Abortable): Promise<void> {
    const client = me(this, CLIENT);
    return refreshing(client, options, () => at(client, CLIENT).removeLayers(now(layers)));
  }

  moveLayer(layer: Layer, index: number, options?: Abortable): Promise<void> {
    const client = me(this, CLIENT);
    return refreshing(client, options, () => at(client, CLIENT).moveLayer(layer, index));
  }

  getLayers(): Layer[] {
    return me(this, CLIENT).#layers;
  }

  setApiKey(apiKey: string, options?: Abortable): Promise<void> {
    const client = at(this, CLIENT);
    return abortable(options, () => client.setApiKey(apiKey));
  }

  /** Ends the client: its layer goes off the map, and what was in it can go to another client. */
  dispose(): void {
    const client = me(this, CLIENT);
    client.#refresh();
    for (let index = 0; index < client.#layers.length; index++) {
      keepAll(release, client.#layers[index]!, client);
    }
    dataviews?.dispose(client);
    at(client, CLIENT).__dispose();
    client.#refresh();
    client.#native.dispose();
  }

  /** Brings the page's lists in the order of the map. */
  #refresh(): void {
    refill(this.#layers, at(this, CLIENT).__layers());
    dataviews?.refresh(this);
  }

  getLeafletLayer(options?: { leaflet?: Leaflet; render?: string }): TileLayer {
    const client = me(this, CLIENT);
    const { leaflet } = client.#native;
    if (leaflet) {
      // CARTO.js looks for it at every call.
      leafletOf(options?.leaflet ?? leaflet.__imported);
      return leaflet.__layer;
    }
    client.#native.draw(client, options);
    const made = client.#native.add((client.#native.leaflet = new LeafletNative(client, client.#native, options)));
    at(client, CLIENT).__greet();
    return made.__layer;
  }
}
whenOrdered(order as (client: Held) => void);
if (Symbol.dispose) Object.defineProperty(Client.prototype, Symbol.dispose, { value: Client.prototype.dispose });

/** Gives clients what a part of the library adds to them. */
export function extendClients(methods: object, itsDataviews = dataviews): void {
  addMethods(Client.prototype, methods);
  dataviews = itsDataviews;
}
