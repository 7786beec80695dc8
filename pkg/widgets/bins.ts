/** Bins, edges and ticks: what charts work out. */
import { tickIncrement, ticks } from 'd3-array';
import { utcTicks } from 'd3-time';

/** A bar: rows from `start` to `end`, the end not included. */
export interface Bin {
  readonly start: number;
  readonly end: number;
  readonly freq: number;
}

/** Two ends. */
export type Range = readonly [number, number];

/** A mark at an axis: its place, 0 to 1, and its text. */
export interface Tick {
  readonly at: number;
  readonly text: string;
}

/** As many bars as there is room for: neighbours are added up. */
export function grouped(bins: readonly Bin[], most: number): Bin[] {
  const size = Math.max(1, Math.ceil(bins.length / Math.max(1, most)));
  const bars: Bin[] = [];
  for (let at = 0; at < bins.length; at += size) {
    const part = bins.slice(at, at + size);
    const [first, last] = [part[0]!, part.at(-1)!];
    bars.push({ start: first.start, end: last.end, freq: part.reduce((sum, { freq }) => sum + freq, 0) });
  }
  return bars;
}

/** The bins that lie in a range, or reach into it. */
export function within(bins: readonly Bin[], range: Range | null): readonly Bin[] {
  return range ? bins.filter(({ start, end }) => start < range[1] && end > range[0]) : bins;
}

/** Where bars begin, and where the last one ends. */
export function edgesOf(bars: readonly Bin[]): number[] {
  return bars.length ? [...bars.map(({ start }) => start), bars.at(-1)!.end] : [];
}

/** The bars that a range covers, from one to before another, by the nearest edges; null where it covers none of them. */
export function barsOf(edges: readonly number[], range: Range | null): [number, number] | null {
  const last = edges.length - 1;
  if (!range || last < 1 || range[1] <= edges[0]! || range[0] >= edges[last]!) return null;
  const nearest = (value: number): number => edges.reduce((best, edge, at) => (Math.abs(edge - value) < Math.abs(edges[best]! - value) ? at : best), 0);
  const from = Math.min(nearest(range[0]), last - 1);
  return [from, Math.max(nearest(range[1]), from + 1)];
}

/** Rows in some of the bars. */
export function countOf(bars: readonly Bin[], [from, to]: Range): number {
  return bars.slice(from, to).reduce((sum, { freq }) => sum + freq, 0);
}

/** About how wide a text is, in pixels of the small type of axes. */
const widthOf = (text: string): number => text.length * 6.4 + 14;

/** As many ticks as stand side by side in a width: fewer are asked for until they do. */
export function spaced(width: number, make: (count: number) => Tick[]): Tick[] {
  for (let count = Math.max(2, Math.floor(width / 56)); count > 1; count--) {
    const marks = make(count).filter(({ at, text }) => {
      const half = (widthOf(text) - 14) / 2;
      return at * width >= half - 14 && (1 - at) * width >= half - 14;
    });
    if (marks.every((mark, index) => !index || (mark.at - marks[index - 1]!.at) * width >= (widthOf(mark.text) + widthOf(marks[index - 1]!.text)) / 2)) return marks;
  }
  return [];
}

/** Round numbers between two ends. */
export function numberTicks([start, end]: Range, width: number, text: (value: number) => string): Tick[] {
  return spaced(width, (count) => ticks(start, end, count).map((value) => ({ at: (value - start) / (end - start || 1), text: text(value) })));
}

/** Up to `count` round numbers of rows, whole ones, without 0. */
export function rowTicks(most: number, count: number): number[] {
  if (most <= 0) return [];
  // Half a row is none.
  const step = tickIncrement(0, most, count);
  return step > 0 ? ticks(0, most, count).filter((value) => value > 0) : Array.from({ length: Math.floor(most) }, (_, at) => at + 1);
}

const DAY = 86_400;

/** What is written of a time, by the seconds from one to the next. */
export function dateParts(step: number): Intl.DateTimeFormatOptions {
  if (step >= 360 * DAY) return { year: 'numeric' };
  if (step >= 28 * DAY) return { year: 'numeric', month: 'short' };
  if (step >= DAY) return { day: 'numeric', month: 'short' };
  return { hour: 'numeric', minute: '2-digit' };
}

/** Round times between two ends, in seconds; `text` gets the seconds from one to the next. */
export function timeTicks([start, end]: Range, width: number, text: (seconds: number, step: number) => string): Tick[] {
  return spaced(width, (count) => {
    const times = utcTicks(new Date(start * 1000), new Date(end * 1000), count).map((time) => Number(time) / 1000);
    const step = (times[1] ?? end) - (times[0] ?? start);
    return times.map((time) => ({ at: (time - start) / (end - start || 1), text: text(time, step) }));
  });
}
