/** `carto.filter`: identity, chaining and events around the filters of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { type Events, mixEvents } from './events.js';
import { boundsOf, type LeafletMap, requireMap, whenMoved } from './leaflet.js';

type Bounds = Record<'west' | 'south' | 'east' | 'north', number>;

class SpatialBounds extends raw.BoundingBox {
  readonly type = 'bbox';
  #bounds: Partial<Bounds> = {};

  getBounds(): Partial<Bounds> {
    return this.#bounds;
  }

  /** The page's own object is kept and told (spec 2.16). */
  protected take(bounds: Bounds): void {
    this.__setBounds(bounds);
    this.#bounds = bounds;
    (this as unknown as Events).trigger('boundsChanged', bounds);
  }
}
mixEvents(SpatialBounds);

export class BoundingBox extends SpatialBounds {
  setBounds(bounds: Bounds): this {
    this.take(bounds);
    return this;
  }

  resetBounds(): this {
    return this.setBounds({ west: 0, south: 0, east: 0, north: 0 });
  }
}

export class BoundingBoxLeaflet extends SpatialBounds {
  constructor(map: LeafletMap) {
    requireMap(map);
    super();
    this.take(boundsOf(map));
    whenMoved(map, () => this.take(boundsOf(map)));
  }
}
