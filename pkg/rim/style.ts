/** `carto.style`: identity and events around the style of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { type Abortable, abortable } from './abort.js';
import { mixEvents } from './events.js';

export class CartoCSS extends raw.Style {
  constructor(content: unknown) {
    super(content);
    this.__bind(this);
  }

  override setContent(content: unknown, options?: Abortable): Promise<string> {
    return abortable(options, () => super.setContent(content));
  }
}
mixEvents(CartoCSS);
