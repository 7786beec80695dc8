import type { Abortable } from './abort';
import type { CartoError } from './error';
import type { Events } from './events';

type StyleEvents = {
  /** The style changed and the map shows it. */
  contentChanged: [content: string];
  /** The server refused the style. */
  error: [error: CartoError];
};

export interface CartoCSS extends Events<StyleEvents> {}
/**
 * How a layer looks.
 *
 * ```js
 * const style = new carto.style.CartoCSS('#layer { polygon-fill: #5b8c85; }');
 * ```
 */
export class CartoCSS {
  /** @throws {CartoError} `validation:style:required-css`, `…:css-string` */
  constructor(content: string);
  /** The text. */
  getContent(): string;
  /**
   * Replaces the text in every layer that uses the style; the promise resolves with it.
   *
   * @throws {CartoError} `validation:style:required-css`, `…:css-string`
   */
  setContent(content: string, options?: Abortable): Promise<string>;
}
