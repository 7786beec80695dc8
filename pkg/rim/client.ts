/** `carto.Client`: identity, events and native layers around the client of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { type Abortable, abortable } from './abort.js';
import { checkKey, type CheckOptions, type KeyCheck, query, type QueryOptions } from './account.js';
import type { Dataview } from './dataview.js';
import { mixEvents } from './events.js';
import type { Layer } from './layer.js';
import { type GoogleMap, GoogleNative, type MapType } from './google.js';
import { type Leaflet, LeafletNative, type TileLayer } from './leaflet.js';
import { bindTo, keep, release } from './owner.js';

/** Passes tile addresses and cursors on to the map libraries. */
class Native {
  leaflet?: LeafletNative;
  google?: GoogleNative;

  __emit(name: string, [first, second]: [never, never]): void {
    for (const native of this.#all()) {
      if (name === 'tiles') native.__showTiles(first, second);
      else native.__showCursor(first);
    }
  }

  /** Takes the layers off their maps, for good. */
  dispose(): void {
    for (const native of this.#all()) native.__remove();
    this.leaflet = this.google = undefined;
  }

  #all(): (LeafletNative | GoogleNative)[] {
    return [this.leaflet, this.google].filter((native) => native !== undefined);
  }
}

/** Replaces what is in a list that the page may hold. */
function refill<T>(list: T[], items: T[]): void {
  list.splice(0, list.length, ...items);
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

export class Client extends raw.Client {
  readonly #layers: Layer[] = [];
  readonly #dataviews: Dataview[] = [];
  readonly #native = new Native();

  constructor(settings: unknown) {
    super(settings, globalThis.location?.protocol);
    bindTo(this);
    this.__bindNative(this.#native);
    const { allowMasterKey } = settings as { allowMasterKey?: boolean };
    if (!allowMasterKey && isPublicPage() && this.__account()[3]) warnOnce();
  }

  addLayer(layer: Layer, options?: Abortable): Promise<void> {
    return this.addLayers([layer], options);
  }

  override addLayers(layers: Layer[], options?: Abortable): Promise<void> {
    return abortable(options, () => {
      const done = super.addLayers(layers);
      for (const layer of layers) {
        layer.__owner ??= this;
        for (const part of [layer, layer.getSource(), layer.getStyle()]) keep(part, this);
      }
      this.__refresh();
      return done;
    });
  }

  /** Brings the page's lists in the order of the map. */
  __refresh(): void {
    refill(this.#layers, this.__layers());
    refill(this.#dataviews, this.__dataviews());
  }

  removeLayer(layer: Layer, options?: Abortable): Promise<void> {
    return this.removeLayers([layer], options);
  }

  override removeLayers(layers: Layer[], options?: Abortable): Promise<void> {
    return this.#refreshing(options, () => super.removeLayers(layers));
  }

  override moveLayer(layer: Layer, index: number, options?: Abortable): Promise<void> {
    return this.#refreshing(options, () => super.moveLayer(layer, index));
  }

  getLayers(): Layer[] {
    return this.#layers;
  }

  addDataview(dataview: Dataview, options?: Abortable): Promise<void> {
    return this.addDataviews([dataview], options);
  }

  override addDataviews(dataviews: Dataview[], options?: Abortable): Promise<void> {
    return this.#refreshing(options, () => {
      const done = super.addDataviews(dataviews);
      for (const dataview of dataviews) for (const part of [dataview, dataview.getSource()]) keep(part, this);
      return done;
    });
  }

  override removeDataview(dataview: Dataview, options?: Abortable): Promise<void> {
    return this.#refreshing(options, () => super.removeDataview(dataview));
  }

  getDataviews(): Dataview[] {
    return this.#dataviews;
  }

  override setApiKey(apiKey: string, options?: Abortable): Promise<void> {
    return abortable(options, () => super.setApiKey(apiKey));
  }

  sql(sql: string, options?: QueryOptions): Promise<unknown> {
    return query(this, sql, options);
  }

  checkKey(options?: CheckOptions): Promise<KeyCheck> {
    return checkKey(this, options);
  }

  /** Ends the client: its layer goes off the map, and what was in it can go to another client. */
  dispose(): void {
    for (const layer of this.#layers) {
      layer.__owner = undefined;
      for (const part of [layer, layer.getSource(), layer.getStyle()]) release(part, this);
    }
    for (const dataview of this.#dataviews) for (const part of [dataview, dataview.getSource()]) release(part, this);
    this.__dispose();
    this.__refresh();
    this.#native.dispose();
  }

  #refreshing(options: Abortable | undefined, call: () => Promise<void>): Promise<void> {
    return abortable(options, () => {
      const done = call();
      this.__refresh();
      return done;
    });
  }

  getLeafletLayer(options?: { leaflet?: Leaflet }): TileLayer {
    const { leaflet } = this.#native;
    if (leaflet) return leaflet.__layer;
    const made = (this.#native.leaflet = new LeafletNative(this, options));
    this.__greet();
    return made.__layer;
  }

  getGoogleMapsMapType(map: GoogleMap): MapType {
    const { google } = this.#native;
    if (google) return google.__type;
    const made = (this.#native.google = new GoogleNative(this, map));
    this.__greet();
    return made.__type;
  }
}
mixEvents(Client);
// The glue would free the memory under the page's object.
if (Symbol.dispose) Object.defineProperty(Client.prototype, Symbol.dispose, { value: Client.prototype.dispose });
