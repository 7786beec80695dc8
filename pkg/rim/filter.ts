/** `carto.filter`: identity, chaining and events around the filters of the WebAssembly side. */
import * as raw from '../glue/carto.js';
import { emit, Emitter } from './events.js';
import { type GoogleMap, googleBounds, requireGoogleMap, whenGoogleMoved } from './google.js';
import { at, call, find, itself, keep, kept, me, release } from './held.js';
import { ALL_OF, BOX, BOX_OF_MAP, BOXES, CATEGORIES, CIRCLE, CLIENT, COLLECTION, CONDITIONS, DATAVIEW, type Kind, ONE_OF, POLYGON, RANGE } from './kind.js';
import { boundsOf, type LeafletMap, requireMap, whenMoved } from './leaflet.js';
import { listed } from './list.js';
import { type GlMap, requireGlMap, whenGlMoved } from './maplibre.js';
import { olBounds, type OlMap, requireOlMap, whenOlMoved } from './openlayers.js';
import { whenAtRest } from './rest.js';

type Bounds = Record<'west' | 'south' | 'east' | 'north', number>;

let areaOf: (filter: Spatial) => object;
let take: <T extends Spatial>(filter: T, kind: Kind<raw.SpatialFilter>, area: object, event: string) => T;

/** What the spatial filters share; the page's own object is kept and told (spec 2.16). */
class Spatial extends Emitter {
  #area: object = {};

  constructor(kind: Kind<raw.SpatialFilter>) {
    super(kind, () => new raw.SpatialFilter(kind === CIRCLE ? raw.SpatialShape.Circle : kind === POLYGON ? raw.SpatialShape.Polygon : raw.SpatialShape.BoundingBox));
  }

  static {
    areaOf = (filter) => filter.#area;
    take = (filter, kind, area, event) => {
      const held = me(filter, kind);
      at(held, kind).__set(area);
      held.#area = area;
      emit(held, event, [area]);
      return filter;
    };
  }
}

class SpatialBounds extends Spatial {
  readonly type = 'bbox';

  getBounds(): Partial<Bounds> {
    return areaOf(me(this, BOXES));
  }
}

const NOWHERE = { west: 0, south: 0, east: 0, north: 0 };

export class BoundingBox extends SpatialBounds {
  constructor() {
    super(BOX);
  }

  setBounds(bounds: Bounds): this {
    return take(this, BOX, bounds, 'boundsChanged');
  }

  resetBounds(): this {
    me(this, BOX);
    return call(this, 'setBounds', { ...NOWHERE });
  }
}

/** Follows a map again that was let go of, unless for good. */
export let follow: (filter: unknown) => void;
let begin: (filter: BoundsOfMap, bounds: () => Bounds, when: (move: () => void) => () => void) => void;
/** Lets go of the map where no client is left whose dataviews need it. */
export let letGoUnlessUsed: (filter: unknown) => void;

/** The box that a map shows, as long as the filter follows it. */
class BoundsOfMap extends SpatialBounds {
  #begin?: () => () => void;
  #end?: () => void;
  #isDisposed = false;

  static {
    begin = (filter, bounds, when) => {
      filter.#begin = () => {
        const move = (): unknown => take(filter, BOX_OF_MAP, bounds(), 'boundsChanged');
        move();
        return whenAtRest(when, move);
      };
      filter.#end = filter.#begin();
    };
    const of = (filter: unknown): BoundsOfMap | undefined => find(filter, BOX_OF_MAP) as BoundsOfMap | undefined;
    follow = (filter) => {
      const held = of(filter);
      if (held && !held.#isDisposed) held.#end ??= held.#begin?.();
    };
    letGoUnlessUsed = (filter) => {
      const dataviews = kept(filter, DATAVIEW);
      for (let at = 0; at < dataviews.length; at++) if (kept(dataviews[at], CLIENT).length) return;
      const held = of(filter);
      if (held) held.#letGo();
    };
  }

  #letGo(): void {
    this.#end?.();
    this.#end = undefined;
  }

  /** Ends the following for good; the bounds stay as they are. */
  dispose(): void {
    const held = me(this, BOX_OF_MAP) as BoundsOfMap;
    held.#letGo();
    held.#isDisposed = true;
  }
}
if (Symbol.dispose) Object.defineProperty(BoundsOfMap.prototype, Symbol.dispose, { value: BoundsOfMap.prototype.dispose });

