/** `carto.Client`: identity, events and native layers around the client of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import type { Dataview } from './dataview.js';
import { mixEvents } from './events.js';
import type { Layer } from './layer.js';
import { showCursor, showTiles, type TileLayer, tileLayer } from './leaflet.js';
import { keep } from './owner.js';

/** Passes tile addresses and cursors on to the map library. */
class Native {
  layer?: TileLayer;

  __emit(name: string, [first, second]: [never, never]): void {
    if (!this.layer) return;
    if (name === 'tiles') showTiles(this.layer, first, second);
    else showCursor(this.layer, first);
  }
}

/** Replaces what is in a list that the page may hold. */
function refill<T>(list: T[], items: T[]): void {
  list.splice(0, list.length, ...items);
}

export class Client extends raw.Client {
  readonly #layers: Layer[] = [];
  readonly #dataviews: Dataview[] = [];
  readonly #native = new Native();

  constructor(settings: unknown) {
    super(settings, globalThis.location?.protocol);
    this.__bind(this);
    this.__bindNative(this.#native);
  }

  addLayer(layer: Layer): Promise<void> {
    return this.addLayers([layer]);
  }

  override addLayers(layers: Layer[]): Promise<void> {
    const done = super.addLayers(layers);
    for (const layer of layers) {
      layer.__owner ??= this;
      for (const part of [layer, layer.getSource(), layer.getStyle()]) keep(part, this);
    }
    this.__refresh();
    return done;
  }

  /** Brings the page's list in the order of the map. */
  __refresh(): void {
    refill(this.#layers, this.__layers());
  }

  removeLayer(layer: Layer): Promise<void> {
    return this.removeLayers([layer]);
  }

  override removeLayers(layers: Layer[]): Promise<void> {
    const done = super.removeLayers(layers);
    this.__refresh();
    return done;
  }

  override moveLayer(layer: Layer, index: number): Promise<void> {
    const done = super.moveLayer(layer, index);
    this.__refresh();
    return done;
  }

  getLayers(): Layer[] {
    return this.#layers;
  }

  addDataview(dataview: Dataview): Promise<void> {
    return this.addDataviews([dataview]);
  }

  override addDataviews(dataviews: Dataview[]): Promise<void> {
    const done = super.addDataviews(dataviews);
    for (const dataview of dataviews) for (const part of [dataview, dataview.getSource()]) keep(part, this);
    refill(this.#dataviews, this.__dataviews());
    return done;
  }

  override removeDataview(dataview: Dataview): Promise<void> {
    const done = super.removeDataview(dataview);
    refill(this.#dataviews, this.__dataviews());
    return done;
  }

  getDataviews(): Dataview[] {
    return this.#dataviews;
  }

  getLeafletLayer(options?: object): TileLayer {
    if (!this.#native.layer) {
      this.#native.layer = tileLayer(this, options);
      this.__greet();
    }
    return this.#native.layer;
  }
}
mixEvents(Client);
