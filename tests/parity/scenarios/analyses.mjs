// Nodes of analyses that are not ready, and pages that throw (spec 3.6).
export default [
  {
    name: 'a node that is not ready is asked for until it is, and then the map once more',
    rows: ['C-430', 'C-450', 'C-458'],
    async page({ carto, client, layer, listen, settle, wait, idle, log }) {
      const map = listen(client(), 'client');
      const a = listen(layer('a'), 'a');
      const source = listen(a.getSource(), 'source');
      const formula = listen(new carto.dataview.Formula(source, 'x'), 'formula');
      await settle('add', Promise.all([map.addLayer(a), map.addDataview(formula)]));
      log(formula.getStatus());
      await wait(4500);
      await idle();
      log(formula.getStatus());
      // The times between the questions: at once, 1000 ms, 1500 ms, later on a busy machine.
      const asked = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/analysis/node/')).map(({ startTime }) => startTime);
      log(asked.length, asked.slice(1).map((time, index) => time - asked[index] > [900, 1400][index]));
    },
    answers({ kind, number }, usual) {
      if (kind === 'node') return { body: { status: number < 3 ? 'running' : 'ready' } };
      const answer = usual();
      // After the first answer of the node.
      if (kind === 'dataview') answer.delay = 400;
      if (kind === 'map' && number === 1) for (const node of Object.values(answer.body.metadata.analyses[0].nodes)) node.status = 'pending';
      return answer;
    },
  },
  {
    name: 'a node that fails while it is polled fails its dataviews, and polling ends',
    rows: ['C-430', 'C-450'],
    async page({ carto, client, layer, listen, settle, wait, idle, log }) {
      const map = listen(client(), 'client');
      const a = listen(layer('a'), 'a');
      const source = listen(a.getSource(), 'source');
      const formula = listen(new carto.dataview.Formula(source, 'x'), 'formula');
      await settle('add', Promise.all([map.addLayer(a), map.addDataview(formula)]));
      await wait(2000);
      await idle();
      log(formula.getStatus());
    },
    answers({ kind, number }, usual) {
      if (kind === 'node') return { body: number < 2 ? { status: 'running' } : { status: 'failed', error_message: 'out of memory' } };
      const answer = usual();
      if (kind === 'map') for (const node of Object.values(answer.body.metadata.analyses[0].nodes)) node.status = 'running';
      return answer;
    },
    differs: {
      quirks: ['Q-66'],
      check({ reference, ours, assert }) {
        const errors = ({ log }) => log.filter(([, event]) => event === 'error').map(([who, , error]) => [who, error.CartoError.message]);
        assert.deepEqual(errors(reference), [['formula', 'unexpected error']]);
        assert.deepEqual(errors(ours), [['formula', 'out of memory'], ['source', 'out of memory']]);
        for (const { log } of [reference, ours]) assert.deepEqual(log.at(-1), ['error']);
        assert.deepEqual(ours.nodes, reference.nodes);
      },
    },
  },
  {
    name: 'a poll that fails is the last of its node',
    rows: ['C-430'],
    async page({ client, layer, listen, settle, wait, idle }) {
      const map = listen(client(), 'client');
      const a = layer('a');
      listen(a.getSource(), 'source');
      await settle('add', map.addLayer(a));
      await wait(1500);
      await idle();
    },
    answers({ kind }, usual) {
      if (kind === 'node') return { status: 500, body: { errors: ['no'] } };
      const answer = usual();
      if (kind === 'map') for (const node of Object.values(answer.body.metadata.analyses[0].nodes)) node.status = 'waiting';
      return answer;
    },
  },
  {
    name: 'a node that the answer calls failed tells its source and its dataviews',
    rows: ['C-450', 'C-430'],
    async page({ carto, client, layer, listen, settle, wait, idle, log }) {
      const map = listen(client(), 'client');
      const a = listen(layer('a'), 'a');
      const source = listen(a.getSource(), 'source');
      const formula = listen(new carto.dataview.Formula(source, 'x'), 'formula');
      await settle('add', Promise.all([map.addLayer(a), map.addDataview(formula)]));
      await wait(300);
      await idle();
      log(formula.getStatus());
    },
    answers({ kind }, usual) {
      const answer = usual();
      if (kind === 'map') for (const node of Object.values(answer.body.metadata.analyses[0].nodes)) Object.assign(node, { status: 'failed', error_message: 'out of memory' });
      return answer;
    },
  },
  {
    name: 'polling asks with the key, and goes on when another client asks for its map',
    rows: ['C-430', 'C-458', 'C-094'],
    async page({ client, layer, listen, settle, wait, idle, log }) {
      const [one, two] = [listen(client(), 'one'), listen(client({ apiKey: 'other' }), 'two')];
      await settle('one', one.addLayer(layer('a')));
      await wait(300);
      await settle('two', two.addLayer(layer('b')));
      await wait(1500);
      await idle();
      const keys = performance.getEntriesByType('resource').filter(({ name }) => name.includes('/analysis/node/')).map(({ name }) => new URL(name).searchParams.get('api_key'));
      log('keys', [...new Set(keys)]);
    },
    answers({ kind, number, config }, usual) {
      if (kind === 'node') return { body: { status: number < 2 ? 'running' : 'ready' } };
      const answer = usual();
      if (kind === 'map' && number === 1 && config.layers[0].id === 'a') for (const node of Object.values(answer.body.metadata.analyses[0].nodes)) node.status = 'pending';
      return answer;
    },
    differs: {
      quirks: ['Q-66'],
      check({ reference, ours, assert }) {
        assert.equal(reference.nodes.length, 1);
        assert.deepEqual(reference.log.at(-1), ['keys', [null]]);
        assert.equal(reference.maps.length, 2);
        assert.equal(ours.nodes.length, 2);
        assert.deepEqual(ours.log.at(-1), ['keys', ['default_public']]);
        assert.equal(ours.maps.length, 3);
      },
    },
  },
  {
    name: 'a listener that throws neither stops the answer nor the promises',
    rows: ['C-072', 'C-423'],
    async page({ client, layer, log, idle, wait }) {
      const map = client();
      map.on('success', () => {
        throw new Error('of the page');
      });
      map.on('success', () => log('second listener'));
      map.addLayer(layer('a')).then(() => log('resolved'), () => log('rejected'));
      await wait(200);
      await idle();
    },
    differs: {
      quirks: ['Q-19'],
      check({ reference, ours, assert, equal }) {
        assert.deepEqual(reference.log, []);
        assert.deepEqual(ours.log, [['second listener'], ['resolved']]);
        assert.match(reference.errors.join(), /of the page/);
        assert.match(ours.errors.join(), /of the page/);
        equal('maps');
      },
    },
  },
  {
    name: 'an answer without metadata settles promises',
    rows: ['C-423', 'C-448'],
    async page({ client, layer, listen, idle, wait, log }) {
      const map = listen(client(), 'client');
      map.addLayer(layer('a')).then(() => log('settled'), () => log('settled'));
      await wait(200);
      await idle();
    },
    answers: ({ kind }) => (kind === 'map' ? { body: { layergroupid: 'abc:0' } } : undefined),
    differs: {
      quirks: ['Q-19'],
      check({ reference, ours, assert }) {
        assert.equal(reference.log.filter(([what]) => what === 'settled').length, 0);
        assert.equal(reference.errors.length, 1);
        assert.equal(ours.log.filter(([what]) => what === 'settled').length, 1);
        assert.deepEqual(ours.errors, []);
      },
    },
  },
];
