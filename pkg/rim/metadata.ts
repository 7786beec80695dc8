/** Style metadata: what a layer's `metadataChanged` tells of each ramp, with the getters of CARTO.js (spec 2.9). */
import { at, Held } from './held.js';
import { BUCKETS, CLASSES, RULE } from './kind.js';

export interface Rule {
  type: 'buckets' | 'categories';
  column: string;
  mapping: string;
  property: string;
  [part: string]: unknown;
}

class StyleRule extends Held {
  getType(): string {
    return at(this, RULE).type;
  }

  getColumn(): string {
    return at(this, RULE).column;
  }

  getMapping(): string {
    return at(this, RULE).mapping;
  }

  getProperty(): string {
    return at(this, RULE).property;
  }
}

class Buckets extends StyleRule {
  getBuckets(): unknown {
    return at(this, BUCKETS).buckets;
  }

  getAverage(): unknown {
    return at(this, BUCKETS).average ?? undefined;
  }

  getMin(): unknown {
    return at(this, BUCKETS).min;
  }

  getMax(): unknown {
    return at(this, BUCKETS).max;
  }
}

class Categories extends StyleRule {
  getCategories(): unknown {
    return at(this, CLASSES).categories;
  }

  getDefaultValue(): unknown {
    return at(this, CLASSES).defaultValue;
  }
}

/** Gives a rule of the WebAssembly side its getters. */
export function styleRule(rule: Rule): StyleRule {
  return rule.type === 'buckets' ? new Buckets(BUCKETS, () => rule) : new Categories(CLASSES, () => rule);
}
