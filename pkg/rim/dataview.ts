/** `carto.dataview`: identity, chaining and events around the dataviews of the WebAssembly side. */
import type * as raw from '../glue/carto.js';
import { DataviewKind, DataviewPart as Part, Dataview as Raw } from '../glue/carto.js';
import { status } from './constants.js';
import { Emitter } from './events.js';
import { follow } from './filter.js';
import { at, keep, release } from './held.js';
import { CATEGORY, DATAVIEW, FORMULA, HISTOGRAM, type Kind, TIME_SERIES } from './kind.js';
import { listed } from './list.js';

export class Dataview extends Emitter {
  constructor(kind: Kind<raw.Dataview>, number: DataviewKind, source: unknown, column: unknown, options: unknown) {
    super(kind, () => new Raw(number, source, column, options));
    keep(this, source);
    keepAll(keep, this);
  }

  getStatus(): string {
    return at(this, DATAVIEW).getStatus();
  }

  isLoading(): boolean {
    return at(this, DATAVIEW).getStatus() === status.LOADING;
  }

  isLoaded(): boolean {
    return at(this, DATAVIEW).getStatus() === status.LOADED;
  }

  hasError(): boolean {
    return at(this, DATAVIEW).getStatus() === status.ERROR;
  }

  enable(): this {
    at(this, DATAVIEW).__enable();
    return this;
  }

  disable(): this {
    at(this, DATAVIEW).__disable();
    return this;
  }

  isEnabled(): boolean {
    return at(this, DATAVIEW).isEnabled();
  }

  getSource(): object {
    return at(this, DATAVIEW).getSource() as object;
  }

  getColumn(): string {
    return at(this, DATAVIEW).getColumn() as string;
  }

  setColumn(column: unknown): this {
    return change(this, DATAVIEW, Part.Column, column);
  }

  addFilter(filter: object): this {
    at(this, DATAVIEW).__addFilter(filter);
    keep(this, filter);
    keep(filter, this);
    follow(filter);
    return this;
  }

  removeFilter(filter: object): this {
    at(this, DATAVIEW).__removeFilter(filter);
    release(this, filter);
    release(filter, this);
    return this;
  }

  hasFilter(filter: object): boolean {
    return at(this, DATAVIEW).hasFilter(filter);
  }

  getExceptFilters(): object[] {
    return at(this, DATAVIEW).__except();
  }

  setExceptFilters(filters: unknown): this {
    const dataview = at(this, DATAVIEW);
    const before = dataview.__except();
    dataview.__setExcept(Array.isArray(filters) ? listed(filters) : filters);
    keepAll(release, this, before);
    keepAll(keep, this);
    return this;
  }

  getData(): unknown {
    return at(this, DATAVIEW).getData();
  }
}

/** Lets a dataview keep the filters alive that it leaves out, which pages may have nowhere else; or ends that. */
function keepAll(how: typeof keep, dataview: Dataview, filters: object[] = at(dataview, DATAVIEW).__except()): void {
  for (let index = 0; index < filters.length; index++) how(dataview, filters[index]);
}

function change<T extends Dataview>(dataview: T, kind: Kind<raw.Dataview>, part: raw.DataviewPart, value: unknown): T {
  at(dataview, kind).__set(part, value);
  return dataview;
}

export class Formula extends Dataview {
  constructor(source: unknown, column: unknown, options?: unknown) {
    super(FORMULA, DataviewKind.Formula, source, column, options);
  }

  getOperation(): string {
    return at(this, FORMULA).__get(Part.Operation);
  }

  setOperation(operation: unknown): this {
    return change(this, FORMULA, Part.Operation, operation);
  }
}

export class Category extends Dataview {
  constructor(source: unknown, column: unknown, options?: unknown) {
    super(CATEGORY, DataviewKind.Category, source, column, options);
  }

  getLimit(): number {
    return at(this, CATEGORY).__get(Part.Limit);
  }

  setLimit(limit: unknown): this {
    return change(this, CATEGORY, Part.Limit, limit);
  }

  getOperation(): string {
    return at(this, CATEGORY).__get(Part.Operation);
  }

  setOperation(operation: unknown): this {
    return change(this, CATEGORY, Part.Operation, operation);
  }

  getOperationColumn(): string {
    return at(this, CATEGORY).__get(Part.OperationColumn);
  }

  setOperationColumn(column: unknown): this {
    return change(this, CATEGORY, Part.OperationColumn, column);
  }
}

export class Histogram extends Dataview {
  constructor(source: unknown, column: unknown, options?: unknown) {
    super(HISTOGRAM, DataviewKind.Histogram, source, column, options);
  }

  getBins(): number {
    return at(this, HISTOGRAM).__get(Part.Bins);
  }

  setBins(bins: unknown): this {
    return change(this, HISTOGRAM, Part.Bins, bins);
  }

  getStart(): number | undefined {
    return at(this, HISTOGRAM).__get(Part.Start);
  }

  getEnd(): number | undefined {
    return at(this, HISTOGRAM).__get(Part.End);
  }

  setStartEnd(start?: unknown, end?: unknown): this {
    at(this, HISTOGRAM).__setEnds(start, end);
    return this;
  }

  getDistributionType(): string | null {
    return at(this, HISTOGRAM).__distribution();
  }
}

export class TimeSeries extends Dataview {
  constructor(source: unknown, column: unknown, options?: unknown) {
    super(TIME_SERIES, DataviewKind.TimeSeries, source, column, options);
  }

  getAggregation(): string {
    return at(this, TIME_SERIES).__get(Part.Aggregation);
  }

  setAggregation(aggregation: unknown): this {
    return change(this, TIME_SERIES, Part.Aggregation, aggregation);
  }

  getOffset(): number {
    return at(this, TIME_SERIES).__get(Part.Offset);
  }

  setOffset(hours: unknown): this {
    return change(this, TIME_SERIES, Part.Offset, hours);
  }

  isUsingLocalTimezone(): boolean {
    return at(this, TIME_SERIES).__get(Part.LocalTimezone);
  }

  useLocalTimezone(flag: unknown): this {
    return change(this, TIME_SERIES, Part.LocalTimezone, flag);
  }
}
