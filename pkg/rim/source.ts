/** `carto.source`: identity and chaining around the sources of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { type Abortable, abortable } from './abort.js';
import { mixEvents } from './events.js';
import { bindTo, keep, release } from './owner.js';

class Source extends raw.Source {
  readonly #filters: object[] = [];

  constructor(sql: boolean, text: unknown) {
    super(sql, text);
    bindTo(this);
  }

  getFilters(): object[] {
    return this.#filters;
  }

  addFilter(filter: object): void {
    this.__addFilter(filter);
    if (!this.#filters.includes(filter)) this.#filters.push(filter);
    keep(this, filter);
  }

  addFilters(filters: object[]): void {
    for (const filter of [...filters]) this.addFilter(filter);
  }

  removeFilter(filter: object): void {
    this.__removeFilter(filter);
    const index = this.#filters.indexOf(filter);
    if (index >= 0) this.#filters.splice(index, 1);
    release(this, filter);
  }

  /** Accepts the list of {@link getFilters} itself. */
  removeFilters(filters: object[]): void {
    for (const filter of [...filters]) this.removeFilter(filter);
  }
}
mixEvents(Source);

export class SQL extends Source {
  constructor(query: unknown) {
    super(true, query);
  }

  getQuery(): string {
    return this.__text();
  }

  setQuery(query: unknown, options?: Abortable): Promise<void> {
    return abortable(options, () => this.__setText(query));
  }
}

export class Dataset extends Source {
  constructor(tableName: unknown) {
    super(false, tableName);
  }

  getTableName(): string {
    return this.__text();
  }

  setTableName(tableName: unknown, options?: Abortable): Promise<void> {
    return abortable(options, () => this.__setText(tableName));
  }
}
