/** Style metadata: what a layer's `metadataChanged` tells of each ramp, with the getters of CARTO.js (spec 2.9). */
import { Held, me } from './held.js';
import { BUCKETS, CLASSES, type Kind, RULE } from './kind.js';

export interface Rule {
  type: 'buckets' | 'categories';
  column: string;
  mapping: string;
  property: string;
  [part: string]: unknown;
}

let ruleOf: (rule: StyleRule, kind?: Kind) => Rule;

class StyleRule extends Held {
  readonly #rule: Rule;

  constructor(kind: Kind, rule: Rule) {
    super(kind, () => ({}));
    this.#rule = rule;
  }

  static {
    ruleOf = (rule, kind = RULE) => me(rule, kind).#rule;
  }

  getType(): string {
    return ruleOf(this).type;
  }

  getColumn(): string {
    return ruleOf(this).column;
  }

  getMapping(): string {
    return ruleOf(this).mapping;
  }

  getProperty(): string {
    return ruleOf(this).property;
  }
}

class Buckets extends StyleRule {
  getBuckets(): unknown {
    return ruleOf(this, BUCKETS).buckets;
  }

  getAverage(): unknown {
    return ruleOf(this, BUCKETS).average ?? undefined;
  }

  getMin(): unknown {
    return ruleOf(this, BUCKETS).min;
  }

  getMax(): unknown {
    return ruleOf(this, BUCKETS).max;
  }
}

class Categories extends StyleRule {
  getCategories(): unknown {
    return ruleOf(this, CLASSES).categories;
  }

  getDefaultValue(): unknown {
    return ruleOf(this, CLASSES).defaultValue;
  }
}

/** Gives a rule of the WebAssembly side its getters. */
export function styleRule(rule: Rule): StyleRule {
  return rule.type === 'buckets' ? new Buckets(BUCKETS, rule) : new Categories(CLASSES, rule);
}
