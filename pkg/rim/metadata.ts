/** Style metadata: what a layer's `metadataChanged` tells of each ramp, with the members and getters of CARTO.js (spec 2.9). */
export interface Rule {
  type: 'buckets' | 'categories';
  column: string | null;
  mapping: string;
  property: string;
  [part: string]: unknown;
}

/** Pages read the members, too. */
class StyleRule {
  declare _type: string;
  declare _column: string | undefined;
  declare _mapping: string;
  declare _property: string;

  constructor(own: object, { type, column, mapping, property }: Rule) {
    Object.assign(this, own);
    Object.assign(this, { _type: type, _column: column ?? undefined, _mapping: mapping ?? undefined, _property: property ?? undefined });
  }

  getType(): string {
    return this._type;
  }

  getColumn(): string | undefined {
    return this._column;
  }

  getMapping(): string {
    return this._mapping;
  }

  getProperty(): string {
    return this._property;
  }
}

class Buckets extends StyleRule {
  declare _buckets: unknown;
  declare _avg: unknown;
  declare _min: unknown;
  declare _max: unknown;

  constructor(rule: Rule) {
    super({ _buckets: rule.buckets, _avg: rule.average ?? undefined, _min: rule.min ?? undefined, _max: rule.max ?? undefined }, rule);
  }

  getBuckets(): unknown {
    return this._buckets;
  }

  getAverage(): unknown {
    return this._avg;
  }

  getMin(): unknown {
    return this._min;
  }

  getMax(): unknown {
    return this._max;
  }
}

class Categories extends StyleRule {
  declare _categories: unknown;
  declare _defaultValue: unknown;

  constructor(rule: Rule) {
    super({ _categories: rule.categories, _defaultValue: rule.defaultValue }, rule);
  }

  getCategories(): unknown {
    return this._categories;
  }

  getDefaultValue(): unknown {
    return this._defaultValue;
  }
}

/** Gives a rule of the WebAssembly side its getters. */
export function styleRule(rule: Rule): StyleRule {
  return rule.type === 'buckets' ? new Buckets(rule) : new Categories(rule);
}
