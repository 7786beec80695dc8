/** The filter of rows that a selection is: made, set, and taken off its source. */
import type { RowFilter } from '../types/filter-rows.js';

/** What is used of a source. */
export interface SourceLike {
  addFilter(filter: RowFilter): void;
  removeFilter(filter: RowFilter): void;
}

/** What is used of a dataview. CARTO.js 4.2.2 has none of it: there a widget filters itself. */
export interface ExceptingDataview {
  getExceptFilters?(): RowFilter[];
  setExceptFilters?(filters: RowFilter[]): unknown;
}

type Conditions = Record<string, unknown>;
type Filter = RowFilter & { setFilters(conditions: Conditions): void };
type Classes = Record<'Category' | 'Range', new (column: string, conditions: Conditions) => Filter>;

/** Where a source of this library has the classes of filters that go with it. */
const CLASSES = Symbol.for('carto-wasm/filter');

/** The classes of the copy of the library that a source is of: the page may have several, or none in `window.carto`. */
function classesOf(source: SourceLike): Classes {
  const own = (source as { [CLASSES]?: Classes })[CLASSES];
  const classes = own ?? (globalThis as { carto?: { filter?: Classes } }).carto?.filter;
  if (!classes?.Range) throw new TypeError('The property filters is no source of carto.source.');
  return classes;
}

/** What the filter should be. */
export interface Wanted {
  source: SourceLike | null | undefined;
  dataview: (ExceptingDataview & { getColumn(): string }) | null | undefined;
  /** The conditions; null when every row passes. */
  conditions: Conditions | null;
  /** Whether the dataview goes on counting what is not selected. */
  isLeftOut: boolean;
}

export class SourceFilter {
  readonly #kind: 'Category' | 'Range';
  #filter: Filter | undefined;
  #column = '';
  #source: SourceLike | null | undefined;
  #dataview: Wanted['dataview'];
  #isAdded = false;
  #set = '';

  constructor(kind: 'Category' | 'Range') {
    this.#kind = kind;
  }

  /** Does what is missing, and nothing else: each change is a map request. */
  apply({ source, dataview, conditions, isLeftOut }: Wanted): void {
    const column = dataview?.getColumn() ?? '';
    if (source !== this.#source || dataview !== this.#dataview || column !== this.#column) this.release();
    this.#source = source;
    this.#dataview = dataview;
    this.#column = column;
    if (!source || !dataview) return;
    if (!conditions) {
      this.#take();
      return;
    }
    const text = JSON.stringify(conditions);
    if (!this.#filter) this.#filter = new (classesOf(source)[this.#kind])(column, conditions);
    else if (text !== this.#set) this.#filter.setFilters(conditions);
    this.#set = text;
    // First, or the dataview would be asked for what is thrown away.
    this.#leaveOut(isLeftOut);
    if (!this.#isAdded) source.addFilter(this.#filter);
    this.#isAdded = true;
  }

  /** Takes the filter off the source and forgets it. */
  release(): void {
    this.#take();
    if (this.#filter) this.#leaveOut(false);
    this.#filter = undefined;
    this.#source = this.#dataview = undefined;
    this.#column = this.#set = '';
  }

  #take(): void {
    if (this.#isAdded && this.#filter) this.#source?.removeFilter(this.#filter);
    this.#isAdded = false;
  }

  #leaveOut(isLeftOut: boolean): void {
    const filter = this.#filter;
    const before = this.#dataview?.getExceptFilters?.() ?? [];
    if (!filter || before.includes(filter) === isLeftOut) return;
    this.#dataview?.setExceptFilters?.(isLeftOut ? [...before, filter] : before.filter((one) => one !== filter));
  }
}
