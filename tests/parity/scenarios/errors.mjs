// CartoError (spec 2.2).
const failure = (...errors) => ({ status: 400, body: { errors: errors.map(({ message }) => message), errors_with_context: errors } });

export default [
  {
    name: 'an error of validation has these properties',
    rows: ['C-314…C-320', 'C-324'],
    async page({ carto, log }) {
      let error;
      try {
        new carto.Client({});
      } catch (thrown) {
        error = thrown;
      }
      log(error instanceof Error, typeof error, String(error));
      for (const key of ['message', 'name', 'origin', 'type', 'errorCode', 'originalError', 'layer', 'source', 'sourceId']) log(key, error[key]);
      log('stack', typeof error.stack, error.stack.length > 0);
      log(JSON.parse(JSON.stringify(error.originalError)), Object.prototype.hasOwnProperty.call(error, 'errorCode'), Object.prototype.hasOwnProperty.call(error, 'message'));
      // Pages may throw it again, and write to it.
      error.message = 'mine';
      log(error.message);
    },
  },
  {
    name: 'an error of the server has these properties',
    rows: ['C-314…C-321', 'C-324'],
    async page({ client, layer, tag, settle, log, idle }) {
      const map = client();
      const a = tag(layer('a', { css: '#layer { bad-rule: 1; }' }), 'a');
      const errors = [];
      map.on('error', (error) => errors.push(['client', error]));
      a.on('error', (error) => errors.push(['layer', error]));
      a.getStyle().on('error', (error) => errors.push(['style', error]));
      await map.addLayer(a).catch((error) => errors.push(['promise', error]));
      await idle();
      for (const [who, error] of errors) {
        log(who, error instanceof Error, error.name, error.message, error.origin, error.type, error.errorCode, typeof error.stack);
        log(who, error.layer, error.source, error.sourceId);
        const { origin, type, message, layerId, subtype, context } = error.originalError;
        log(who, origin, type, message, layerId, subtype, context);
      }
      log('distinct', new Set(errors.map(([, error]) => error)).size === errors.length);
      await settle('again', map.addLayers([]));
    },
  },
  {
    name: 'the layer is given to listeners of the client only, and only while the client has it',
    rows: ['C-321'],
    async page({ client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const [a, b] = ['a', 'b'].map((id) => listen(layer(id), id));
      listen(a.getStyle(), 'style');
      await settle('add', map.addLayers([a, b]));
      await settle('of a', map.addLayers([]));
      await idle();
      await settle('of nobody', map.addLayers([]));
      await idle();
    },
    answers({ kind, number }) {
      if (kind !== 'map' || number === 1) return undefined;
      return failure({ type: 'layer', message: 'column "x" does not exist', layer: { id: number === 2 ? 'a' : 'nobody', index: 0, type: 'mapnik' } });
    },
  },
  {
    name: 'the source is given to its own listeners, and its id to all',
    rows: ['C-322', 'C-323'],
    async page({ carto, client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const a = listen(layer('a', { sql: 'SELECT !!' }), 'a');
      const source = listen(a.getSource(), 'source');
      const formula = listen(new carto.dataview.Formula(source, 'c'), 'formula');
      await settle('add', Promise.all([map.addLayer(a), map.addDataview(formula)]));
      await idle();
    },
  },
  {
    name: 'a node that the server does not number has the id of the source',
    rows: ['C-323', 'C-322'],
    async page({ client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const a = listen(layer('a'), 'a');
      const source = listen(a.getSource(), 'source');
      await settle('add', map.addLayer(a));
      for (const query of ['SELECT 2', 'SELECT 3', 'SELECT 4']) {
        await settle(query, source.setQuery(query));
        await idle();
      }
    },
    answers({ kind, number }) {
      const analysis = { 2: { id: 'S1', type: 'source' }, 3: { node_id: 'S1', id: 'other' }, 4: { type: 'source' } }[number];
      return kind === 'map' && analysis ? failure({ type: 'analysis', message: `number ${number}`, analysis }) : undefined;
    },
  },
  {
    name: 'a map that cannot be read is an unexpected error',
    rows: ['C-325', 'C-092'],
    async page({ client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      for (let number = 1; number < 3; number += 1) {
        await settle(`${number}`, map.addLayer(layer(`l${number}`)));
        await idle();
      }
    },
    answers({ kind, number, jsonp }, usual) {
      if (kind !== 'map') return undefined;
      // What a browser says of a script that is no JavaScript is an error of the page: CARTO.js gets statuses instead.
      if (number === 1) return jsonp ? { jsonpStatus: 500, body: {} } : { status: 500, body: '<html>', headers: { 'Content-Type': 'text/html' } };
      return usual();
    },
  },
  {
    name: 'a map refused with an empty list of errors settles promises',
    rows: ['C-325'],
    async page({ client, layer, listen, wait, idle, log }) {
      listen(client(), 'client').addLayer(layer('a')).then(() => log('resolved'), ({ errorCode }) => log('rejected', errorCode));
      await wait(300);
      await idle();
    },
    answers: ({ kind }) => (kind === 'map' ? { status: 400, body: { errors: [] } } : undefined),
    differs: {
      quirks: ['Q-19'],
      check({ reference, ours, assert, equal }) {
        equal('maps');
        assert.deepEqual(reference.log, []);
        assert.equal(reference.errors.length, 1);
        assert.deepEqual(ours.log.map(([what, event, ...rest]) => [what, event ?? rest]), [['client', 'error'], ['rejected', 'generic:unknown-error']]);
        assert.deepEqual(ours.errors, []);
      },
    },
  },
  {
    name: 'types without a code of their own, and messages that no code knows',
    rows: ['C-326'],
    async page({ client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const a = listen(layer('a'), 'a');
      const source = listen(a.getSource(), 'source');
      await settle('1', map.addLayer(a));
      for (let number = 2; number < 10; number += 1) {
        await settle(`${number}`, source.setQuery(`SELECT ${number}`));
        await idle();
      }
    },
    answers({ kind, number }) {
      const analysis = { id: 'S1', node_id: 'S1', type: 'source' };
      const all = {
        2: { type: 'analysis', message: 'what nobody knows', analysis },
        3: { type: 'auth', message: 'forbidden' },
        4: { type: 'auth', message: 'Forbidden, too' },
        5: { type: 'unknown', message: 'Forbidden' },
        6: { message: 'Forbidden' },
        7: { type: 'something-new', message: 'Forbidden' },
        8: { type: 'dataview', message: 'what nobody knows' },
        9: { type: 'analysis', message: 'no syntax error', analysis },
      };
      return kind === 'map' && all[number] ? failure(all[number]) : undefined;
    },
  },
  {
    name: 'a dataview that cannot be read is an ajax error with the text of the status',
    rows: ['C-327'],
    async page({ carto, client, listen, settle, wait, idle, log }) {
      const map = client();
      const source = new carto.source.SQL('SELECT 1');
      const filter = new carto.filter.BoundingBox();
      const formula = listen(new carto.dataview.Formula(source, 'c'), 'formula');
      await settle('add', map.addDataview(formula));
      await idle();
      formula.addFilter(filter.setBounds({ west: -1, south: 0, east: 10, north: 10 }));
      await wait(200);
      await idle();
      formula.off().on('error', ({ origin, type, errorCode, name, message }) => log('error', origin, type, errorCode, name, message));
      formula.on('statusChanged', (status) => log(status));
      for (let number = 2; number < 6; number += 1) {
        filter.setBounds({ west: -number, south: 0, east: 10, north: 10 });
        await wait(200);
        await idle();
        log(number, formula.getStatus());
      }
    },
    answers({ kind, query }, usual) {
      if (kind !== 'dataview' || !query.bbox) return undefined;
      const html = { body: '<html>', headers: { 'Content-Type': 'text/html' } };
      const all = { '-2': { status: 500, ...html }, '-3': { status: 404, ...html }, '-4': { status: 400, ...html } };
      return all[query.bbox.split(',')[0]] ?? usual();
    },
  },
  {
    name: 'a dataview refused without words is an unexpected error',
    rows: ['C-325', 'C-327'],
    async page({ carto, client, listen, settle, idle }) {
      const formula = listen(new carto.dataview.Formula(new carto.source.SQL('SELECT 1'), 'c'), 'formula');
      await settle('add', client().addDataview(formula));
      await idle();
    },
    answers: ({ kind }) => (kind === 'dataview' ? { status: 400, body: {} } : undefined),
  },
  {
    name: 'a dataview that is aborted by a newer question tells nothing',
    rows: ['C-327'],
    async page({ carto, client, listen, settle, wait, idle, log }) {
      const filter = new carto.filter.BoundingBox();
      const formula = listen(new carto.dataview.Formula(new carto.source.SQL('SELECT 1'), 'c'), 'formula');
      await settle('add', client().addDataview(formula));
      await idle();
      formula.addFilter(filter.setBounds({ west: 1, south: 0, east: 10, north: 10 }));
      await wait(300);
      await idle();
      log('two in a row');
      filter.setBounds({ west: 2, south: 0, east: 10, north: 10 });
      await wait(60);
      filter.setBounds({ west: 3, south: 0, east: 10, north: 10 });
      await wait(300);
      await idle();
      log(formula.getStatus(), formula.getData());
    },
    answers: ({ kind, query }, usual) => (kind === 'dataview' && query.bbox?.startsWith('2') ? { ...usual(), delay: 400 } : undefined),
  },
  {
    name: 'a condition of a filter without a name has no code',
    rows: ['C-328'],
    async page({ carto, attempt }) {
      attempt('Category', () => new carto.filter.Category('c', { '': ['x'] }));
      attempt('Range', () => new carto.filter.Range('c', { '': 1 }));
    },
  },
  {
    name: 'the codes of clients',
    rows: ['C-342…C-351'],
    async page({ carto, client, layer, settings, settle, log }) {
      const map = client();
      const a = layer('a');
      await settle('add', map.addLayer(a));
      const mistakes = [
        () => map.addLayer({}), () => map.moveLayer(a, 'x'), () => map.moveLayer(a, 1), () => map.addLayer(a), () => new carto.Client(settings({ apiKey: '' })),
        () => new carto.Client(settings({ apiKey: 1 })), () => new carto.Client(settings({ username: '' })), () => new carto.Client(settings({ username: 1 })),
        () => new carto.Client(settings({ serverUrl: 'foo' })), () => new carto.Client(settings({ serverUrl: 'https://other.carto.com' })),
      ];
      for (const mistake of mistakes) {
        try {
          mistake();
          log('nothing');
        } catch (error) {
          log(error.errorCode, error.message, error.origin, error.type, error.originalError, error instanceof Error, error.name);
        }
      }
    },
  },
];
