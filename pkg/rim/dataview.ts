/** `carto.dataview`: identity, chaining and events around the dataviews of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { status } from './constants.js';
import { mixEvents } from './events.js';
import { keep, release } from './owner.js';

export class Dataview extends raw.Dataview {
  constructor(category: boolean, source: unknown, column: unknown, options: unknown) {
    super(category, source, column, options);
    this.__bind(this);
    keep(this, source);
  }

  isLoading(): boolean {
    return this.getStatus() === status.LOADING;
  }

  isLoaded(): boolean {
    return this.getStatus() === status.LOADED;
  }

  hasError(): boolean {
    return this.getStatus() === status.ERROR;
  }

  enable(): this {
    this.__enable();
    return this;
  }

  disable(): this {
    this.__disable();
    return this;
  }

  setColumn(column: unknown): this {
    this.__set(raw.DataviewPart.Column, column);
    return this;
  }

  setOperation(operation: unknown): this {
    this.__set(raw.DataviewPart.Operation, operation);
    return this;
  }

  addFilter(filter: object): this {
    this.__addFilter(filter);
    keep(this, filter);
    keep(filter, this);
    return this;
  }

  removeFilter(filter: object): this {
    this.__removeFilter(filter);
    release(this, filter);
    release(filter, this);
    return this;
  }
}
mixEvents(Dataview);

export class Formula extends Dataview {
  constructor(source: unknown, column: unknown, options?: unknown) {
    super(false, source, column, options);
  }
}

export class Category extends Dataview {
  constructor(source: unknown, column: unknown, options?: unknown) {
    super(true, source, column, options);
  }

  getLimit(): number {
    return this.__limit();
  }

  setLimit(limit: unknown): this {
    this.__set(raw.DataviewPart.Limit, limit);
    return this;
  }

  getOperationColumn(): string {
    return this.__operationColumn();
  }

  setOperationColumn(column: unknown): this {
    this.__set(raw.DataviewPart.OperationColumn, column);
    return this;
  }
}
