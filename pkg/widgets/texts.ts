import type { WidgetTexts } from '../types/widgets.js';

/** What widgets say. A page in another language gives its own: `widget.texts = { empty: 'Nichts zu zeigen' }`. */
export type Texts = WidgetTexts;

export const TEXTS: Texts = {
  loading: 'Loading…',
  empty: 'No data here',
  error: 'The data could not be loaded.',
  others: 'All others',
  noValue: 'No value',
  clear: 'Clear',
  search: 'Search',
  noMatch: 'Nothing found',
  lock: 'Show selected only',
  unlock: 'Show all',
  selected: '{count} selected',
  from: 'From',
  to: 'To',
  range: '{from} – {to}',
  zoom: 'Zoom in',
  reset: 'Show all',
  play: 'Play',
  pause: 'Pause',
  legend: 'Legend',
  sameLook: 'All features look the same',
  hiddenLayer: 'The layer is hidden',
  feature: 'Feature',
  place: '{index} of {count}',
  close: 'Close',
  previous: 'Previous',
  next: 'Next',
};

/** A text with its places filled. */
export function filled(text: string, values: Record<string, string>): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => values[name] ?? place);
}
