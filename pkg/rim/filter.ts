/** `carto.filter`: identity, chaining and events around the filters of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { type Events, mixEvents } from './events.js';
import { type GoogleMap, googleBounds, requireGoogleMap, whenGoogleMoved } from './google.js';
import { boundsOf, type LeafletMap, requireMap, whenMoved } from './leaflet.js';
import { bindTo, keep, release } from './owner.js';

type Bounds = Record<'west' | 'south' | 'east' | 'north', number>;

/** What the spatial filters share; the page's own object is kept and told (spec 2.16). */
class Spatial extends raw.SpatialFilter {
  protected __area: object = {};

  constructor(shape: number) {
    super(shape);
    bindTo(this);
  }

  protected __take(area: object, event: string): this {
    this.__set(area);
    this.__area = area;
    (this as unknown as Events).trigger(event, area);
    return this;
  }
}
mixEvents(Spatial);

class SpatialBounds extends Spatial {
  readonly type = 'bbox';

  constructor() {
    super(0);
  }

  getBounds(): Partial<Bounds> {
    return this.__area;
  }

  protected __takeBounds(bounds: Bounds): this {
    return this.__take(bounds, 'boundsChanged');
  }
}

export class BoundingBox extends SpatialBounds {
  setBounds(bounds: Bounds): this {
    return this.__takeBounds(bounds);
  }

  resetBounds(): this {
    return this.setBounds({ west: 0, south: 0, east: 0, north: 0 });
  }
}

export class BoundingBoxLeaflet extends SpatialBounds {
  constructor(map: LeafletMap) {
    requireMap(map);
    super();
    this.__takeBounds(boundsOf(map));
    whenMoved(map, () => this.__takeBounds(boundsOf(map)));
  }
}

export class BoundingBoxGoogleMaps extends SpatialBounds {
  constructor(map: GoogleMap) {
    requireGoogleMap(map);
    super();
    const take = (): unknown => this.__takeBounds(googleBounds(map) ?? { west: 0, south: 0, east: 0, north: 0 });
    take();
    whenGoogleMoved(map, take);
  }
}

export class Circle extends Spatial {
  readonly type = 'circle';

  constructor() {
    super(1);
  }

  getCircle(): object {
    return this.__area;
  }

  setCircle(circle: object): this {
    return this.__take(circle, 'circleChanged');
  }

  resetCircle(): this {
    return this.setCircle({ lat: 0, lng: 0, radius: 0 });
  }
}

export class Polygon extends Spatial {
  readonly type = 'polygon';

  constructor() {
    super(2);
  }

  getPolygon(): object {
    return this.__area;
  }

  setPolygon(polygon: object): this {
    return this.__take(polygon, 'polygonChanged');
  }

  resetPolygon(): this {
    return this.setPolygon({ type: 'Polygon', coordinates: [] });
  }
}

/** What all filters of rows share. */
class Rows extends raw.SqlFilter {
  constructor(kind: number, column?: unknown, conditions?: unknown, options?: unknown) {
    super(kind, column, conditions, options);
    bindTo(this);
  }
}
mixEvents(Rows);

class Conditions extends Rows {
  set(name: unknown, value: unknown): void {
    this.__set(name, value);
  }

  setFilters(conditions: unknown): void {
    this.__setAll(conditions);
  }

  resetFilters(): void {
    this.__setAll({});
  }
}

export class Category extends Conditions {
  constructor(column: unknown, conditions?: unknown, options?: unknown) {
    super(0, column, conditions, options);
  }
}

export class Range extends Conditions {
  constructor(column: unknown, conditions?: unknown, options?: unknown) {
    super(1, column, conditions, options);
  }
}

class Collection extends Rows {
  readonly #members: object[] = [];

  constructor(kind: number, members?: unknown) {
    super(kind);
    for (const member of Array.isArray(members) ? members : []) this.addFilter(member as object);
  }

  addFilter(member: object): void {
    const { length } = this.#members;
    // In the list before listeners hear of it, and out of it again when it is refused.
    if (!this.#members.includes(member)) this.#members.push(member);
    try {
      this.__add(member);
    } catch (refused) {
      this.#members.length = length;
      throw refused;
    }
    keep(this, member);
  }

  removeFilter(member: object): object | undefined {
    const index = this.#members.indexOf(member);
    if (index < 0) return undefined;
    this.#members.splice(index, 1);
    this.__remove(member);
    release(this, member);
    return member;
  }

  count(): number {
    return this.#members.length;
  }

  getFilters(): object[] {
    return this.#members;
  }
}

export class AND extends Collection {
  constructor(members?: unknown) {
    super(2, members);
  }
}

export class OR extends Collection {
  constructor(members?: unknown) {
    super(3, members);
  }
}
