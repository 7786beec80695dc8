/** `carto.style`: identity and events around the style of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { mixEvents } from './events.js';

export class CartoCSS extends raw.Style {
  constructor(content: unknown) {
    super(content);
    this.__bind(this);
  }
}
mixEvents(CartoCSS);
