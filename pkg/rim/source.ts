/** `carto.source`: identity and chaining around the sources of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { type Abortable, abortable } from './abort.js';
import { Emitter } from './events.js';
import { at } from './held.js';
import { DATASET, type Kind, SOURCE, SQL as QUERY } from './kind.js';

/** The filters of a source, in the list that pages get. */
export let filtersOf: (source: Source) => object[];

export class Source extends Emitter {
  readonly #filters: object[] = [];

  constructor(kind: Kind, text: unknown) {
    super(kind, () => new raw.Source(kind === QUERY, text));
  }

  static {
    filtersOf = (source) => source.#filters;
  }

  getId(): string {
    return at(this, SOURCE).getId();
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
