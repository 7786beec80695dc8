import type { Abortable } from './abort';
import type { CartoError } from './error';
import type { Events } from './events';

/** The events of a {@link CartoCSS}. */
export type StyleEvents = {
  /** The style changed and the map shows it. */
  contentChanged: [content: string];
  /** The server refused the style. */
  error: [error: CartoError];
};

export interface CartoCSS extends Events<StyleEvents> {}
/**
 * How a layer looks, in CartoCSS. Whether it is good CartoCSS is the server's to say. Several layers of a client may share it.
 *
 * @example
 * ```js
 * const style = new carto.style.CartoCSS('#layer { polygon-fill: #5b8c85; }');
 * ```
 */
export class CartoCSS {
  /**
   * @param content the CartoCSS; the name of the layer in it does not matter
   * @throws {@link CartoError} `validation:style:required-css`, `validation:style:css-string`
   * @example
   * ```js
   * const style = new carto.style.CartoCSS('#layer { marker-width: 7; marker-fill: #ee4d5a; }');
   * ```
   */
  constructor(content: string);
  /**
   * The CartoCSS.
   *
   * @example
   * ```js
   * console.log(style.getContent());
   * ```
   */
  getContent(): string;
  /**
   * Replaces the CartoCSS in every layer that has this style, with one map request.
   *
   * @returns the CartoCSS, once the server drew with it; rejects with the server's refusal (`windshaft:layer:*`); the style
   * keeps the new text in both cases
   * @throws {@link CartoError} `validation:style:required-css`, `validation:style:css-string`
   * @example
   * ```js
   * await style.setContent('#layer { marker-width: 12; }');
   * ```
   */
  setContent(content: string, options?: Abortable): Promise<string>;
}
