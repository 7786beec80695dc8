/** `carto.source`: identity and chaining around the sources of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { mixEvents } from './events.js';

class Source extends raw.Source {
  constructor(sql: boolean, text: unknown) {
    super(sql, text);
    this.__bind(this);
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
  setQuery(query: unknown): Promise<void> {
    return this.__setText(query);
  }
}

export class Dataset extends Source {
  constructor(tableName: unknown) {
    super(false, tableName);
  }
  getTableName(): string {
    return this.__text();
  }
  setTableName(tableName: unknown): Promise<void> {
    return this.__setText(tableName);
  }
}
