/** `carto.layer`: identity, chaining and events around the layer of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { type Abortable, abortable } from './abort.js';
import { Emitter } from './events.js';
import { at, call, type Held, itself, keep, me, release } from './held.js';
import { LAYER } from './kind.js';
import { read } from './natives.js';

/** The page's own lists of columns: the one in use, and the latest that was set. */
interface Lists {
  now: unknown;
  next?: unknown;
}

/** Whether a list of the page's says what another one does. */
function isSame(list: unknown, columns: string[]): boolean {
  if (!Array.isArray(list) || list.length !== columns.length) return false;
  let at = columns.length;
  while (--at >= 0 && list[at] === columns[at]);
  return at < 0;
}

/** The page's own list, where it says what is in use. */
function own(lists: Lists, columns: string[]): string[] {
  if (isSame(lists.next, columns)) lists.now = lists.next;
  return isSame(lists.now, columns) ? (lists.now as string[]) : columns;
}

/** Sets columns, and remembers the page's list once they were accepted. */
function set(lists: Lists, columns: unknown, options: Abortable | undefined, call: () => Promise<void>): Promise<void> {
  return abortable(options, () => {
    const done = call();
    lists.next = columns;
    return done;
  });
}

/** Keeps a new part alive, and lets go of the one that lost. */
function replace(layer: Held, part: unknown, before: unknown, done: Promise<void>, current: () => unknown): Promise<void> {
  keep(layer, part);
  return done.finally(() => {
    if (itself(part) !== current()) release(layer, part);
    if (before !== current()) release(layer, before);
  });
}

/** Says who is to be told that the order of a layer's map changed: the client that it was first added to. */
export let setOwner: (layer: Layer, refresh: (() => void) | undefined) => void;

export class Layer extends Emitter {
  #refresh?: () => void;
  readonly #click: Lists;
  readonly #over: Lists;

  constructor(source: unknown, style: unknown, options?: Record<string, unknown> | null) {
    super(LAYER, () => new raw.Layer(source, style, options));
    this.#click = { now: read(options, 'featureClickColumns') };
    this.#over = { now: read(options, 'featureOverColumns') };
    keep(this, source);
    keep(this, style);
  }

  static {
    setOwner = (layer, refresh) => {
      if (!refresh || !layer.#refresh) layer.#refresh = refresh;
    };
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

  getFeatureClickColumns(): string[] {
    return own(me(this, LAYER).#click, at(this, LAYER).getFeatureClickColumns());
  }

  setFeatureClickColumns(columns: unknown, options?: Abortable): Promise<void> {
    const layer = at(this, LAYER);
    return set(me(this, LAYER).#click, columns, options, () => layer.setFeatureClickColumns(columns));
  }

  getFeatureOverColumns(): string[] {
    return own(me(this, LAYER).#over, at(this, LAYER).getFeatureOverColumns());
  }

  setFeatureOverColumns(columns: unknown, options?: Abortable): Promise<void> {
    const layer = at(this, LAYER);
    return set(me(this, LAYER).#over, columns, options, () => layer.setFeatureOverColumns(columns));
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
      me(this, LAYER).#refresh?.();
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
