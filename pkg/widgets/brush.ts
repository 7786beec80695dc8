import { html, type TemplateResult } from 'lit';
import { vars } from './vars.js';

/** Some bars: from one to before another. */
type Bars = [number, number];

/** What a brush asks of its chart and tells it. */
export interface BrushOwner {
  count(): number;
  selected(): Bars | null;
  isRightToLeft(): boolean;
  /** The selection as it is being made. */
  draw(bars: Bars | null): void;
  /** The selection that was made. */
  settle(bars: Bars | null): void;
  hover(bar: number | null): void;
}

/** What handles say. */
export interface HandleTexts {
  from: string;
  to: string;
  text(value: number, isEnd: boolean): string;
}

/** What is dragged: the handle at the start or the end, the whole selection, or a new one. */
interface Drag {
  what: 'start' | 'end' | 'window' | 'new';
  /** The bar where it began. */
  bar: number;
  /** The selection when it began. */
  before: Bars | null;
  hasMoved: boolean;
}

/** How near to a handle, in pixels, it is taken. */
const NEAR = 12;
/** How long after the last key press the selection counts: each costs a map request. */
const SETTLE_AFTER = 300;

/**
 * Selects whole bars, with mouse, finger and keyboard: dragging makes a selection, moves it, or one of its ends, a click takes
 * one bar, and the ends are sliders.
 */
export class Brush {
  readonly #owner: BrushOwner;
  #drag: Drag | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(owner: BrushOwner) {
    this.#owner = owner;
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.#drag = null;
  }

  /** Where a pointer is, in bars from the start of the text's direction. */
  #place(event: PointerEvent): number {
    const { left, width } = (event.currentTarget as HTMLElement).getBoundingClientRect();
    const share = (event.clientX - left) / (width || 1);
    return (this.#owner.isRightToLeft() ? 1 - share : share) * this.#owner.count();
  }

  readonly #onDown = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const brush = event.currentTarget as HTMLElement;
    const place = this.#place(event);
    const before = this.#owner.selected();
    const bar = this.#barAt(place);
    const near = (NEAR * this.#owner.count()) / (brush.clientWidth || 1);
    const [from, to] = before ?? [-Infinity, Infinity];
    const what = Math.abs(place - to) < near && Math.abs(place - to) <= Math.abs(place - from) ? 'end' : Math.abs(place - from) < near ? 'start' : before && place > from && place < to ? 'window' : 'new';
    this.cancel();
    this.#drag = { what, bar, before, hasMoved: false };
    brush.setPointerCapture(event.pointerId);
    brush.querySelector<HTMLElement>(what === 'end' ? '.handle:last-child' : '.handle')?.focus({ preventScroll: true });
    event.preventDefault();
  };

  #barAt(place: number): number {
    return Math.min(Math.max(Math.floor(place), 0), this.#owner.count() - 1);
  }

  readonly #onMove = (event: PointerEvent): void => {
    const place = this.#place(event);
    const drag = this.#drag;
    this.#owner.hover(drag ? null : this.#barAt(place));
    if (!drag) return;
    const count = this.#owner.count();
    const edge = Math.min(Math.max(Math.round(place), 0), count);
    const bar = this.#barAt(place);
    const [from, to] = drag.before ?? [0, count];
    drag.hasMoved ||= drag.what === 'new' || drag.what === 'window' ? bar !== drag.bar : true;
    if (!drag.hasMoved) return;
    if (drag.what === 'start') this.#owner.draw([Math.min(edge, to - 1), to]);
    else if (drag.what === 'end') this.#owner.draw([from, Math.max(edge, from + 1)]);
    else if (drag.what === 'new') this.#owner.draw([Math.min(bar, drag.bar), Math.max(bar, drag.bar) + 1]);
    else this.#owner.draw(moved([from, to], bar - drag.bar, count));
  };

  readonly #onUp = (): void => {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag) return;
    // A click takes one bar, and the only selected one back.
    const isTaken = drag.before?.[0] === drag.bar && drag.before[1] === drag.bar + 1;
    if (drag.hasMoved) this.#owner.settle(this.#owner.selected());
    else if (drag.what === 'new' || drag.what === 'window') this.#owner.settle(isTaken ? null : [drag.bar, drag.bar + 1]);
  };

  readonly #onCancel = (): void => {
    this.#drag = null;
    this.#owner.draw(null);
  };

  readonly #onLeave = (): void => this.#owner.hover(null);

  #onKey(event: KeyboardEvent, isEnd: boolean): void {
    const count = this.#owner.count();
    const selected = this.#owner.selected() ?? [0, count];
    const on = this.#owner.isRightToLeft() ? 'ArrowLeft' : 'ArrowRight';
    const far = Math.max(2, Math.round(count / 10));
    const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: -1, ArrowDown: -1, ArrowUp: 1, PageDown: -far, PageUp: far, Home: -count, End: count, [on]: 1 };
    if (event.key === 'Escape') {
      this.cancel();
      this.#owner.settle(null);
      return;
    }
    const by = steps[event.key];
    if (by === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const [from, to] = selected;
    // With Shift the whole selection moves.
    const next: Bars = event.shiftKey ? moved(selected, by, count) : isEnd ? [from, Math.min(Math.max(to + by, from + 1), count)] : [Math.max(Math.min(from + by, to - 1), 0), to];
    this.#owner.draw(next);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#owner.settle(this.#owner.selected()), SETTLE_AFTER);
  }

  render(selected: Bars | null, edges: readonly number[], texts: HandleTexts): TemplateResult {
    const count = edges.length - 1;
    const [from, to] = selected ?? [0, count];
    const handle = (at: number, isEnd: boolean): TemplateResult => html`<div class="handle" part="handle" role="slider" tabindex="0" aria-orientation="horizontal"
      aria-label=${isEnd ? texts.to : texts.from} aria-valuemin=${edges[isEnd ? from + 1 : 0]!} aria-valuemax=${edges[isEnd ? count : to - 1]!} aria-valuenow=${edges[at]!}
      aria-valuetext=${texts.text(edges[at]!, isEnd)} @keydown=${(event: KeyboardEvent) => this.#onKey(event, isEnd)} ${vars({ '--at': String(at / count) })}></div>`;
    return html`<div class=${selected ? 'brush set' : 'brush'} part="brush" @pointerdown=${this.#onDown} @pointermove=${this.#onMove} @pointerup=${this.#onUp}
      @pointercancel=${this.#onCancel} @pointerleave=${this.#onLeave}>
      <div class="window" part="window" ?hidden=${!selected} ${vars({ '--from': String(from / count), '--size': String((to - from) / count) })}></div>
      ${handle(from, false)}${handle(to, true)}
    </div>`;
  }
}

/** Bars moved by some, as far as there are any. */
export function moved([from, to]: Bars, by: number, count: number): Bars {
  const step = Math.min(Math.max(by, -from), count - to);
  return [from + step, to + step];
}
