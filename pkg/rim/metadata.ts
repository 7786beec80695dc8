/** Style metadata: what a layer's `metadataChanged` tells of each ramp, with the getters of CARTO.js (spec 2.9). */

export interface Rule {
  type: 'buckets' | 'categories';
  column: string;
  mapping: string;
  property: string;
  [part: string]: unknown;
}

class StyleRule {
  protected readonly __rule: Rule;

  constructor(rule: Rule) {
    this.__rule = rule;
  }

  getType(): string {
    return this.__rule.type;
  }

  getColumn(): string {
    return this.__rule.column;
  }

  getMapping(): string {
    return this.__rule.mapping;
  }

  getProperty(): string {
    return this.__rule.property;
  }
}

class Buckets extends StyleRule {
  getBuckets(): unknown {
    return this.__rule.buckets;
  }

  getAverage(): unknown {
    return this.__rule.average ?? undefined;
  }

  getMin(): unknown {
    return this.__rule.min;
  }

  getMax(): unknown {
    return this.__rule.max;
  }
}

class Categories extends StyleRule {
  getCategories(): unknown {
    return this.__rule.categories;
  }

  getDefaultValue(): unknown {
    return this.__rule.defaultValue;
  }
}

/** Gives a rule of the WebAssembly side its getters. */
export function styleRule(rule: Rule): StyleRule {
  return rule.type === 'buckets' ? new Buckets(rule) : new Categories(rule);
}
