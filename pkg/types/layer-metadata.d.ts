/** A class of a {@link BucketsMetadata}. */
export interface Bucket {
  /** Where the class starts. */
  min: number;
  /** Where the class ends. */
  max: number;
  /** What the property is in this class. */
  value: string | number;
}

/** A category of a {@link CategoriesMetadata}. */
export interface StyleCategory {
  /** The column's value. */
  name: string | number | boolean | null;
  /** What the property is for it. */
  value: string | number;
}

/** What all rules that come of a style's ramps have. */
export interface Metadata {
  /**
   * The column that decides; undefined where the server names none.
   *
   * @example
   * ```js
   * layer.on('metadataChanged', ({ styles }) => console.log(styles.map((rule) => rule.getColumn())));
   * ```
   */
  getColumn(): string | undefined;
  /**
   * How the column is compared: `>`, `=`, …
   *
   * @example
   * ```js
   * layer.on('metadataChanged', ({ styles }) => console.log(styles[0]?.getMapping()));
   * ```
   */
  getMapping(): string;
  /**
   * The CartoCSS property that the ramp is for.
   *
   * @example
   * ```js
   * layer.on('metadataChanged', ({ styles }) => {
   *   const colors = styles.find((rule) => rule.getProperty() === 'marker-fill');
   * });
   * ```
   */
  getProperty(): string;
  /**
   * Which kind of ramp it is. TypeScript does not learn a type from what a method gives, so `rule.getType() === 'buckets'` alone
   * does not let it know the classes. It learns from whether a method is there, and from a function that says `rule is`.
   *
   * @example
   * ```ts
   * layer.on('metadataChanged', ({ styles }) => {
   *   for (const rule of styles) {
   *     if ('getBuckets' in rule) console.log(rule.getBuckets());
   *     else console.log(rule.getCategories());
   *   }
   * });
   *
   * const isBuckets = (rule: carto.layer.Metadata): rule is carto.layer.BucketsMetadata => rule.getType() === 'buckets';
   * layer.on('metadataChanged', ({ styles }) => console.log(styles.filter(isBuckets).map((rule) => rule.getMax())));
   * ```
   */
  getType(): 'buckets' | 'categories';
}

/** A ramp over classes of a number. */
export interface BucketsMetadata extends Metadata {
  /**
   * Says that it is this kind of ramp.
   *
   * @example
   * ```js
   * layer.on('metadataChanged', ({ styles }) => {
   *   console.log(styles.filter((rule) => rule.getType() === 'buckets').length);
   * });
   * ```
   */
  getType(): 'buckets';
  /**
   * The classes, in their order.
   *
   * @example
   * ```js
   * layer.on('metadataChanged', ({ styles: [rule] }) => {
   *   if (!rule || !('getBuckets' in rule)) return;
   *   for (const { min, max, value } of rule.getBuckets()) console.log(`${min} to ${max}: ${value}`);
   * });
   * ```
   */
  getBuckets(): Bucket[];
  /**
   * The column's average, where the server tells it.
   *
   * @example
   * ```js
   * layer.on('metadataChanged', ({ styles: [rule] }) => {
   *   if (rule && 'getAverage' in rule) console.log(rule.getAverage());
   * });
   * ```
   */
  getAverage(): number | undefined;
  /**
   * Where the first class starts.
   *
   * @example
   * ```js
   * layer.on('metadataChanged', ({ styles: [rule] }) => {
   *   if (rule && 'getMin' in rule) console.log(rule.getMin(), rule.getMax());
   * });
   * ```
   */
  getMin(): number;
  /**
   * Where the last class ends.
   *
   * @example
   * ```js
   * layer.on('metadataChanged', ({ styles: [rule] }) => {
   *   if (rule && 'getMax' in rule) console.log(rule.getMin(), rule.getMax());
   * });
   * ```
   */
  getMax(): number;
}

/** A ramp over categories. */
export interface CategoriesMetadata extends Metadata {
  /**
   * Says that it is this kind of ramp.
   *
   * @example
   * ```js
   * layer.on('metadataChanged', ({ styles }) => {
   *   console.log(styles.filter((rule) => rule.getType() === 'categories').length);
   * });
   * ```
   */
  getType(): 'categories';
  /**
   * The categories, in their order.
   *
   * @example
   * ```js
   * layer.on('metadataChanged', ({ styles: [rule] }) => {
   *   if (!rule || !('getCategories' in rule)) return;
   *   for (const { name, value } of rule.getCategories()) console.log(`${name}: ${value}`);
   * });
   * ```
   */
  getCategories(): StyleCategory[];
  /**
   * What the property is for everything else; undefined where the ramp does not say.
   *
   * @example
   * ```js
   * layer.on('metadataChanged', ({ styles: [rule] }) => {
   *   if (rule && 'getDefaultValue' in rule) console.log(rule.getDefaultValue());
   * });
   * ```
   */
  getDefaultValue(): string | number | undefined;
}

/** A rule of either kind. */
export type AnyMetadata = BucketsMetadata | CategoriesMetadata;

/** What `metadataChanged` tells: enough for a legend. */
export interface MetadataEvent {
  /** A rule for each ramp of the style, in the style's order; none for a style without ramps. */
  styles: AnyMetadata[];
}
