/** `carto.source`: identity and chaining around the sources of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { type Abortable, abortable } from './abort.js';
import { Emitter } from './events.js';
import { at, call, itself, keep, me, release } from './held.js';
import { include, listed, remove } from './list.js';
import { DATASET, type Kind, SOURCE, SQL as QUERY } from './kind.js';

class Source extends Emitter {
  readonly #filters: object[] = [];

  constructor(kind: Kind, text: unknown) {
    super(kind, () => new raw.Source(kind === QUERY, text));
  }

  getId(): string {
    return at(this, SOURCE).getId();
  }

  getFilters(): object[] {
    return me(this, SOURCE).#filters;
  }

  addFilter(filter: object): void {
    const filters = me(this, SOURCE).#filters;
    at(this, SOURCE).__addFilter(filter);
    include(filters, itself(filter));
    keep(this, filter);
  }

  addFilters(filters: object[]): void {
    me(this, SOURCE);
    const list = listed(filters);
    for (let index = 0; index < list.length; index++) call(this, 'addFilter', list[index]);
  }

  removeFilter(filter: object): void {
    const filters = me(this, SOURCE).#filters;
    at(this, SOURCE).__removeFilter(filter);
    remove(filters, itself(filter));
    release(this, filter);
  }

  /** Accepts the list of {@link getFilters} itself. */
  removeFilters(filters: object[]): void {
    me(this, SOURCE);
    const list = listed(filters);
    for (let index = 0; index < list.length; index++) call(this, 'removeFilter', list[index]);
  }
}

export class SQL extends Source {
  constructor(query: unknown) {
    super(QUERY, query);
  }

  getQuery(): string {
    return at(this, QUERY).__text();
  }

  setQuery(query: unknown, options?: Abortable): Promise<void> {
    const source = at(this, QUERY);
    return abortable(options, () => source.__setText(query));
  }
}

export class Dataset extends Source {
  constructor(tableName: unknown) {
    super(DATASET, tableName);
  }

  getTableName(): string {
    return at(this, DATASET).__text();
  }

  setTableName(tableName: unknown, options?: Abortable): Promise<void> {
    const source = at(this, DATASET);
    return abortable(options, () => source.__setText(tableName));
  }
}
