/** `carto.style`: identity and events around the style of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { type Abortable, abortable } from './abort.js';
import { mixEvents } from './events.js';
import { bindTo } from './owner.js';

export class CartoCSS extends raw.Style {
  constructor(content: unknown) {
    super(content);
    bindTo(this);
  }

  override setContent(content: unknown, options?: Abortable): Promise<string> {
    return abortable(options, () => super.setContent(content));
  }
}
mixEvents(CartoCSS);
