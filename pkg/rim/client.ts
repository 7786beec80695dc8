/** `carto.Client`: identity, events and native layers around the client of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { type Abortable, abortable } from './abort.js';
import { checkKey, type CheckOptions, type KeyCheck, query, type QueryOptions } from './account.js';
import type { Dataview } from './dataview.js';
import { Emitter } from './events.js';
import { follow, letGoUnlessUsed } from './filter.js';
import { type GoogleMap, googleMaps, GoogleNative, type MapType } from './google.js';
import { at, behind, call, keep, kept, me, number, release } from './held.js';
import { BOX_OF_MAP, CLIENT, DATAVIEW, LAYER } from './kind.js';
import { type Layer, setOwner } from './layer.js';
import { type Leaflet, LeafletNative, leafletOf, type TileLayer } from './leaflet.js';
import { listed } from './list.js';
import { LostTiles } from './lost.js';
import { read } from './natives.js';

/** Passes tile addresses and cursors on to the map libraries, and loads tiles again. */
class Native {
  leaflet?: LeafletNative;
  google?: GoogleNative;
  readonly lost: LostTiles;

  constructor(client: Client) {
    this.lost = new LostTiles(client);
  }

  __emit(name: string, args: [never, never]): void {
    if (name === 'again') return this.lost.__again(args[0]);
    const all = this.#all();
    if (name === 'tiles') this.lost.__again(false);
    for (let at = 0; at < 2; at++) {
      if (name === 'tiles') all[at]?.__showTiles(args[0], args[1]);
      else all[at]?.__showCursor(args[0]);
    }
  }

  /** Takes the layers off their maps, for good. */
  dispose(): void {
    const all = this.#all();
    for (let at = 0; at < 2; at++) all[at]?.__remove();
    this.leaflet = this.google = undefined;
  }

  #all(): (LeafletNative | GoogleNative | undefined)[] {
    return [this.leaflet, this.google];
  }
}

/** Replaces what is in a list that the page may hold. */
function refill<T>(list: T[], items: T[]): void {
  list.length = 0;
  for (let at = 0; at < items.length; at++) list[at] = items[at]!;
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

/** Lets a layer or dataview, and what it is made of, keep the client alive; or ends that. */
function keepAll(how: typeof keep, one: Layer | Dataview, client: Client): void {
  const layer = behind(one, LAYER);
  how(one, client);
  how((layer ?? at(one, DATAVIEW)).getSource(), client);
  if (layer) how(layer.getStyle(), client);
}

/** Does something with each bounding box of a map that a dataview uses. */
function eachBox(dataview: Dataview, how: (box: unknown) => void): void {
  const boxes = kept(dataview, BOX_OF_MAP);
  for (let at = 0; at < boxes.length; at++) how(boxes[at]);
}

/** A list of the page's as it is now; what is none is refused by the WebAssembly side. */
function now<T>(list: T[]): T[] {
  return Array.isArray(list) ? listed(list) : list;
}

export class Client extends Emitter {
  readonly #layers: Layer[] = [];
  readonly #dataviews: Dataview[] = [];
  readonly #native = new Native(this);

  constructor(settings: unknown) {
    super(CLIENT, () => new raw.Client(settings, globalThis.location?.protocol));
    const client = at(this, CLIENT);
    client.__bindNative(number(this.#native));
    if (!read(settings, 'allowMasterKey') && isPublicPage() && client.__account().isMaster) warnOnce();
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
        setOwner(me(list[index]!, LAYER), () => client.#refresh());
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
    return client.#refreshing(options, () => at(client, CLIENT).removeLayers(now(layers)));
  }

  moveLayer(layer: Layer, index: number, options?: Abortable): Promise<void> {
    const client = me(this, CLIENT);
    return client.#refreshing(options, () => at(client, CLIENT).moveLayer(layer, index));
  }

  getLayers(): Layer[] {
    return me(this, CLIENT).#layers;
  }

  addDataview(dataview: Dataview, options?: Abortable): Promise<void> {
    me(this, CLIENT);
    return call(this, 'addDataviews', [dataview], options);
  }

  addDataviews(dataviews: Dataview[], options?: Abortable): Promise<void> {
    const client = me(this, CLIENT);
    return client.#refreshing(options, () => {
      const list = now(dataviews);
      const done = at(client, CLIENT).addDataviews(list);
      for (let index = 0; index < list.length; index++) {
        keepAll(keep, list[index]!, client);
        eachBox(list[index]!, follow);
      }
      return done;
    });
  }

  removeDataview(dataview: Dataview, options?: Abortable): Promise<void> {
    const client = me(this, CLIENT);
    return client.#refreshing(options, () => at(client, CLIENT).removeDataview(dataview));
  }

  getDataviews(): Dataview[] {
    return me(this, CLIENT).#dataviews;
  }

  setApiKey(apiKey: string, options?: Abortable): Promise<void> {
    const client = at(this, CLIENT);
    return abortable(options, () => client.setApiKey(apiKey));
  }

  sql(sql: string, options?: QueryOptions): Promise<unknown> {
    return query(at(this, CLIENT).__account(), sql, options);
  }

  checkKey(options?: CheckOptions): Promise<KeyCheck> {
    return checkKey(at(this, CLIENT).__account(), options);
  }

  /** Ends the client: its layer goes off the map, and what was in it can go to another client. */
  dispose(): void {
    const client = me(this, CLIENT);
    client.#refresh();
    for (let index = 0; index < client.#layers.length; index++) {
      setOwner(me(client.#layers[index]!, LAYER), undefined);
      keepAll(release, client.#layers[index]!, client);
    }
    for (let index = 0; index < client.#dataviews.length; index++) {
      const dataview = client.#dataviews[index]!;
      keepAll(release, dataview, client);
      eachBox(dataview, letGoUnlessUsed);
    }
    at(client, CLIENT).__dispose();
    client.#refresh();
    client.#native.dispose();
  }

  /** Brings the page's lists in the order of the map. */
  #refresh(): void {
    refill(this.#layers, at(this, CLIENT).__layers());
    refill(this.#dataviews, at(this, CLIENT).__dataviews());
  }

  #refreshing(options: Abortable | undefined, call: () => Promise<void>): Promise<void> {
    return abortable(options, () => {
      const done = call();
      this.#refresh();
      return done;
    });
  }

  getLeafletLayer(options?: { leaflet?: Leaflet }): TileLayer {
    const client = me(this, CLIENT);
    const { leaflet } = client.#native;
    if (leaflet) {
      // CARTO.js looks for it at every call.
      leafletOf(options?.leaflet ?? leaflet.__imported);
      return leaflet.__layer;
    }
    const made = (client.#native.leaflet = new LeafletNative(client, client.#native.lost, options));
    at(client, CLIENT).__greet();
    return made.__layer;
  }

  getGoogleMapsMapType(map: GoogleMap): MapType {
    const client = me(this, CLIENT);
    const { google } = client.#native;
    if (google) {
      googleMaps();
      return google.__type;
    }
    const made = (client.#native.google = new GoogleNative(client, client.#native.lost, map));
    at(client, CLIENT).__greet();
    return made.__type;
  }
}
if (Symbol.dispose) Object.defineProperty(Client.prototype, Symbol.dispose, { value: Client.prototype.dispose });
