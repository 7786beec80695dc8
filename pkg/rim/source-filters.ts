/** What filters of rows add to sources. */
import { at, call, keep, me, release } from './held.js';
import { SOURCE } from './kind.js';
import { listed } from './list.js';
import { addMethods } from './methods.js';
import { filtersOf, Source } from './source.js';

addMethods(Source.prototype, {
  getFilters(this: Source): object[] {
    return filtersOf(me(this, SOURCE));
  },

  addFilter(this: Source, filter: object): void {
    at(this, SOURCE).__addFilter(filter, filtersOf(me(this, SOURCE)));
    keep(this, filter);
  },

  addFilters(this: Source, filters: object[]): void {
    me(this, SOURCE);
    const list = listed(filters);
    for (let index = 0; index < list.length; index++) call(this, 'addFilter', list[index]);
  },

  removeFilter(this: Source, filter: object): void {
    at(this, SOURCE).__removeFilter(filter, filtersOf(me(this, SOURCE)));
    release(this, filter);
  },

  /** Accepts the list of {@link getFilters} itself. */
  removeFilters(this: Source, filters: object[]): void {
    me(this, SOURCE);
    const list = listed(filters);
    for (let index = 0; index < list.length; index++) call(this, 'removeFilter', list[index]);
  },
});
