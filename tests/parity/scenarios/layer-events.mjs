// What a carto.layer.Layer tells, and its place and visibility (spec 2.7, 2.8).
export default [
  {
    name: 'hide and show change the tiles at once and ask for no map',
    rows: ['C-136', 'C-137', 'C-138', 'C-139', 'C-140'],
    async page({ client, layer, settle, idle, log, map, tag }) {
      const maps = client();
      const native = maps.getLeafletLayer().addTo(map());
      const [a, b, c] = ['a', 'b', 'c'].map((id) => tag(layer(id), id));
      const drawn = () => log('drawn', [...new Set([...native.getContainer().querySelectorAll('img')].map(({ src }) => (/\/([^/]+)\/\d+\/\d+\/\d+\.png/.exec(src) ?? [src])[1]))]);
      await settle('add', maps.addLayers([a, b, c]));
      await idle();
      drawn();
      log(b.hide(), b.isVisible(), b.isHidden());
      drawn();
      log(b.hide(), a.toggle(), a.isVisible(), a.isHidden());
      drawn();
      log(c.hide());
      drawn();
      log(b.show(), b.show(), b.isVisible(), b.isHidden(), c.toggle(), a.toggle());
      drawn();
      await idle();
      drawn();
      // A hidden layer stays hidden over requests.
      c.hide();
      await settle('query', c.getSource().setQuery('SELECT 2'));
      drawn();
      log(a.isVisible(), b.isVisible(), c.isVisible());
      await idle();
    },
  },
  {
    name: 'hide and show before the layer is on a map',
    rows: ['C-136…C-140'],
    async page({ client, layer, settle, idle, log, tag, map }) {
      const [a, b] = ['a', 'b'].map((id) => tag(layer(id, { visible: id === 'a' }), id));
      log(a.hide(), a.isVisible(), b.show(), b.isVisible(), b.toggle(), b.isVisible(), b.toggle(), b.isVisible());
      const maps = client();
      maps.getLeafletLayer().addTo(map());
      await settle('add', maps.addLayers([a, b]));
      await idle();
      log(a.isVisible(), b.isVisible());
    },
  },
  {
    name: 'visibilityChanged comes once per change',
    rows: ['C-148'],
    async page({ client, layer, settle, idle, log }) {
      const a = layer('a');
      a.on('visibilityChanged', () => log('visibilityChanged', a.isVisible()));
      a.show().hide().hide().show().show().toggle().toggle();
      await settle('add', client().addLayer(a));
      a.show().hide().hide().show().show().toggle().toggle();
      await idle();
    },
  },
  {
    name: 'visibilityChanged carries the visibility',
    rows: ['C-148'],
    async page({ layer, listen }) {
      listen(layer('a'), 'a').hide().show().toggle();
      listen(layer('b', { visible: false }), 'b').show().hide();
    },
    differs: {
      quirks: ['Q-01'],
      check({ reference, ours, assert }) {
        const told = (values) => ['a', 'a', 'a', 'b', 'b'].map((name, index) => [name, 'visibilityChanged', values[index]]);
        assert.deepEqual(reference.log, told([false, false, false, false, false]));
        assert.deepEqual(ours.log, told([false, true, false, true, false]));
      },
    },
  },
  {
    name: 'setOrder, bringToBack and bringToFront move a layer of a client',
    rows: ['C-142…C-144'],
    async page({ client, layer, listen, attempt, settle, idle, log, tag }) {
      const map = listen(client(), 'client');
      const [a, b, c] = ['a', 'b', 'c'].map((id) => tag(layer(id), id));
      await settle('add', map.addLayers([a, b, c]));
      const steps = {
        'a to 1': () => a.setOrder(1), 'a to 1 again': () => a.setOrder(1), 'c to the back': () => c.bringToBack(), 'again': () => c.bringToBack(),
        'c to the front': () => c.bringToFront(), 'and again': () => c.bringToFront(), 'b to 2': () => b.setOrder(2),
      };
      for (const [label, step] of Object.entries(steps)) {
        await settle(label, step());
        log(map.getLayers());
        await idle();
      }
      for (const wrong of [undefined, null, '1', -1, 3, 99]) attempt(`to ${wrong}`, () => a.setOrder(wrong));
      log(map.getLayers());
    },
  },
  {
    name: 'setOrder and bringToBack of a layer on no client resolve and check nothing',
    rows: ['C-142', 'C-143'],
    async page({ layer, settle }) {
      const a = layer('a');
      await settle('1', a.setOrder(1));
      await settle('wrong', a.setOrder('wrong'));
      await settle('nothing', a.setOrder());
      await settle('back', a.bringToBack());
    },
  },
  {
    name: 'bringToFront of a layer on no client resolves',
    rows: ['C-144'],
    async page({ layer, attempt, settle, log }) {
      const promise = attempt('front', () => layer('a').bringToFront());
      if (promise) await settle('front', promise);
      log('done');
    },
    differs: {
      quirks: ['Q-48'],
      check({ reference, ours, assert }) {
        assert.deepEqual(reference.log, [['front', 'throws', { TypeError: true }], ['done']]);
        assert.deepEqual(ours.log, [['front', 'gives', '<promise>'], ['front', 'resolves', '<undefined>'], ['done']]);
      },
    },
  },
  {
    name: 'errors of a layer go to the layer, those that speak of style to its style',
    rows: ['C-149', 'C-116'],
    async page({ client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const [a, b] = ['a', 'b'].map((id) => listen(layer(id), id));
      for (const one of [a, b]) {
        listen(one.getStyle(), `style of ${one.getId()}`);
        listen(one.getSource(), `source of ${one.getId()}`);
      }
      await settle('1', map.addLayers([a, b]));
      for (let number = 2; number < 8; number += 1) {
        await settle(`${number}`, a.getSource().setQuery(`SELECT ${number}`));
        await idle();
      }
    },
    answers({ kind, number }) {
      const of = (id, message) => ({ type: 'layer', message, layer: { id, index: 0, type: 'mapnik' } });
      const all = {
        2: [of('a', 'something of a')], 3: [of('a', 'something of a'), of('b', 'style0:1:2 something')], 4: [of('b', 'the column lifestyle is wrong')],
        5: [of('a', 'STYLE is not style in capitals: Style')], 6: [of('nobody', 'of nobody')], 7: [of('a', 'STYLE')],
      };
      if (kind !== 'map' || !all[number]) return undefined;
      return { status: 400, body: { errors: all[number].map(({ message }) => message), errors_with_context: all[number] } };
    },
  },
  {
    name: 'feature events tell what is under the pointer',
    rows: ['C-150…C-152', 'C-141'],
    async page({ client, layer, settle, idle, map, L, log }) {
      const maps = client();
      const target = map();
      maps.getLeafletLayer().addTo(target);
      const layers = [layer('clicks', { featureClickColumns: ['name'] }), layer('hovers', { featureOverColumns: ['name'] }), layer('none')];
      for (const one of layers) {
        for (const event of ['featureClicked', 'featureOver', 'featureOut', 'featureError']) one.on(event, (...values) => log(one.getId(), event, ...values));
      }
      await settle('add', maps.addLayers(layers));
      await idle();
      // The left half of each tile is a feature.
      const send = async (type, x, y) => {
        log(type, x, y);
        const containerPoint = L.point(x, y);
        target.fire(type, { latlng: target.containerPointToLatLng(containerPoint), layerPoint: target.containerPointToLayerPoint(containerPoint), containerPoint });
        await idle();
      };
      await send('mousemove', 10, 10);
      await send('mousemove', 200, 10);
      await send('mousemove', 20, 30);
      await send('click', 20, 30);
      await send('click', 200, 30);
      await send('mousemove', 10, 10);
      layers[0].hide();
      await send('mousemove', 10, 10);
      layers[0].show();
      await send('click', 20, 10);
      // What a page removed hears nothing.
      layers[1].off('featureOver');
      await send('mousemove', 20, 20);
    },
  },
  {
    name: 'a grid that cannot be read is a featureError',
    rows: ['C-153'],
    async page({ client, layer, listen, settle, idle, map, L }) {
      const maps = client();
      const target = map();
      maps.getLeafletLayer().addTo(target);
      const a = listen(layer('a', { featureClickColumns: ['name'] }), 'a');
      await settle('add', maps.addLayer(a));
      await idle();
      const containerPoint = L.point(10, 10);
      target.fire('mousemove', { latlng: target.containerPointToLatLng(containerPoint), layerPoint: target.containerPointToLayerPoint(containerPoint), containerPoint });
      await idle();
    },
    answers: ({ kind }) => (kind === 'grid' ? { status: 429, body: { errors: ['You are over platform\'s limits.'], errors_with_context: [{ type: 'limit', subtype: 'render', message: 'You are over platform\'s limits.' }] } } : undefined),
    differs: {
      quirks: ['Q-54'],
      check({ reference, ours, assert, equal }) {
        equal('maps');
        const errors = ({ log }) => log.filter(([, event]) => event === 'featureError').map(([, , { CartoError }]) => [CartoError.code, CartoError.origin]);
        assert.deepEqual(errors(reference), []);
        assert.deepEqual(errors(ours), [['windshaft:limit:over-platform-limits', 'windshaft']]);
      },
    },
  },
];
