// carto.Client (spec 2.3): settings, layers, dataviews, native layers, events and promises.
/** The names of the layers of each map request, bottom first. */
const orders = ({ maps }) => maps.map(({ config }) => config.layers.map(({ id }) => id).join());

export default [
  {
    name: 'settings are checked key first, then user, then the form of the address, then whose it is',
    rows: ['C-073…C-077', 'C-345…C-350'],
    async page({ carto, attempt }) {
      const forms = [
        {}, { apiKey: '' }, { apiKey: null }, { apiKey: 1 }, { apiKey: 1, username: 1, serverUrl: 'foo' }, { apiKey: 'k' }, { apiKey: {} },
        { apiKey: 'k', username: '' }, { apiKey: 'k', username: 1 }, { apiKey: 'k', username: 1, serverUrl: 'foo' }, { apiKey: 'k', username: ['u'] },
        { apiKey: 'k', username: 'u' }, { apiKey: 'k', username: 'a b' }, { apiKey: 'k', username: 'ü' }, { username: 'u' }, { username: 1, serverUrl: 'x' },
      ];
      for (const settings of forms) attempt(JSON.stringify(settings), () => new carto.Client({ ...settings }));
      const addresses = [
        'foo', 'http://x.carto.com', 'http://localhost:8181/user/u', 'http://127.0.0.1:8181/user/u', 'http://127.0.0.1:8181/user/{username}',
        'https://u.carto.com/', 'u.carto.com', 'ftp://u.carto.com', 'https://{username}.x.com/user/{username}', '', 'https://my.host.com/user/u',
        'https://u.carto', 'HTTPS://u.carto.com', 'https://u.carto.com/a b', 'https://u.carto.com/?a=[1]&b=2#c', 'https://u', 'https://u.', '//u.carto.com',
        'https://u_x.carto.com', 'https://ü.carto.com/u', ' https://u.carto.com', 'https://u.carto.com ', 'https://carto.com:8080/u', 'https://u.carto.com/%20',
        'https://u.carto.com\\x', 'https://u.carto.com\nu.carto.com', 'http://https://u.carto.com', 'https://user:pass@u.carto.com', null, undefined, false, 0,
      ];
      for (const serverUrl of addresses) attempt(`${serverUrl}`, () => new carto.Client({ apiKey: 'k', username: 'u', serverUrl }));
    },
  },
  {
    name: 'the default address is that of the account, and {username} is replaced',
    rows: ['C-073', 'C-075', 'C-076'],
    async page({ carto, client, layer, settle, wait, log, server, idle }) {
      // Nothing answers at carto.com here: what was asked is in the page's list of resources.
      const account = new carto.Client({ apiKey: 'k', username: 'someone' }).addLayer(layer());
      account.catch(() => {});
      await settle('placeholder', client({ username: 'u', serverUrl: `${server}/user/{username}` }).addLayer(layer()));
      await settle('written out', client({ username: 'u', serverUrl: `${server}/user/u` }).addLayer(layer()));
      await settle('other user', client({ username: 'other', serverUrl: `${server}/user/{username}` }).addLayer(layer()));
      await idle();
      const asked = () => performance.getEntriesByType('resource').map(({ name }) => new URL(name)).filter(({ pathname }) => pathname.endsWith('/map'));
      await settle('nobody there', account);
      for (let tries = 0; tries < 50 && !asked().some(({ host }) => host.endsWith('carto.com')); tries += 1) await wait(100);
      log(asked().map((url) => url.origin + url.pathname).sort());
    },
  },
  {
    name: 'settings stay as the page made them',
    rows: ['C-078'],
    async page({ carto, settings, attempt, log, server }) {
      const one = settings();
      new carto.Client(one);
      log(one);
      const none = { apiKey: 'k', username: 'u' };
      new carto.Client(none);
      log(none);
      attempt('the same object for another user', () => new carto.Client(Object.assign(one, { username: 'v' })));
      log(server);
    },
    differs: {
      quirks: ['Q-73'],
      check({ reference, ours, assert }) {
        assert.equal(reference.log[0][0].serverUrl, 'SERVER/user/u');
        assert.equal(reference.log[1][0].serverUrl, 'https://u.carto.com');
        assert.equal(reference.log[2][2].CartoError.code, 'validation:client:non-matching-server-url');
        assert.deepEqual(ours.log[0][0], { apiKey: 'default_public', serverUrl: 'SERVER/user/{username}', username: 'u' });
        assert.deepEqual(ours.log[1][0], { apiKey: 'k', username: 'u' });
        assert.deepEqual(ours.log[2], ['the same object for another user', 'gives', '<object with events>']);
      },
    },
  },
  {
    name: 'settings of another type than an object throw',
    rows: ['C-073', 'C-076'],
    async page({ carto, attempt }) {
      attempt('nothing', () => new carto.Client());
      attempt('null', () => new carto.Client(null));
      attempt('number as address', () => new carto.Client({ apiKey: 'k', username: 'u', serverUrl: 5 }));
    },
    differs: {
      quirks: ['TypeErrors for missing settings and wrong arguments'],
      check({ reference, ours, assert }) {
        for (const [, how, thrown] of reference.log) assert.deepEqual([how, thrown], ['throws', { TypeError: true }]);
        assert.deepEqual(ours.log.map(([, how, thrown]) => [how, thrown.CartoError?.origin]), Array(3).fill(['throws', 'validation']));
        assert.equal(reference.log.length, 3);
      },
    },
  },
  {
    name: 'addLayer puts a layer on top and resolves with nothing after success',
    rows: ['C-079', 'C-084', 'C-091', 'C-093'],
    async page({ client, layer, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const [a, b] = [listen(layer('a'), 'a'), listen(layer('b'), 'b')];
      const added = map.addLayer(a);
      log('native', added instanceof Promise, map.getLayers());
      await settle('a', added);
      await settle('b', map.addLayer(b));
      log(map.getLayers());
      await idle();
    },
  },
  {
    name: 'addLayers keeps the order and asks once; an empty list asks too',
    rows: ['C-080', 'C-084', 'C-091'],
    async page({ client, layer, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const layers = ['a', 'b', 'c'].map((id) => listen(layer(id), id));
      await settle('three', map.addLayers(layers));
      await idle();
      await settle('none', map.addLayers([]));
      await idle();
      log(map.getLayers(), map.getLayers() === layers);
    },
  },
  {
    name: 'addLayer refuses what is no layer or is there already, at once',
    rows: ['C-079', 'C-080', 'C-342', 'C-351'],
    async page({ carto, client, layer, listen, attempt, settle, idle, log }) {
      const map = listen(client(), 'client');
      const a = listen(layer('a'), 'a');
      await settle('a', map.addLayer(a));
      for (const what of [undefined, null, 1, 'a', {}, [a], new carto.source.SQL('SELECT 1')]) attempt('no layer', () => map.addLayer(what));
      attempt('the same', () => map.addLayer(a));
      attempt('the same in a list', () => map.addLayers([a]));
      attempt('the same id', () => map.addLayer(layer('a')));
      log(map.getLayers());
      await idle();
    },
  },
  {
    name: 'a bad element of addLayers throws at once and nothing is asked',
    rows: ['C-080'],
    async page({ client, layer, listen, attempt, settle, idle, log }) {
      const map = listen(client(), 'client');
      const [a, b] = [listen(layer('a'), 'a'), listen(layer('b'), 'b')];
      attempt('bad second', () => map.addLayers([a, {}, b]));
      attempt('double', () => map.addLayers([b, b]));
      await idle();
      log(map.getLayers());
      await settle('later', map.addLayers([]));
    },
    differs: {
      quirks: ['Q-89'],
      check({ reference, ours, assert }) {
        for (const { log } of [reference, ours]) {
          assert.deepEqual(log.slice(0, 2).map(([, how, { CartoError }]) => [how, CartoError.code]), [['throws', 'validation:client:bad-layer-type'], ['throws', 'validation:client:duplicated-layer-id']]);
        }
        assert.deepEqual(reference.log[2], [['<a>', '<b>']]);
        assert.deepEqual(ours.log[2], [[]]);
        assert.deepEqual(orders(reference), ['a,b']);
        assert.deepEqual(orders(ours), ['']);
      },
    },
  },
  {
    name: 'addLayers without a list is a mistake of the page',
    rows: ['C-080', 'C-082'],
    async page({ client, attempt }) {
      const map = client();
      for (const what of [undefined, null, 1, {}]) attempt('add', () => map.addLayers(what));
      for (const what of [undefined, null, 1, {}]) attempt('remove', () => map.removeLayers(what));
      for (const what of [undefined, null, 1, {}]) attempt('add dataviews', () => map.addDataviews(what));
    },
    differs: {
      quirks: ['TypeErrors for missing settings and wrong arguments'],
      check({ reference, ours, assert }) {
        assert.deepEqual(reference.log.map(([, how, { TypeError }]) => [how, TypeError]), Array(12).fill(['throws', true]));
        assert.deepEqual(ours.log.map(([, how, { CartoError }]) => [how, CartoError.origin, CartoError.type]), Array(12).fill(['throws', 'validation', 'client']));
      },
    },
  },
  {
    name: 'removeLayer takes a layer out and asks again',
    rows: ['C-081', 'C-084', 'C-091', 'C-342'],
    async page({ client, layer, listen, attempt, settle, idle, log }) {
      const map = listen(client(), 'client');
      const layers = ['a', 'b', 'c'].map((id) => listen(layer(id), id));
      await settle('add', map.addLayers(layers));
      const removed = map.removeLayer(layers[1]);
      log('at once', map.getLayers(), removed instanceof Promise);
      await settle('remove', removed);
      for (const what of [undefined, null, 'a', {}]) attempt('no layer', () => map.removeLayer(what));
      log(map.getLayers(), layers);
      await idle();
    },
  },
  {
    name: 'removing a layer that is not there removes nothing and asks again',
    rows: ['C-081'],
    async page({ client, layer, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      await settle('add', map.addLayers(['a', 'b'].map((id) => listen(layer(id), id))));
      await settle('remove', map.removeLayer(layer('c')));
      log(map.getLayers());
      await idle();
    },
    differs: {
      quirks: ['Q-08'],
      check({ reference, ours, assert, equal }) {
        assert.deepEqual(reference.log.at(-1), [['<a>']]);
        assert.deepEqual(ours.log.at(-1), [['<a>', '<b>']]);
        assert.deepEqual(orders(reference), ['a,b', 'a,b']);
        equal('maps');
      },
    },
  },
  {
    name: 'removeLayers takes the live list, and an empty one asks again',
    rows: ['C-082', 'C-084', 'C-091'],
    async page({ client, layer, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const layers = ['a', 'b', 'c', 'd'].map((id) => listen(layer(id), id));
      await settle('add', map.addLayers(layers));
      await settle('two', map.removeLayers([layers[3], layers[0]]));
      log(map.getLayers());
      await idle();
      await settle('all', map.removeLayers(map.getLayers()));
      log(map.getLayers());
      await idle();
      await settle('none', map.removeLayers([]));
      await idle();
    },
  },
  {
    name: 'moveLayer puts a layer at an index and asks only if it was elsewhere',
    rows: ['C-083', 'C-084', 'C-093'],
    async page({ client, layer, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const layers = ['a', 'b', 'c', 'd'].map((id) => listen(layer(id), id));
      await settle('add', map.addLayers(layers));
      for (const [which, index] of [[0, 3], [0, 3], [0, 0], [1, 2], [3, 1], [2, 2]]) {
        await settle(`${which} to ${index}`, map.moveLayer(layers[which], index));
        log(map.getLayers());
        await idle();
      }
      await settle('layer of nobody', map.moveLayer(layer('e'), 1));
      log(map.getLayers());
      await idle();
    },
  },
  {
    name: 'moveLayer refuses other things than layers and indexes of the list',
    rows: ['C-083', 'C-342…C-344'],
    async page({ client, layer, listen, attempt, settle, idle, log }) {
      const map = listen(client(), 'client');
      const layers = ['a', 'b'].map((id) => listen(layer(id), id));
      await settle('add', map.addLayers(layers));
      for (const what of [undefined, null, 'a', {}]) attempt('no layer', () => map.moveLayer(what, 'x'));
      for (const index of [undefined, null, '1', {}, [1], true]) attempt('no number', () => map.moveLayer(layers[0], index));
      for (const index of [-1, 2, 3, Infinity, -Infinity, 1.999 + 1]) attempt('out of range', () => map.moveLayer(layers[0], index));
      log(map.getLayers());
      await idle();
    },
  },
  {
    name: 'layers added after a move keep the order of the list',
    rows: ['C-083'],
    async page({ client, layer, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const layers = ['a', 'b', 'c'].map((id) => listen(layer(id), id));
      await settle('add', map.addLayers(layers));
      await settle('move', map.moveLayer(layers[0], 2));
      await settle('add', map.addLayer(listen(layer('d'), 'd')));
      log(map.getLayers());
      await idle();
    },
    differs: {
      quirks: ['Q-09'],
      check({ reference, ours, assert, equal }) {
        equal('log');
        assert.deepEqual(orders(reference), ['a,b,c', 'b,c,a', 'a,b,c,d']);
        assert.deepEqual(orders(ours), ['a,b,c', 'b,c,a', 'b,c,a,d']);
        assert.deepEqual(reference.log.at(-1), [['<b>', '<c>', '<a>', '<d>']]);
      },
    },
  },
  {
    name: 'getLayers and getDataviews are the same live lists each time',
    rows: ['C-084', 'C-088'],
    async page({ carto, client, layer, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const [layers, dataviews] = [map.getLayers(), map.getDataviews()];
      log(Array.isArray(layers), Array.isArray(dataviews), layers, dataviews);
      const a = listen(layer('a'), 'a');
      const formula = listen(new carto.dataview.Formula(a.getSource(), 'c'), 'formula');
      const both = [settle('layer', map.addLayer(a)), settle('dataview', map.addDataview(formula))];
      log(layers, dataviews);
      await Promise.all(both);
      await idle();
      log(layers === map.getLayers(), dataviews === map.getDataviews(), layers[0] === a, dataviews[0] === formula);
      await settle('layer', map.removeLayer(a));
      await idle();
      await settle('dataview', map.removeDataview(formula));
      log(layers, dataviews, layers === map.getLayers(), dataviews === map.getDataviews());
    },
  },
  {
    name: 'a live list stays the same after layers moved and left',
    rows: ['C-084'],
    async page({ client, layer, listen, settle, log }) {
      const map = client();
      const layers = ['a', 'b', 'c'].map((id) => listen(layer(id), id));
      const live = map.getLayers();
      await settle('add', map.addLayers(layers));
      await settle('move', map.moveLayer(layers[2], 0));
      log(live, live === map.getLayers());
      await settle('remove', map.removeLayer(layers[0]));
      log(live, live === map.getLayers(), live.indexOf(layers[1]), live.includes(layers[0]));
    },
  },
  {
    name: 'addDataview lists a dataview, asks once, and resolves before its data is there',
    rows: ['C-085', 'C-088', 'C-091', 'C-093'],
    async page({ carto, client, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const source = listen(new carto.source.SQL('SELECT 1'), 'source');
      const formula = listen(new carto.dataview.Formula(source, 'population', { operation: carto.operation.SUM }), 'formula');
      const added = map.addDataview(formula);
      log(added instanceof Promise, map.getDataviews(), formula.getStatus());
      await settle('add', added);
      log(formula.getStatus());
      await idle();
      log(formula.getStatus(), formula.getData());
    },
    answers: (request, usual) => (request.kind === 'dataview' ? { ...usual(), delay: 300 } : undefined),
  },
  {
    name: 'addDataviews asks once for all; an empty list asks too',
    rows: ['C-086', 'C-088', 'C-091'],
    async page({ carto, client, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const source = new carto.source.SQL('SELECT 1');
      const formula = listen(new carto.dataview.Formula(source, 'c'), 'formula');
      const category = listen(new carto.dataview.Category(source, 'd', { limit: 3 }), 'category');
      await settle('add', map.addDataviews([formula, category]));
      await idle();
      await settle('none', map.addDataviews([]));
      await idle();
      log(map.getDataviews());
    },
  },
  {
    name: 'removeDataview disables it and asks again; one that is not there resolves',
    rows: ['C-087', 'C-088', 'C-505'],
    async page({ carto, client, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const source = new carto.source.SQL('SELECT 1');
      const [one, two] = ['c', 'd'].map((column) => listen(new carto.dataview.Formula(source, column), column));
      await settle('add', map.addDataviews([one, two]));
      await idle();
      const removed = map.removeDataview(one);
      log(removed instanceof Promise, map.getDataviews(), one.isEnabled(), two.isEnabled());
      await settle('remove', removed);
      await idle();
      log(one.isEnabled(), one.getData(), one.getStatus());
      await settle('again', map.removeDataview(one));
      await settle('nobody', map.removeDataview(new carto.dataview.Formula(source, 'c')));
      await idle();
      log(typeof map.removeDataviews);
    },
  },
  {
    name: 'removeDataview of nothing resolves',
    rows: ['C-087'],
    async page({ client, settle }) {
      const map = client();
      for (const what of [undefined, null, 1, {}]) await settle('nothing', map.removeDataview(what));
    },
  },
  {
    name: 'a dataview that is added twice is listed twice',
    rows: ['C-085', 'C-088'],
    async page({ carto, client, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const formula = listen(new carto.dataview.Formula(new carto.source.SQL('SELECT 1'), 'c'), 'formula');
      await settle('add', map.addDataview(formula));
      await idle();
      await settle('again', map.addDataview(formula));
      await idle();
      log(map.getDataviews());
    },
  },
  {
    name: 'addDataview of something else throws',
    rows: ['C-085', 'C-086'],
    async page({ client, attempt, log }) {
      const map = client();
      for (const what of [undefined, null, 1, {}]) attempt('no dataview', () => map.addDataview(what));
      log(map.getDataviews().length);
    },
    differs: {
      quirks: ['Q-47'],
      check({ reference, ours, assert, equal }) {
        for (const [, how, what] of reference.log.slice(0, -1)) assert.deepEqual([how, what], ['throws', { TypeError: true }]);
        for (const [, how, what] of ours.log.slice(0, -1)) assert.deepEqual([how, what.CartoError?.origin], ['throws', 'validation']);
        assert.deepEqual(reference.log.at(-1), [4]);
        assert.deepEqual(ours.log.at(-1), [0]);
        equal('maps');
      },
    },
  },
];
