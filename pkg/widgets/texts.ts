/** What widgets say. A page in another language gives its own: `widget.texts = { empty: 'Nichts zu zeigen' }`. */
export interface Texts {
  /** While the first data is on its way. */
  loading: string;
  /** When there is no row. */
  empty: string;
  /** When the data could not be read and the error says nothing. */
  error: string;
  /** The bar of all other categories. */
  others: string;
  /** The name of rows without a value. */
  noValue: string;
  /** The button that takes the selection back. */
  clear: string;
  /** The field that looks for categories. */
  search: string;
  /** When no category is found. */
  noMatch: string;
  /** The button that shows the selected categories only. */
  lock: string;
  /** The button that shows all categories again. */
  unlock: string;
  /** How many categories are selected; `{count}` is the number. */
  selected: string;
  /** The handle where a selection starts. */
  from: string;
  /** The handle where a selection ends. */
  to: string;
  /** Two ends; `{from}` and `{to}` are they. */
  range: string;
  /** The button that shows what is selected in the whole width. */
  zoom: string;
  /** The button that shows everything again. */
  reset: string;
  /** The button that moves the selected time on and on. */
  play: string;
  /** The button that stops it. */
  pause: string;
  /** What a screen reader calls a legend without a heading. */
  legend: string;
  /** A legend of a style that has no ramp. */
  sameLook: string;
  /** A legend of a layer that is hidden. */
  hiddenLayer: string;
  /** What a screen reader calls a popup without a title. */
  feature: string;
  /** Which feature of several a popup shows: `{index}` of `{count}`. */
  place: string;
  /** The button that closes a popup. */
  close: string;
  /** The button that shows the feature before. */
  previous: string;
  /** The button that shows the feature behind. */
  next: string;
}

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
