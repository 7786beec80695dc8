// What servers say of maps that they cannot make, and what becomes of it (spec 2.2.4), and of styles (spec 2.6).
const CASES = [
  ['analysis', 'syntax error at or near "x"'], ['analysis', 'relation "t" does not exist'], ['analysis', 'ERROR: relation public.t does not exist'], ['analysis', 'column "c" does not exist'],
  ['analysis', 'Analysis requires authentication with API key: permission denied.'], ['analysis', 'something else'],
  ['layer', 'column "c" does not exist'], ['layer', 'Unrecognized rule: marker-wid'], ['layer', 'something else'], ['layer', 'style0:1:5 Unrecognized rule: a'],
  ['limit', "You are over platform's limits: SQL query timeout error."], ['limit', 'Render timeout exceeded'], ['tile', 'nothing'], ['auth', 'Forbidden'], ['auth', 'Forbidden to you'],
  ['generic', 'Forbidden'], ['novel', 'a type of later servers'], [undefined, 'no type'], ['unknown', 'an unknown type'], ['layer', `${'long '.repeat(80)}`],
];

export default [
  {
    name: 'every error of a server has its code and text, for layer, source, style, client and promise',
    rows: ['C-393…C-402', 'C-408', 'C-418', 'C-419', 'C-116', 'C-149', 'C-101', 'C-092'],
    answers({ kind, config }) {
      if (kind !== 'map') return undefined;
      const [, index] = /case (\d+)/.exec(config.analyses[0].params.query) ?? [];
      if (index === undefined) return undefined;
      const [type, message] = CASES[index];
      const [layer] = config.layers;
      const [node] = config.analyses;
      const about = type === 'layer' ? { layer: { id: layer.id, index: 0, type: 'mapnik', context: { a: 1 } } } : type === 'analysis' ? { analysis: { id: node.id, node_id: node.id, type: 'source' } } : {};
      return { status: 400, body: { errors: [message], errors_with_context: [{ type, message, subtype: type === 'limit' ? 'render' : undefined, ...about }] } };
    },
    page: {
      toString: () => `async page({ client, layer, listen, settle, idle, tag }) {
        const map = listen(client(), 'client');
        const shown = listen(layer('one'), 'layer');
        listen(shown.getSource(), 'source');
        listen(shown.getStyle(), 'style');
        await map.addLayer(shown);
        for (let index = 0; index < ${CASES.length}; index++) {
          await settle('case ' + index, shown.getSource().setQuery('SELECT /* case ' + index + ' */ 1'));
          await idle();
          await shown.getSource().setQuery('SELECT ' + index);
          await idle();
        }
      }`,
    },
    differs: {
      quirks: ['Q-14', 'Q-15'],
      check({ reference, ours, assert }) {
        // CARTO.js tells the recovery of a source as an error without words, and loads once more.
        const alarm = ([who, event, error]) => who === 'source' && event === 'error' && error.CartoError.code === 'generic:unknown-error';
        const told = (log) => log.filter((entry) => !alarm(entry) && !(entry[0] === 'client' && entry[1] === 'success'));
        assert.ok(reference.log.some(alarm) && !ours.log.some(alarm));
        assert.deepEqual(told(ours.log), told(reference.log));
        assert.ok(ours.maps.length < reference.maps.length);
      },
    },
  },
  {
    name: 'a tile that fails is an error of the client',
    rows: ['C-399', 'C-472'],
    answers: ({ kind, path }) => (kind === 'tile' && /\/[01]\/\d\.png$/.test(path) ? { status: 500, body: '' } : undefined),
    async page({ client, layer, map, idle, log }) {
      const shown = client();
      const codes = [];
      shown.on('error', (error) => codes.push([error.errorCode, error.message, error.layer === undefined]));
      const place = map();
      shown.getLeafletLayer().addTo(place);
      await shown.addLayer(layer('one'));
      await idle(600);
      log(codes.length > 1, codes[0], codes.every((code) => String(code) === String(codes[0])));
    },
  },
  {
    name: 'styles are checked when they are made and when they are changed',
    rows: ['C-112', 'C-114', 'C-340', 'C-341'],
    async page({ carto, attempt, listen, settle, tag }) {
      for (const content of [undefined, null, '', 0, false, 7, {}, ['#l {}'], true]) attempt(`new ${JSON.stringify(content)}`, () => tag(new carto.style.CartoCSS(content), 'style'));
      const style = listen(new carto.style.CartoCSS(' #l {} '), 'style');
      for (const content of [undefined, null, '', 0, 7, {}]) attempt(`set ${JSON.stringify(content)}`, () => style.setContent(content));
      await settle('set', style.setContent('#m {}'));
      attempt('get', () => style.getContent());
    },
  },
  {
    name: 'a style of another client is refused, and nothing of the layer is added',
    rows: ['C-118', 'C-416', 'C-333', 'C-332'],
    async page({ carto, client, layer, log, attempt, idle }) {
      const [one, two] = [client(), client()];
      const first = layer('first');
      await one.addLayer(first);
      await idle();
      let thrown;
      try {
        two.addLayer(new carto.layer.Layer(new carto.source.SQL('SELECT 1'), first.getStyle()));
      } catch (error) {
        thrown = error;
      }
      log(thrown instanceof Error, thrown.message);
      log('listed', two.getLayers().length);
      const second = layer('second');
      await two.addLayer(second).catch(() => {});
      attempt('style', () => second.setStyle(first.getStyle()));
      attempt('source', () => second.setSource(first.getSource()));
    },
    differs: {
      quirks: ['Q-50'],
      check({ reference, ours, assert }) {
        assert.deepEqual([reference.log[0], ours.log[0]], Array(2).fill([true, 'CartoCSS engine cannot be changed']));
        assert.deepEqual([reference.log[1], ours.log[1]], [['listed', 1], ['listed', 0]]);
        assert.deepEqual(ours.log.slice(2), reference.log.slice(2));
      },
    },
  },
];
