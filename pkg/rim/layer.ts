/** `carto.layer`: identity, chaining and events around the layer of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { mixEvents } from './events.js';
import { keep, release } from './owner.js';

export class Layer extends raw.Layer {
  /** The client that the layer was first added to; its list of layers follows {@link setOrder}. */
  __owner?: { __refresh(): void };

  constructor(source: unknown, style: unknown, options?: Record<string, unknown> | null) {
    super(source, style, options);
    this.__bind(this);
    keep(this, source);
    keep(this, style);
  }

  override setSource(source: unknown): Promise<void> {
    return this.#replace(source, this.getSource(), super.setSource(source), () => this.getSource());
  }

  override setStyle(style: unknown): Promise<void> {
    return this.#replace(style, this.getStyle(), super.setStyle(style), () => this.getStyle());
  }

  override setOrder(index: number): Promise<void> {
    const done = super.setOrder(index);
    this.__owner?.__refresh();
    return done;
  }

  hide(): this {
    this.__setVisible(false);
    return this;
  }

  show(): this {
    this.__setVisible(true);
    return this;
  }

  toggle(): this {
    this.__setVisible(this.isHidden());
    return this;
  }

  bringToBack(): Promise<void> {
    return this.setOrder(0);
  }

  bringToFront(): Promise<void> {
    return this.setOrder(this.__top());
  }

  /** Keeps the new part alive, and lets go of the one that lost. */
  #replace(part: unknown, before: unknown, done: Promise<void>, current: () => unknown): Promise<void> {
    keep(this, part);
    return done.finally(() => {
      for (const candidate of [part, before]) if (candidate !== current()) release(this, candidate);
    });
  }
}
mixEvents(Layer);
