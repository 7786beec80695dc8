/** `carto.layer`: identity, chaining and events around the layer of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { type Abortable, abortable } from './abort.js';
import { mixEvents } from './events.js';
import { bindTo, keep, release } from './owner.js';

/** The page's own lists of columns: the one in use, and the latest that was set. */
interface Lists {
  now: unknown;
  next?: unknown;
}

/** The page's own list, where it says what is in use. */
function own(lists: Lists, columns: string[]): string[] {
  for (const list of [lists.next, lists.now]) {
    if (Array.isArray(list) && list.length === columns.length && list.every((column, index) => column === columns[index])) {
      lists.now = list;
      return list as string[];
    }
  }
  return columns;
}

/** Sets columns, and remembers the page's list once they were accepted. */
function set(lists: Lists, columns: unknown, options: Abortable | undefined, call: () => Promise<void>): Promise<void> {
  return abortable(options, () => {
    const done = call();
    lists.next = columns;
    return done;
  });
}

export class Layer extends raw.Layer {
  /** The client that the layer was first added to; its list of layers follows {@link setOrder}. */
  __owner?: { __refresh(): void };

  readonly #click: Lists;
  readonly #over: Lists;

  constructor(source: unknown, style: unknown, options?: Record<string, unknown> | null) {
    super(source, style, options);
    bindTo(this);
    this.#click = { now: options?.featureClickColumns };
    this.#over = { now: options?.featureOverColumns };
    keep(this, source);
    keep(this, style);
  }

  override setSource(source: unknown, options?: Abortable): Promise<void> {
    const call = () => this.#replace(source, this.getSource(), super.setSource(source), () => this.getSource());
    return abortable(options, call);
  }

  override setStyle(style: unknown, options?: Abortable): Promise<void> {
    const call = () => this.#replace(style, this.getStyle(), super.setStyle(style), () => this.getStyle());
    return abortable(options, call);
  }

  override getFeatureClickColumns(): string[] {
    return own(this.#click, super.getFeatureClickColumns());
  }

  override setFeatureClickColumns(columns: unknown, options?: Abortable): Promise<void> {
    return set(this.#click, columns, options, () => super.setFeatureClickColumns(columns));
  }

  override getFeatureOverColumns(): string[] {
    return own(this.#over, super.getFeatureOverColumns());
  }

  override setFeatureOverColumns(columns: unknown, options?: Abortable): Promise<void> {
    return set(this.#over, columns, options, () => super.setFeatureOverColumns(columns));
  }

  override setOrder(index: number, options?: Abortable): Promise<void> {
    return abortable(options, () => {
      const done = super.setOrder(index);
      this.__owner?.__refresh();
      return done;
    });
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

  bringToBack(options?: Abortable): Promise<void> {
    return this.setOrder(0, options);
  }

  bringToFront(options?: Abortable): Promise<void> {
    return this.setOrder(this.__top(), options);
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

/** Called with `new`, as ever, it gives a plain object: what the server takes (spec 2.8). */
const named = {
  // The name of a property is one that no minifier shortens; a method would not be called with `new`.
  // eslint-disable-next-line object-shorthand
  Aggregation: function (options: unknown): object {
    return raw.aggregation(options);
  },
};

export const Aggregation = Object.assign(named.Aggregation, {
  operation: { AVG: 'avg', SUM: 'sum', MIN: 'min', MAX: 'max', MODE: 'mode' },
  placement: { SAMPLE: 'point-sample', GRID: 'point-grid', CENTROID: 'centroid' },
});
