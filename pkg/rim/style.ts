/** `carto.style`: identity and events around the style of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { type Abortable, abortable } from './abort.js';
import { Emitter } from './events.js';
import { at } from './held.js';
import { CARTO_CSS } from './kind.js';

export class CartoCSS extends Emitter {
  constructor(content: unknown) {
    super(CARTO_CSS, () => new raw.Style(content));
  }

  getContent(): string {
    return at(this, CARTO_CSS).getContent();
  }

  setContent(content: unknown, options?: Abortable): Promise<string> {
    const style = at(this, CARTO_CSS);
    return abortable(options, () => style.setContent(content));
  }
}