export class BoundingBoxLeaflet extends BoundsOfMap {
  constructor(map: LeafletMap) {
    requireMap(map);
    super(BOX_OF_MAP);
    begin(
      this,
      () => boundsOf(map),
      (move) => whenMoved(map, move),
    );
  }
}

export class BoundingBoxGoogleMaps extends BoundsOfMap {
  constructor(map: GoogleMap) {
    requireGoogleMap(map);
    super(BOX_OF_MAP);
    begin(
      this,
      () => googleBounds(map) ?? { ...NOWHERE },
      (move) => whenGoogleMoved(map, move),
    );
  }
}

export class BoundingBoxMapLibre extends BoundsOfMap {
  constructor(map: GlMap) {
    requireGlMap(map);
    super(BOX_OF_MAP);
    begin(
      this,
      () => boundsOf(map),
      (move) => whenGlMoved(map, move),
    );
  }
}

export class BoundingBoxOpenLayers extends BoundsOfMap {
  constructor(map: OlMap) {
    requireOlMap(map);
    super(BOX_OF_MAP);
    begin(
      this,
      () => olBounds(map) ?? { ...NOWHERE },
      (move) => whenOlMoved(map, move),
    );
  }
}

export class Circle extends Spatial {
  readonly type = 'circle';

  constructor() {
    super(CIRCLE);
  }

  getCircle(): object {
    return areaOf(me(this, CIRCLE));
  }

  setCircle(circle: object): this {
    return take(this, CIRCLE, circle, 'circleChanged');
  }

  resetCircle(): this {
    me(this, CIRCLE);
    return call(this, 'setCircle', { lat: 0, lng: 0, radius: 0 });
  }
}

export class Polygon extends Spatial {
  readonly type = 'polygon';

  constructor() {
    super(POLYGON);
  }

  getPolygon(): object {
    return areaOf(me(this, POLYGON));
  }

  setPolygon(polygon: object): this {
    return take(this, POLYGON, polygon, 'polygonChanged');
  }

  resetPolygon(): this {
    me(this, POLYGON);
    return call(this, 'setPolygon', { type: 'Polygon', coordinates: [] });
  }
}

class Conditions extends Emitter {
  constructor(kind: Kind<raw.SqlFilter>, column: unknown, conditions: unknown, options: unknown) {
    super(kind, () => new raw.SqlFilter(kind === RANGE ? raw.FilterClass.Range : raw.FilterClass.Category, column, conditions, options));
  }

  set(name: unknown, value: unknown): void {
    at(this, CONDITIONS).__set(name, value);
  }

  setFilters(conditions: unknown): void {
    at(this, CONDITIONS).__setAll(conditions);
  }

  resetFilters(): void {
    at(this, CONDITIONS).__setAll({});
  }
}

export class Category extends Conditions {
  constructor(column: unknown, conditions?: unknown, options?: unknown) {
    super(CATEGORIES, column, conditions, options);
  }
}

export class Range extends Conditions {
  constructor(column: unknown, conditions?: unknown, options?: unknown) {
    super(RANGE, column, conditions, options);
  }
}

let addMember: (collection: Collection, filter: object) => void;

class Collection extends Emitter {
  readonly #members: object[] = [];

  constructor(kind: Kind<raw.SqlFilter>, members?: unknown) {
    super(kind, () => new raw.SqlFilter(kind === ALL_OF ? raw.FilterClass.And : raw.FilterClass.Or, undefined, undefined, undefined));
    const list = Array.isArray(members) ? listed(members as object[]) : [];
    for (let index = 0; index < list.length; index++) addMember(this, list[index]!);
  }

  static {
    addMember = (collection, filter) => {
      at(collection, COLLECTION).__add(filter, me(collection, COLLECTION).#members);
      keep(collection, filter);
    };
  }

  addFilter(filter: object): void {
    addMember(this, filter);
  }

  removeFilter(filter: object): object | undefined {
    if (!at(this, COLLECTION).__remove(filter, me(this, COLLECTION).#members)) return undefined;
    release(this, filter);
    return itself(filter);
  }

  count(): number {
    return me(this, COLLECTION).#members.length;
  }

  getFilters(): object[] {
    return me(this, COLLECTION).#members;
  }
}

export class AND extends Collection {
  constructor(members?: unknown) {
    super(ALL_OF, members);
  }
}

export class OR extends Collection {
  constructor(members?: unknown) {
    super(ONE_OF, members);
  }
}
