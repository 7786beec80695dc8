/** `carto.dataview`: identity, chaining and events around the dataviews of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { status } from './constants.js';
import { mixEvents } from './events.js';
import { bindTo, keep, release } from './owner.js';

const { DataviewKind: Kind, DataviewPart: Part } = raw;

export class Dataview extends raw.Dataview {
  constructor(kind: raw.DataviewKind, source: unknown, column: unknown, options: unknown) {
    super(kind, source, column, options);
    bindTo(this);
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
    return this.__change(Part.Column, column);
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

  protected __change(part: raw.DataviewPart, value: unknown): this {
    this.__set(part, value);
    return this;
  }
}
mixEvents(Dataview);

export class Formula extends Dataview {
  constructor(source: unknown, column: unknown, options?: unknown) {
    super(Kind.Formula, source, column, options);
  }

  getOperation(): string {
    return this.__get(Part.Operation);
  }

  setOperation(operation: unknown): this {
    return this.__change(Part.Operation, operation);
  }
}

export class Category extends Dataview {
  constructor(source: unknown, column: unknown, options?: unknown) {
    super(Kind.Category, source, column, options);
  }

  getLimit(): number {
    return this.__get(Part.Limit);
  }

  setLimit(limit: unknown): this {
    return this.__change(Part.Limit, limit);
  }

  getOperation(): string {
    return this.__get(Part.Operation);
  }

  setOperation(operation: unknown): this {
    return this.__change(Part.Operation, operation);
  }

  getOperationColumn(): string {
    return this.__get(Part.OperationColumn);
  }

  setOperationColumn(column: unknown): this {
    return this.__change(Part.OperationColumn, column);
  }
}

export class Histogram extends Dataview {
  constructor(source: unknown, column: unknown, options?: unknown) {
    super(Kind.Histogram, source, column, options);
  }

  getBins(): number {
    return this.__get(Part.Bins);
  }

  setBins(bins: unknown): this {
    return this.__change(Part.Bins, bins);
  }

  getStart(): number | undefined {
    return this.__get(Part.Start);
  }

  getEnd(): number | undefined {
    return this.__get(Part.End);
  }

  setStartEnd(start?: unknown, end?: unknown): this {
    this.__setEnds(start, end);
    return this;
  }

  getDistributionType(): string | null {
    return this.__distribution();
  }
}

export class TimeSeries extends Dataview {
  constructor(source: unknown, column: unknown, options?: unknown) {
    super(Kind.TimeSeries, source, column, options);
  }

  getAggregation(): string {
    return this.__get(Part.Aggregation);
  }

  setAggregation(aggregation: unknown): this {
    return this.__change(Part.Aggregation, aggregation);
  }

  getOffset(): number {
    return this.__get(Part.Offset);
  }

  setOffset(hours: unknown): this {
    return this.__change(Part.Offset, hours);
  }

  isUsingLocalTimezone(): boolean {
    return this.__get(Part.LocalTimezone);
  }

  useLocalTimezone(flag: unknown): this {
    return this.__change(Part.LocalTimezone, flag);
  }
}
