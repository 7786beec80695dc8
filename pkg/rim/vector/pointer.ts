/** The pointer over a map that is drawn here: what is asked of the map about it, and what the page is told. */
import type { Client } from '../client.js';
import type { Layer } from '../layer.js';
import type { Met } from './engine.js';
import type { Link } from './link.js';

/** What a pointer did, and where: in degrees, in pixels of the map, and in pixels of the world at the zoom level of its tiles. */
export interface Pointed {
  click: boolean;
  latLng: { lat: number; lng: number };
  position: { x: number; y: number };
  zoom: number;
  world: { x: number; y: number };
}

export class Pointer {
  readonly #client: Client;
  readonly #link: Link;
  readonly #showHand: (hand: boolean) => void;
  #isAsking = false;
  /** The move to ask about next; those between are let go. */
  #next?: () => void;

  constructor(client: Client, link: Link, showHand: (hand: boolean) => void) {
    this.#client = client;
    this.#link = link;
    this.#showHand = showHand;
  }

  /** Tells what is under the pointer; `otherwise` is called when it is the server that knows. */
  point(pointed: Pointed, otherwise: () => void): void {
    const ask = (): void => void this.#ask(pointed, otherwise);
    if (pointed.click) return ask();
    if (this.#isAsking) this.#next = ask;
    else ask();
  }

  leave(): void {
    this.#next = undefined;
    void this.#link.ask<unknown[]>('leave').then((ids) => {
      for (const id of ids) this.#layer(id)?.trigger('featureOut', { data: undefined, latLng: undefined });
      if (ids.length) this.#showHand(false);
    }, () => undefined);
  }

  async #ask(pointed: Pointed, otherwise: () => void): Promise<void> {
    const { click, zoom, world, latLng, position } = pointed;
    const wanting = this.#client.getLayers().filter((layer) => layer.isVisible() && layer.isInteractive());
    if (!wanting.length) return;
    if (!click) this.#isAsking = true;
    try {
      const ids = wanting.map((layer) => JSON.stringify(layer.getId()));
      const met = await this.#link.ask<Met | null>('pointer', [click, zoom, world.x, world.y, ids]);
      if (met) this.#tell(met, latLng, position);
      else otherwise();
    } catch {
      otherwise();
    } finally {
      if (!click) {
        this.#isAsking = false;
        const next = this.#next;
        this.#next = undefined;
        next?.();
      }
    }
  }

  #tell({ events, hand, features }: Met, latLng: object, position: object): void {
    for (const [id, name, data] of events) {
      const event = name === 'featureOut' ? { data: undefined, latLng: undefined } : { data, latLng, position };
      this.#layer(id)?.trigger(name, event);
    }
    this.#showHand(hand);
    if (!features) return;
    const found = features.map(([id, data]) => ({ layer: this.#layer(id), data }));
    this.#client.trigger('featuresClicked', { latLng, position, features: found });
  }

  #layer(id: unknown): Layer | undefined {
    return this.#client.getLayers().find((layer) => layer.getId() === id);
  }
}
