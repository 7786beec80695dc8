// What a hostile page does, call by call, from a seed: `window.attack(seed, first, count)` makes so many calls and tells what was
// unfair. Runs in the page.
(() => {
  const own = new RangeError('of the page');
  const throwing = () => { throw own; };
  const { apply, construct, ownKeys } = Reflect;
  const { create, getPrototypeOf, getOwnPropertyDescriptor, defineProperty, freeze, setPrototypeOf } = Object;
  const { RuntimeError } = WebAssembly;
  const Own = Promise;

  /** Numbers from a seed (mulberry32). */
  function dice(seed) {
    let state = seed >>> 0;
    const next = () => {
      state = (state + 0x6d2b79f5) >>> 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
    const below = (limit) => Math.floor(next() * limit);
    return { next, below, pick: (list) => list[below(list.length)] };
  }

  const frame = document.createElement('iframe');
  document.body.append(frame);
  const other = frame.contentWindow;
  other.eval('window.odd = [[1, 2], { type: "Polygon", coordinates: [] }, new Date(0), new Error("x"), function () { return this; }, new Map(), Symbol.iterator, new String("a"), ["a"]]');

  class MapOfGoogle {
    addListener() { return { remove() {} }; }
    getBounds() { return undefined; }
    setOptions() {}
    overlayMapTypes = { forEach() {}, setAt() {}, removeAt() {} };
  }
  window.google = { maps: { version: '3.50', Map: MapOfGoogle, Size: class {} } };

  const source = () => new carto.source.SQL('SELECT 1');
  const style = () => new carto.style.CartoCSS('#l {}');
  const map = L.map('map').setView([0, 0], 2);
  const specimens = () => {
    const client = window.makeClient();
    return [client, new carto.auth.ApiKeys(window.settings), source(), new carto.source.Dataset('t'), style(), new carto.layer.Layer(source(), style(), { featureClickColumns: ['a'] }),
      new carto.dataview.Formula(source(), 'a'), new carto.dataview.Category(source(), 'a'), new carto.dataview.Histogram(source(), 'a'),
      new carto.dataview.TimeSeries(source(), 'a'), new carto.filter.BoundingBox(), new carto.filter.BoundingBoxLeaflet(map), new carto.filter.BoundingBoxGoogleMaps(new MapOfGoogle()),
      new carto.filter.Circle(), new carto.filter.Polygon(), new carto.filter.Category('a', { in: ['b'] }), new carto.filter.Range('a', { gt: 1 }),
      new carto.filter.AND(), new carto.filter.OR(), new carto.CartoError({ message: 'm', origin: 'o' })];
  };

  /** Every function of the namespace, and every member of what it makes. */
  const functions = [];
  (function collect(place, path) {
    for (const key of ownKeys(place)) {
      const value = place[key];
      if (typeof value === 'function') functions.push([`${path}.${String(key)}`, value]);
      else if (value && typeof value === 'object') collect(value, `${path}.${String(key)}`);
    }
  })(carto, 'carto');
  const members = (object) => {
    const found = [];
    for (let at = getPrototypeOf(object); at && at !== Object.prototype && at !== Error.prototype; at = getPrototypeOf(at))
      for (const key of ownKeys(at)) {
        const { value, get, set } = getOwnPropertyDescriptor(at, key);
        for (const call of [value, get, set]) if (typeof call === 'function') found.push([key, call]);
      }
    return found;
  };
  const kinds = specimens().map(members);

  const traps = ['get', 'set', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor', 'defineProperty', 'apply', 'construct', 'deleteProperty', 'isExtensible', 'preventExtensions', 'setPrototypeOf'];
  const refusing = Object.fromEntries(traps.map((trap) => [trap, throwing]));
  const revoked = (target) => { const { proxy, revoke } = Proxy.revocable(target, {}); revoke(); return proxy; };
  const cyclic = () => { const list = [1]; const object = { list, type: 'Polygon', coordinates: list }; list.push(object, list); return object; };
  const deep = (levels) => { let object = {}; for (let at = 0; at < levels; at++) object = at % 2 ? [object] : { columns: object, in: object, coordinates: object }; return object; };
  const named = (pick) => {
    const names = ['apiKey', 'username', 'serverUrl', 'id', 'featureClickColumns', 'visible', 'aggregation', 'limit', 'operation', 'bins', 'start', 'end', 'signal', 'format', 'params',
      'in', 'gt', 'between', 'min', 'max', 'query', 'west', 'south', 'east', 'north', 'lat', 'lng', 'radius', 'type', 'coordinates', 'threshold', 'resolution', 'placement', 'columns', 'message', 'cause'];
    const object = {};
    for (let count = 0; count < 3; count++) object[pick(names)] = pick([1, 'a', ['a'], [], null, NaN, throwing, {}, 'Polygon', Infinity, new AbortController().signal]);
    return object;
  };

  /** Things that no method is made for, new ones each time. */
  const odd = (r, objects) => [
    () => undefined, () => null, () => true, () => r.pick([NaN, -0, -1, 0.5, 2 ** 31, 2 ** 32, 2 ** 53, 1e308, Infinity]), () => r.pick(['', ' ', 'a', '__proto__', 'constructor', '\ud800', '\0', 'a b', 'all']),
    () => 'x'.repeat(r.pick([10, 1e3, 1e5])), () => Symbol('s'), () => 10n ** 30n, () => [], () => [[]], () => [undefined, null, 'a', 1], () => new Array(r.pick([3, 1e3, 2 ** 32 - 1])), () => ({}), () => create(null),
    cyclic, () => deep(r.pick([3, 100, 3_000])), () => new Proxy({}, refusing), () => new Proxy([], refusing), () => new Proxy(() => {}, refusing), () => revoked({}), () => revoked([]), () => revoked(() => {}),
    () => throwing, () => class {}, () => () => r.pick(objects), () => new Date(r.pick([0, NaN])), () => new Proxy(new Date(), {}), () => create(Date.prototype), () => new Map(), () => /x/, () => new Error('e'), () => document.body, () => window,
    () => new Uint8Array(3), () => Own.resolve(1), () => ({ then: throwing }), () => ({ toString: throwing }), () => ({ valueOf: throwing, toString: () => ({}) }), () => ({ [Symbol.toPrimitive]: throwing }),
    () => ({ toJSON: throwing }), () => ({ get id() { throw own; } }), () => ({ length: 2 ** 31 }), () => ({ get length() { throw own; } }), () => other.odd[r.below(other.odd.length)], () => freeze(r.pick([{}, [], ['a']])),
    () => named(r.pick), () => named(r.pick), () => setPrototypeOf(['a', 'b'], null), () => setPrototypeOf(() => {}, null), () => Object.defineProperty([1], 1, { get: throwing, enumerable: true }),
    () => new Proxy(['a', 'b'], { get: (list, key) => (key === 'length' ? r.pick([3, 1e6, -1, NaN, 'x']) : list[key]) }),
    () => new Proxy({}, { get: (_, key) => (key === 'then' ? undefined : r.pick([7, 'a', {}, [], null])) }), () => new Proxy(r.pick(objects), refusing), () => new Proxy(r.pick(objects), {}),
    () => create(r.pick(objects)), () => freeze(r.pick(specimens())), () => setPrototypeOf(r.pick(specimens()), null), () => r.pick(functions)[1], () => r.pick(functions)[1].prototype,
    () => new AbortController().signal, () => AbortSignal.abort(own), () => new Proxy(new AbortController().signal, {}), () => create(AbortSignal.prototype),
    // What re-enters: getters that use the library, and end it.
    () => ({ get featureClickColumns() { objects[0].dispose(); return ['a']; } }), () => ({ get west() { objects[5].hide(); return 0; }, south: 0, east: 1, north: 1 }),
    () => Object.defineProperty([objects[5]], 0, { get: () => { objects[0].dispose(); return objects[5]; } }),
  ];

  /** Natives that a page may have replaced, while one call lasts. */
  const natives = [[Array, 'isArray'], [Array, 'from'], [Array.prototype, 'push'], [Array.prototype, 'map'], [Array.prototype, 'splice'], [Array.prototype, 'join'], [Array.prototype, 'includes'],
    [Array.prototype, Symbol.iterator], [Object, 'keys'], [Object, 'assign'], [Object, 'entries'], [Object, 'create'], [Object, 'getPrototypeOf'], [Object, 'defineProperty'], [Object, 'hasOwn'], [JSON, 'stringify'], [JSON, 'parse'],
    [Reflect, 'get'], [Reflect, 'set'], [Reflect, 'apply'], [window, 'Promise'], [window, 'Map'], [window, 'Set'], [window, 'WeakRef'], [window, 'FinalizationRegistry'], [window, 'AbortController'], [window, 'AbortSignal'],
    [window, 'URL'], [window, 'URLSearchParams'], [window, 'Headers'], [window, 'Request'], [window, 'TextDecoder'], [window, 'TextEncoder'], [window, 'Symbol'], [window, 'Error'], [window, 'TypeError'], [window, 'Date'], [window, 'setTimeout'],
    [Promise, 'resolve'], [Promise, 'race'], [Promise.prototype, 'then'], [Function.prototype, 'call'], [Function.prototype, 'apply'], [Function.prototype, 'bind'], [Map.prototype, 'get'], [WeakRef.prototype, 'deref'],
    [Date.prototype, 'getTime'], [Number.prototype, 'toString'], [Error, 'captureStackTrace']];

  const isRaw = /unreachable|memory access|out of bounds|recursive use|null pointer|table index|expected instance|__wbg|_ptr\b|attempted to take ownership|private (member|field|method|name)|Cannot read properties|Cannot set properties|is not a function|is not iterable|is not a constructor|object null is not/;

  /** Whether what was thrown is what a page may see: its own, or a sentence of ours. */
  function isFair(error) {
    if (error === own) return true;
    if (typeof error !== 'object' || error instanceof RuntimeError) return false;
    if (error instanceof carto.CartoError) return true;
    return error instanceof Error && !isRaw.test(error.message);
  }

  window.attack = async (seed, first, count, only) => {
    const unfair = [];
    const trusting = (event) => {
      event.preventDefault();
      const error = event.reason ?? event.error;
      if (error instanceof RuntimeError || /unreachable|out of bounds|table index/.test(String(error?.message))) unfair.push(`later: ${error?.stack ?? error}`);
    };
    window.addEventListener('error', trusting);
    window.addEventListener('unhandledrejection', trusting);
    let objects;
    let makers;
    const pending = [];
    for (let index = first; index < first + count; index++) {
      // Each call has dice of its own, so that it can be played alone.
      const r = dice(seed * 7_919 + index);
      if (!objects || index % 200 === 0) {
        for (const object of objects ?? []) if (object instanceof carto.Client) object.dispose();
        objects = specimens();
        const [client, layer] = [objects[0], objects[5]];
        client.addLayer(layer).catch(() => {});
        client.addDataviews(objects.slice(6, 10)).catch(() => {});
        objects[2].addFilter(objects[17]);
        for (const object of objects) object.on?.(r.pick(['all', 'error', 'change:filters', 'visibilityChanged', 'statusChanged', 'columnChanged', 'boundsChanged']), r.pick([() => client.dispose(), () => client.removeLayer(layer).catch(() => {}), throwing, () => object.off(), () => layer.hide()]));
      }
      const values = odd(r, objects);
      makers = values;
      const value = () => {
        const kind = r.next();
        if (kind < 0.3) return r.pick(objects);
        if (kind < 0.35) return [r.pick(objects), r.pick(objects)];
        return r.pick(makers)();
      };
      const args = Array.from({ length: r.below(5) }, value);
      let what;
      let run;
      const way = r.next();
      if (way < 0.25) {
        const [name, call] = r.pick(functions);
        const form = r.below(3);
        what = `${['new ', '', 'Reflect.construct '][form]}${name}`;
        const as = r.pick([Object, Array, call, class extends Object {}, function () {}]);
        run = form === 0 ? () => new call(...args) : form === 1 ? () => call(...args) : () => construct(call, args, as);
      } else {
        const kind = r.below(objects.length);
        const [key, call] = r.pick(kinds[kind]);
        if (key === 'constructor') continue;
        const receiver = way < 0.75 ? objects[kind] : way < 0.8 ? new Proxy(objects[kind], {}) : value();
        what = `${objects[kind].constructor.name}.${String(key)}`;
        run = () => apply(call, receiver, args);
      }
      const replaced = r.next() < 0.1 ? r.pick(natives) : undefined;
      const before = replaced && getOwnPropertyDescriptor(replaced[0], replaced[1]);
      const junk = replaced && r.pick([undefined, throwing, 7, () => 7, {}]);
      if (only !== undefined && only !== index) continue;
      if (replaced) what += ` with ${String(replaced[1])} replaced`;
      const wrong = (error) => {
        if (!isFair(error) && !(replaced && !isRaw.test(String(error?.message).replace(/is not a (function|constructor)|is not iterable|Cannot read properties/, '')) && !(error instanceof RuntimeError))) {
          let told;
          try { told = error?.stack ?? String(error); } catch { told = 'what cannot be told'; }
          unfair.push(`call ${index} of seed ${seed}: ${what}: ${told}`);
        }
      };
      let result;
      try {
        if (replaced) defineProperty(replaced[0], replaced[1], { value: junk, writable: true, configurable: true, enumerable: before?.enumerable ?? false });
        try {
          result = run();
        } finally {
          if (replaced) {
            if (before) defineProperty(replaced[0], replaced[1], before);
            else delete replaced[0][replaced[1]];
          }
        }
        if (result instanceof Own) pending.push(result.then(() => {}, wrong));
      } catch (error) {
        wrong(error);
      }
      if (index % 500 === 499) await window.wait();
      if (unfair.length > 20) break;
    }
    for (const object of objects) if (object instanceof carto.Client) object.dispose();
    await Own.race([Own.all(pending), window.wait(3_000)]);
    window.removeEventListener('error', trusting);
    window.removeEventListener('unhandledrejection', trusting);
    return unfair.map((line) => line.slice(0, 500));
  };
})();
