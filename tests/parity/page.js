// What runs in the page beside either library: the toolbox of the scenarios and the log.
(() => {
  const entries = [];
  /** Which entries are events of dataviews. */
  const dataviewEntries = [];
  const names = new WeakMap();
  const origins = (text) => text.split(`http://127.0.0.1:${location.port}`).join('SERVER').split(location.origin).join('PAGE');
  const RAW = ['origin', 'type', 'message', 'subtype', 'context', 'layerId', 'analysisId'];

  function shown(value, depth = 0) {
    if (value === undefined) return '<undefined>';
    if (typeof value === 'number' && !Number.isFinite(value)) return `<${value}>`;
    if (typeof value === 'string') return origins(value);
    if (typeof value === 'function') return '<function>';
    if (value === null || typeof value !== 'object') return value;
    if (names.has(value)) return `<${names.get(value)}>`;
    if (value instanceof Date) return `<${value.toISOString()}>`;
    if (value instanceof Promise) return '<promise>';
    if (value.name === 'CartoError') return error(value);
    if (value instanceof TypeError) return { TypeError: true };
    if (value instanceof Error) return { [value.name]: origins(value.message) };
    if (value instanceof Node) return `<${value.nodeName}>`;
    if (Array.isArray(value)) return value.map((item) => shown(item, depth + 1));
    if (typeof value.getMapping === 'function') return metadata(value);
    if (typeof value.on === 'function') return '<object with events>';
    if (depth > 8) return '<deep>';
    // A member that is undefined is as good as none, and `_…` is nobody's business.
    const keys = Object.keys(value).filter((key) => value[key] !== undefined && !key.startsWith('_'));
    return Object.fromEntries(keys.sort().map((key) => [key, shown(value[key], depth + 1)]));
  }

  function error(carto) {
    const all = { code: carto.errorCode, message: origins(carto.message), origin: carto.origin, type: carto.type };
    for (const key of ['layer', 'source', 'sourceId']) if (carto[key] !== undefined) all[key] = shown(carto[key]);
    const raw = carto.originalError;
    const known = RAW.filter((key) => raw?.[key] !== undefined);
    if (known.length) all.raw = Object.fromEntries(known.map((key) => [key, shown(raw[key])]));
    return { CartoError: all };
  }

  function metadata(rule) {
    const all = {};
    for (const get of ['getType', 'getColumn', 'getMapping', 'getProperty', 'getBuckets', 'getAverage', 'getMin', 'getMax', 'getCategories', 'getDefaultValue']) {
      if (typeof rule[get] === 'function') all[get] = shown(rule[get]());
    }
    return all;
  }

  const log = (...values) => void entries.push(values.map((value) => shown(value)));
  const tag = (object, name) => (names.set(object, name), object);

  const settings = (more) => ({ apiKey: 'default_public', username: 'u', serverUrl: `http://127.0.0.1:${location.port}/user/{username}`, ...more });

  window.parity = {
    entries,
    dataviewEntries,
    tools: () => ({
      carto: window.carto,
      L: window.L,
      google: window.google,
      server: `http://127.0.0.1:${location.port}`,
      log,
      /** Gives an object the name under which logs show it. */
      tag,
      /** Logs every event of an object as [name, event, ...arguments]; internal events of 4.2.2 (`$…`, `change:_…`) are left out. */
      listen(object, name) {
        tag(object, name);
        object.on('all', (event, ...values) => {
          if (/^\$/.test(event)) return;
          if (typeof object.getStatus === 'function') dataviewEntries.push(entries.length);
          log(name, event, ...values);
        });
        return object;
      },
      /** Logs what a function gives or throws. */
      attempt(label, action) {
        try {
          const value = action();
          log(label, 'gives', value);
          return value;
        } catch (thrown) {
          log(label, 'throws', thrown);
          return undefined;
        }
      },
      /** Logs how a promise settles. */
      settle: (label, promise) => Promise.resolve(promise).then((value) => log(label, 'resolves', value), (reason) => log(label, 'rejects', reason)),
      wait: (milliseconds = 0) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
      /** Waits until neither page nor server had anything to do for a while; longer than any debounce of CARTO.js. */
      idle: (milliseconds = 300) => window.parityIdle(milliseconds),
      settings,
      client: (more) => new window.carto.Client(settings(more)),
      /** A layer `id` of a query that names it. */
      layer(id, { sql = `SELECT * FROM ${id ?? 't'}`, css = '#layer { marker-width: 7; }', ...options } = {}) {
        const { source, style, layer } = window.carto;
        return new layer.Layer(new source.SQL(sql), new style.CartoCSS(css), id === undefined ? options : { id, ...options });
      },
      /** A Leaflet map of 512 pixels at zoom 2, which does not animate. */
      map(options) {
        const container = document.createElement('div');
        container.style.cssText = 'width:512px;height:512px;position:relative';
        document.body.append(container);
        return window.L.map(container, { center: [0, 0], zoom: 2, zoomAnimation: false, fadeAnimation: false, inertia: false, ...options });
      },
    }),
  };
})();
