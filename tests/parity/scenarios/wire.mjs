// What goes over the wire (spec 4).

/** How a map request was made. */
const form = ({ method, query }) => (method === 'POST' ? 'POST' : query.lzma ? 'lzma' : 'config');
const forms = ({ requests }) => requests.filter(({ kind }) => kind === 'map').map(form);

/** What a request says beyond what browsers always say. */
const saidBy = ({ method, headers }) => {
  const usual = /^(host|connection|user-agent|sec-.*|origin|referer|accept-encoding|accept-language|cache-control|pragma|content-length|priority)$/;
  return [method, ...Object.keys(headers).filter((name) => !usual.test(name)).sort().map((name) => `${name}: ${headers[name]}`)].join('; ');
};

export default [
  {
    name: 'a map is asked for below the address of the account, with client and key',
    rows: ['C-432', 'C-074'],
    async page({ client, layer, settle, log }) {
      await settle('add', client({ apiKey: 'a&c=d/+%41' }).addLayer(layer('a', { sql: "SELECT 'ü&%+ ' || x" })));
      const asked = performance.getEntriesByType('resource').map(({ name }) => new URL(name)).filter(({ pathname }) => pathname.endsWith('/map'));
      log(asked.map(({ origin, pathname }) => origin + pathname), asked.map(({ searchParams }) => [...searchParams.keys()].filter((key) => !['config', 'callback'].includes(key)).sort()));
    },
  },
  {
    name: 'a slash at the end of the address',
    rows: ['C-432', 'C-076'],
    async page({ client, layer, server, idle, wait, log }) {
      const map = client({ serverUrl: `${server}/user/u/` });
      map.on('all', (name) => log(name));
      map.addLayer(layer('a')).catch(() => {});
      await wait(300);
      await idle();
    },
    differs: {
      quirks: ['a slash at the end of `serverUrl`'],
      check({ reference, ours, assert }) {
        assert.match(reference.strays.join(), /^GET \/user\/u\/\/api\/v1\/map\?/);
        assert.deepEqual([reference.maps.length, ours.maps.length, ours.strays.length], [0, 1, 0]);
        assert.deepEqual(ours.log, [['success']]);
      },
    },
  },
  {
    name: 'maps up to 2032 characters go by GET as they are, longer ones compressed, and the longest by POST',
    rows: ['C-433…C-436'],
    async page({ client, layer, settle, log }) {
      const map = client();
      const a = layer('a');
      await settle('short', map.addLayer(a));
      // Letters in no order, which compress badly.
      let seed = 7;
      const noise = (length) => Array.from({ length }, () => String.fromCharCode(97 + (seed = (seed * 16807) % 2147483647) % 26)).join('');
      for (const length of [2400, 5000, 9000, 1]) await settle(`${length}`, a.getSource().setQuery(`SELECT '${noise(length)}'`));
      await settle('compressible', a.getSource().setQuery(`SELECT '${'x'.repeat(9000)}'`));
      const asked = performance.getEntriesByType('resource').filter(({ name }) => /\/map\?/.test(name)).map(({ name }) => new URL(name).searchParams);
      log(asked.map((query) => ['config', 'lzma'].find((key) => query.has(key)) ?? 'body'));
    },
    differs: {
      quirks: ['map requests by JSONP, LZMA above 2,033 characters'],
      check({ reference, ours, assert, equal }) {
        equal('maps');
        assert.deepEqual(ours.log.slice(0, -1), reference.log.slice(0, -1));
        assert.deepEqual(forms(reference), ['config', 'POST', 'POST', 'POST', 'config', 'lzma']);
        assert.deepEqual(forms(ours), ['config', 'lzma', 'lzma', 'POST', 'config', 'lzma']);
        const post = ({ requests }) => requests.find(({ method }) => method === 'POST');
        assert.equal(saidBy(post(reference)), 'POST; accept: application/json, text/javascript, */*; q=0.01; content-type: application/json');
        assert.match(saidBy(post(ours)), /^POST; accept: .*; content-type: application\/json$/);
        for (const side of [reference, ours]) {
          assert.deepEqual(Object.keys(post(side).query).sort(), ['api_key', 'client']);
          assert.equal(JSON.parse(post(side).body).analyses[0].params.query.length > 2000, true);
        }
        for (const { jsonp, method } of reference.requests.filter(({ kind }) => kind === 'map')) assert.equal(/^_cdbc_\d+_\d+$/.test(jsonp), method === 'GET');
        assert.ok(ours.requests.every(({ jsonp }) => !jsonp));
      },
    },
  },
  {
    name: 'the limit is 2033 characters of the whole address',
    rows: ['C-433', 'C-434'],
    async page({ client, layer, settle, server, log }) {
      const map = client();
      const a = layer('a');
      await settle('start', map.addLayer(a));
      // With this map the rest of CARTO.js' address has 577 characters and the server's name: 12 are to be below the limit, 12 not.
      const start = 2033 - 577 - server.length - 12;
      for (let length = start; length < start + 24; length += 1) await a.getSource().setQuery('x'.repeat(length));
      await settle('end', a.getSource().setQuery('SELECT 1'));
      const asked = performance.getEntriesByType('resource').filter(({ name }) => /\/map\?/.test(name)).map(({ name }) => new URL(name).searchParams);
      log(asked.map((query) => ['config', 'lzma'].find((key) => query.has(key)) ?? 'body'));
    },
    differs: {
      quirks: ['map requests by JSONP, LZMA above 2,033 characters'],
      check({ reference, assert, equal }) {
        equal('maps');
        const lengths = { config: [], lzma: [] };
        const asked = reference.requests.filter(({ kind }) => kind === 'map').slice(1, -1);
        // The query is all that grows: from the first that went as it is follow the lengths of all.
        const first = asked.find((request) => form(request) === 'config');
        const whole = `http://${first.headers.host}${first.url.replace(/&callback=[^&]*/, '')}`.length;
        const size = ({ config }) => config.analyses[0].params.query.length;
        for (const request of asked) lengths[form(request)].push(whole + size(request) - size(first));
        assert.equal(Math.max(...lengths.config), 2032);
        assert.equal(Math.min(...lengths.lzma), 2033);
      },
    },
  },
  {
    name: 'the whole payload',
    rows: ['C-437…C-447'],
    async page({ carto, client, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const [one, two] = [new carto.source.SQL('SELECT 1'), new carto.source.Dataset('t')];
      const css = (text) => new carto.style.CartoCSS(text);
      const aggregation = new carto.layer.Aggregation({
        threshold: 1, resolution: 4, placement: carto.layer.Aggregation.placement.CENTROID,
        columns: { a: { aggregateFunction: carto.layer.Aggregation.operation.SUM, aggregatedColumn: 'x' } },
      });
      const layers = [
        new carto.layer.Layer(one, css('#layer{marker-width:1}'), { id: 'mine', featureClickColumns: ['a'], featureOverColumns: ['a'], visible: false, maxzoom: 12, aggregation }),
        new carto.layer.Layer(two, css('#layer{}')),
        new carto.layer.Layer(one, css('/* ünï "quoted" \\ \n */'), { id: 7, featureOverColumns: ['c', 'c', 'cartodb_id'], minzoom: 3, maxzoom: 0, aggregation: { threshold: 5 } }),
        new carto.layer.Layer(two, css('#layer{}'), { featureClickColumns: ['d', 'e', 'd'], minzoom: 0, aggregation: {} }),
      ];
      const dataviews = [
        new carto.dataview.Formula(one, 'pop', { operation: carto.operation.SUM }),
        new carto.dataview.Formula(new carto.source.SQL('SELECT 3'), 'pop'),
        new carto.dataview.Category(two, 'kind', { limit: 5, operation: carto.operation.AVG, operationColumn: 'pop' }),
        new carto.dataview.Category(two, 'kind'),
        new carto.dataview.Histogram(one, 'pop', { bins: 7, start: 0, end: 100 }),
        new carto.dataview.TimeSeries(two, 'at', { aggregation: carto.dataview.timeAggregation.WEEK, offset: 2 }),
        new carto.dataview.TimeSeries(two, 'at'),
      ];
      await settle('layers', map.addLayers(layers));
      await idle();
      await settle('dataviews', map.addDataviews(dataviews));
      await idle();
    },
  },
  {
    name: 'sources are listed once, those of layers first',
    rows: ['C-447', 'C-440'],
    async page({ carto, client, settle, idle }) {
      const map = client();
      const sources = [1, 2, 3, 4].map((number) => new carto.source.SQL(`SELECT ${number}`));
      const add = (index) => map.addLayer(new carto.layer.Layer(sources[index], new carto.style.CartoCSS('#layer {}')));
      await settle('dataviews', map.addDataviews([3, 1, 0, 3].map((index) => new carto.dataview.Formula(sources[index], 'c'))));
      await idle();
      await settle('layers', Promise.all([add(2), add(1), add(2)]));
      await idle();
    },
  },
  {
    name: 'hidden layers are sent, and tiles are of the visible ones by their places',
    rows: ['C-445', 'C-453', 'C-454', 'C-074'],
    async page({ client, layer, listen, tag, settle, idle, log, map }) {
      const carto = listen(client(), 'client');
      const layers = ['a', 'b', 'c'].map((id) => tag(layer(id, { visible: id !== 'b' }), id));
      const native = carto.getLeafletLayer().addTo(map());
      const shown = () => [...new Set([...native.getContainer().querySelectorAll('img')].map(({ src }) => src.replace(/\d+\/\d+\/\d+\.png/, 'Z/X/Y.png')))];
      log('before', shown());
      await settle('add', carto.addLayers(layers));
      await idle();
      log('two', shown());
      layers[1].show();
      log('three', shown());
      layers[0].hide();
      log('last two', shown());
      layers.forEach((each) => each.hide());
      log('none', shown());
      layers[2].show();
      await idle();
      log('last', shown());
      await settle('move', carto.moveLayer(layers[2], 0));
      await idle();
      log('moved', shown());
      await settle('empty', carto.removeLayers(carto.getLayers()));
      await idle();
      log('empty', shown());
    },
  },
  {
    name: 'layers of other types in the answer move the places of ours',
    rows: ['C-448', 'C-453', 'C-455'],
    async page({ client, layer, listen, settle, idle, log, map, L }) {
      const carto = listen(client(), 'client');
      const layers = ['a', 'b'].map((id) => listen(layer(id, { featureClickColumns: ['name'], css: `#layer { marker-width: ramp([${id}], range(1, 2)); }` }), id));
      const target = map();
      const native = carto.getLeafletLayer().addTo(target);
      await settle('add', carto.addLayers(layers));
      await idle();
      log([...new Set([...native.getContainer().querySelectorAll('img')].map(({ src }) => /:0\/([\d,]+)\//.exec(src)?.[1]))]);
      target.fire('mousemove', { latlng: L.latLng(10, -10), layerPoint: L.point(200, 200), containerPoint: L.point(200, 200) });
      await idle();
    },
    answers(request, usual) {
      const answer = usual();
      if (request.kind === 'map') {
        answer.body.metadata.layers.splice(1, 0, { type: 'torque', id: 'x', meta: {} });
        answer.body.metadata.layers.unshift({ type: 'http', id: 'basemap', meta: {} }, { type: 'plain', id: 'background', meta: {} });
      }
      return answer;
    },
  },
  {
    name: 'addresses of dataviews are those of the protocol of the page, or those of widgets',
    rows: ['C-449'],
    async page({ carto, client, layer, listen, settle, idle, wait }) {
      const map = listen(client(), 'client');
      const formula = listen(new carto.dataview.Formula(new carto.source.SQL('SELECT 1'), 'c'), 'formula');
      await settle('protocol', Promise.all([map.addDataview(formula), map.addLayer(layer('a'))]));
      await idle();
      await settle('widgets', map.addLayer(layer('b')));
      await wait(200);
      await idle();
      await settle('nowhere', map.addLayer(layer('c')));
      await wait(200);
      await idle();
    },
    answers({ kind, number }, usual) {
      const answer = usual();
      if (kind !== 'map') return answer;
      const { metadata } = answer.body;
      for (const { url } of Object.values(metadata.dataviews)) url.https = 'https://127.0.0.1:9/other';
      if (number === 2) metadata.layers[0].widgets = metadata.dataviews;
      if (number > 1) delete metadata.dataviews;
      return answer;
    },
  },
  {
    name: 'errors with status 200 are errors',
    rows: ['C-452', 'C-436'],
    async page({ client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      await settle('add', map.addLayer(listen(layer('a'), 'a')));
      await idle();
      await settle('good', map.addLayers([]));
    },
    answers: ({ kind, number }) => (kind === 'map' && number === 1
      ? { status: 200, body: { layergroupid: 'abc:0', metadata: { layers: [] }, errors: ['no'], errors_with_context: [{ type: 'layer', message: 'no', layer: { id: 'a', index: 0 } }] } } : undefined),
  },
  ...[
    // Both names lead to the same server.
    ['a template of hosts', (host, port) => ({
      templates: { http: { url: `http://{s}:${port}/user`, subdomains: ['127.0.0.1', 'localhost'] }, https: { url: 'https://{s}.other.test', subdomains: ['o'] } }, http: 'not.used.test',
    })],
    ['one host', (host) => ({ http: `${host}/user`, https: 'other.test' })],
    ['nothing', () => undefined],
  ].map(([what, hosts]) => ({
    name: `tiles and grids come from where the answer says: ${what}`,
    rows: ['C-451', 'C-453', 'C-455', 'C-456', 'C-075'],
    async page({ client, layer, settle, idle, log, map, L, wait }) {
      const carto = client();
      const target = map();
      const native = carto.getLeafletLayer().addTo(target);
      await settle('add', carto.addLayer(layer('a', { featureClickColumns: ['name'] })));
      await idle();
      const images = [...native.getContainer().querySelectorAll('img')].map(({ src }) => src.replace(/\d+\/\d+\/\d+\.png/, 'Z/X/Y.png'));
      log([...new Set(images)].sort());
      for (const x of [-10, -100, 100]) target.fire('mousemove', { latlng: L.latLng(10, x), layerPoint: L.point(200, 200), containerPoint: L.point(200, 200) });
      await wait(300);
      // An answer that came is an entry; on a busy machine it comes late.
      await idle();
      log(performance.getEntriesByType('resource').map(({ name }) => name).filter((name) => name.includes('.grid.json')).sort());
    },
    answers(request, usual) {
      const answer = usual();
      const { host } = request.headers;
      if (request.kind === 'map') answer.body.cdn_url = hosts(host, host.split(':')[1]);
      return answer;
    },
  })),
  {
    name: 'dataviews are asked with Accept and no other header',
    rows: ['C-457'],
    async page({ carto, client, listen, settle, idle }) {
      const source = new carto.source.SQL('SELECT 1');
      const formula = listen(new carto.dataview.Formula(source, 'c'), 'formula');
      await settle('add', client().addDataview(formula));
      await idle();
    },
    // What is shown as the result are the headers of the question.
    answers: (request, usual) => (request.kind === 'dataview' ? { body: { ...usual().body, result: saidBy(request).replace(/accept: .*/, 'accept') } } : undefined),
  },
  {
    name: 'nothing is preflighted and no cookies are sent for short requests',
    rows: ['C-436', 'C-457'],
    async page({ carto, client, layer, settle, idle, log }) {
      document.cookie = 'own=1';
      const map = client();
      const a = layer('a');
      await settle('add', Promise.all([map.addLayer(a), map.addDataview(new carto.dataview.Formula(a.getSource(), 'c'))]));
      await idle();
      log('done');
    },
    answers: (request, usual) => (request.kind === 'preflight' || (request.kind === 'dataview' && request.headers.cookie) ? { status: 500, body: 'asked for' } : usual()),
  },
];
