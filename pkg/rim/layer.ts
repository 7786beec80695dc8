/** `carto.layer`: identity, chaining and events around the layer of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { type Abortable, abortable } from './abort.js';
import { Emitter } from './events.js';
import { at, call, type Held, itself, keep, kept, me, release } from './held.js';
import { CLIENT, LAYER } from './kind.js';

/** Keeps a new part alive, and lets go of the one that lost. */
function replace(layer: Held, part: unknown, before: unknown, done: Promise<void>, current: () => unknown): Promise<void> {
  keep(layer, part);
  return done.finally(() => {
    if (itself(part) !== current()) release(layer, part);
    if (before !== current()) release(layer, before);
  });
}

let order: (client: Held) => void;
/** Says how a client's list is brought in order when a layer of it moved. */
export function whenOrdered(how: typeof order): void {
  order = how;
}

/** Notes an event of a layer before it is told: metadata is asked for later, too. */
export let note: (target: object, name: string, args: unknown[]) => void;

export class Layer extends Emitter {
  #styles?: unknown;

  static {
    note = (target, name, args) => {
      if (name === 'metadataChanged' && #styles in target) target.#styles = (args[0] as { styles: unknown }).styles;
    };
  }

  constructor(source: unknown, style: unknown, options?: Record<string, unknown> | null) {
    super(LAYER, () => new raw.Layer(source, style, options));
    keep(this, source);
    keep(this, style);
  }

  getId(): string {
    return at(this, LAYER).getId() as string;
  }

  getSource(): object {
    return at(this, LAYER).getSource() as object;
  }

  setSource(source: unknown, options?: Abortable): Promise<void> {
    const layer = at(this, LAYER);
    const current = (): unknown => layer.getSource();
    return abortable(options, () => replace(this, source, current(), layer.setSource(source), current));
  }

  getStyle(): object {
    return at(this, LAYER).getStyle() as object;
  }

  setStyle(style: unknown, options?: Abortable): Promise<void> {
    const layer = at(this, LAYER);
    const current = (): unknown => layer.getStyle();
    return abortable(options, () => replace(this, style, current(), layer.setStyle(style), current));
  }

  getMetadata(): unknown {
    return me(this, LAYER).#styles;
  }

  getFeatureClickColumns(): string[] {
    return at(this, LAYER).getFeatureClickColumns() as string[];
  }

  setFeatureClickColumns(columns: unknown, options?: Abortable): Promise<void> {
    const layer = at(this, LAYER);
    return abortable(options, () => layer.setFeatureClickColumns(columns));
  }

  getFeatureOverColumns(): string[] {
    return at(this, LAYER).getFeatureOverColumns() as string[];
  }

  setFeatureOverColumns(columns: unknown, options?: Abortable): Promise<void> {
    const layer = at(this, LAYER);
    return abortable(options, () => layer.setFeatureOverColumns(columns));
  }

  isVisible(): boolean {
    return at(this, LAYER).isVisible();
  }

  isHidden(): boolean {
    return at(this, LAYER).isHidden();
  }

  isInteractive(): boolean {
    return at(this, LAYER).isInteractive();
  }

  setOrder(index: number, options?: Abortable): Promise<void> {
    const layer = at(this, LAYER);
    return abortable(options, () => {
      const done = layer.setOrder(index);
      const clients = kept(this, CLIENT);
      for (let index = 0; index < clients.length; index++) order(clients[index]!);
      return done;
    });
  }

  hide(): this {
    at(this, LAYER).__setVisible(false);
    return this;
  }

  show(): this {
    at(this, LAYER).__setVisible(true);
    return this;
  }

  toggle(): this {
    const layer = at(this, LAYER);
    layer.__setVisible(layer.isHidden());
    return this;
  }

  bringToBack(options?: Abortable): Promise<void> {
    me(this, LAYER);
    return call(this, 'setOrder', 0, options);
  }

  bringToFront(options?: Abortable): Promise<void> {
    const top = at(this, LAYER).__top();
    return call(this, 'setOrder', top, options);
  }
}
