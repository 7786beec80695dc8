// A stand-in of the documented interface of Google Maps' JavaScript API, as far as map types and events need it.
(() => {
  const listeners = new WeakMap();
  const event = {
    addListener(target, name, callback) {
      const all = listeners.get(target) ?? listeners.set(target, new Map()).get(target);
      all.set(name, [...(all.get(name) ?? []), callback]);
      return { remove: () => all.set(name, all.get(name).filter((other) => other !== callback)), target, name, callback };
    },
    removeListener: (listener) => listener?.remove(),
    clearListeners: (target, name) => void listeners.get(target)?.delete(name),
    clearInstanceListeners: (target) => void listeners.delete(target),
    trigger(target, name, ...values) {
      for (const callback of listeners.get(target)?.get(name) ?? []) callback.apply(target, values);
    },
  };

  class MVCObject {
    addListener(name, callback) {
      return event.addListener(this, name, callback);
    }
    get(key) {
      return this[`_${key}`];
    }
    set(key, value) {
      this[`_${key}`] = value;
    }
  }

  class LatLng {
    constructor(lat, lng) {
      Object.assign(this, typeof lat === 'object' ? { _lat: lat.lat, _lng: lat.lng } : { _lat: lat, _lng: lng });
    }
    lat() {
      return this._lat;
    }
    lng() {
      return this._lng;
    }
  }

  class Point {
    constructor(x, y) {
      Object.assign(this, { x, y });
    }
  }

  class Size {
    constructor(width, height) {
      Object.assign(this, { width, height });
    }
  }

  class LatLngBounds {
    constructor(southWest, northEast) {
      Object.assign(this, { southWest, northEast });
    }
    getSouthWest() {
      return this.southWest;
    }
    getNorthEast() {
      return this.northEast;
    }
  }

  class MVCArray extends MVCObject {
    items = [];
    forEach(each) {
      this.items.forEach(each);
    }
    getAt(index) {
      return this.items[index];
    }
    getArray() {
      return this.items;
    }
    getLength() {
      return this.items.length;
    }
    push(item) {
      this.items.push(item);
      event.trigger(this, 'insert_at', this.items.length - 1);
      return this.items.length;
    }
    setAt(index, item) {
      const old = this.items[index];
      this.items[index] = item;
      event.trigger(this, 'set_at', index, old);
    }
    removeAt(index) {
      const [old] = this.items.splice(index, 1);
      event.trigger(this, 'remove_at', index, old);
      return old;
    }
  }

  const TILE = 256;
  const projection = {
    fromLatLngToPoint(latLng) {
      const sine = Math.min(Math.max(Math.sin((latLng.lat() * Math.PI) / 180), -0.9999), 0.9999);
      return new Point(TILE * (0.5 + latLng.lng() / 360), TILE * (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)));
    },
    fromPointToLatLng({ x, y }) {
      return new LatLng((Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / TILE))) * 180) / Math.PI, (x / TILE - 0.5) * 360);
    },
  };

  class Map extends MVCObject {
    overlayMapTypes = new MVCArray();
    options = {};
    /** Google's own; CARTO.js knows a Google map by it. */
    __gm = {};
    constructor(div, { center = { lat: 0, lng: 0 }, zoom = 2, bounds } = {}) {
      super();
      Object.assign(this, { div, center: new LatLng(center), zoom, bounds });
    }
    getDiv() {
      return this.div;
    }
    getZoom() {
      return this.zoom;
    }
    getProjection() {
      return projection;
    }
    getBounds() {
      return this.bounds;
    }
    /** What a user's panning does here. */
    moveTo(west, south, east, north) {
      this.bounds = new LatLngBounds(new LatLng(south, west), new LatLng(north, east));
      event.trigger(this, 'bounds_changed');
    }
    setOptions(options) {
      Object.assign(this.options, options);
    }
  }

  /** Lies over a map and knows where a position is in it; CARTO.js asks it for pixels. */
  class OverlayView extends MVCObject {
    setMap(map) {
      this.map = map;
    }
    getMap() {
      return this.map;
    }
    getProjection() {
      const { map } = this;
      const pixel = (latLng) => {
        const [at, center] = [latLng, map.center].map((position) => projection.fromLatLngToPoint(position));
        return new Point((at.x - center.x) * 2 ** map.zoom + 256, (at.y - center.y) * 2 ** map.zoom + 256);
      };
      const position = ({ x, y }) => {
        const center = projection.fromLatLngToPoint(map.center);
        return projection.fromPointToLatLng(new Point(center.x + (x - 256) / 2 ** map.zoom, center.y + (y - 256) / 2 ** map.zoom));
      };
      return map && { fromLatLngToContainerPixel: pixel, fromLatLngToDivPixel: pixel, fromContainerPixelToLatLng: position };
    }
    getPanes() {
      return {};
    }
  }

  window.google = { maps: { OverlayView, version: '3.58.1', event, MVCObject, MVCArray, LatLng, LatLngBounds, Point, Size, Map } };
})();
