// What follows answers that repeat, fail again or recover (spec 3).
const queries = ({ maps }) => maps.map(({ config }) => config.analyses.map(({ params }) => params.query).join());

export default [
  {
    name: 'an answer that says the same as the last changes nothing',
    rows: ['C-428', 'C-423'],
    async page({ carto, client, layer, listen, settle, idle, map }) {
      const all = listen(client(), 'client');
      const a = listen(layer('a'), 'a');
      const formula = listen(new carto.dataview.Formula(a.getSource(), 'x'), 'formula');
      all.getLeafletLayer().addTo(map());
      await settle('add', Promise.all([all.addLayer(a), all.addDataview(formula)]));
      await idle();
      await settle('again', all.addLayers([]));
      await idle();
      await settle('the same query', a.getSource().setQuery('SELECT * FROM a'));
      await idle();
    },
  },
  {
    name: 'the fourth equal request in a row is not refused',
    rows: ['C-429'],
    async page({ client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const a = layer('a');
      await settle('add', map.addLayer(a));
      for (let number = 2; number < 5; number += 1) await settle(`${number}`, a.getSource().setQuery('SELECT * FROM a'));
      await settle('other', a.getSource().setQuery('SELECT 2'));
      await settle('first again', a.getSource().setQuery('SELECT * FROM a'));
      await idle();
    },
    differs: {
      quirks: ['Q-18'],
      check({ reference, ours, assert }) {
        const settled = ({ log }) => log.filter(([, how]) => /resolves|rejects/.test(how)).map(([label, how]) => `${label} ${how}`);
        assert.deepEqual(settled(reference), ['add resolves', '2 resolves', '3 resolves', '4 rejects', 'other resolves', 'first again resolves']);
        assert.equal(reference.maps.length, 5);
        assert.match(reference.errors.join(), /3/);
        const refused = reference.log.filter(([, how]) => how === 'rejects' || how === 'error').map(([, , error]) => error.CartoError.code);
        assert.deepEqual(refused, ['generic:unknown-error', 'generic:unknown-error']);
        assert.deepEqual(settled(ours), ['add resolves', '2 resolves', '3 resolves', '4 resolves', 'other resolves', 'first again resolves']);
        assert.equal(ours.maps.length, 6);
        assert.deepEqual(ours.errors, []);
      },
    },
  },
  {
    name: 'equal failures are refused from the fourth on, too',
    rows: ['C-429'],
    async page({ client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const a = layer('a', { sql: 'SELECT * FROM no_such_table' });
      await settle('add', map.addLayer(a));
      for (let number = 2; number < 5; number += 1) await settle(`${number}`, a.getSource().setQuery('SELECT * FROM no_such_table'));
      await idle();
    },
    differs: {
      quirks: ['Q-18'],
      check({ reference, ours, assert }) {
        const codes = ({ log }) => log.filter(([, how]) => how === 'rejects').map(([, , error]) => error.CartoError.code);
        const bad = 'windshaft:analysis:invalid-dataset';
        assert.deepEqual(codes(reference), [bad, bad, bad, 'generic:unknown-error']);
        assert.deepEqual(codes(ours), [bad, bad, bad, bad]);
        assert.deepEqual([reference.maps.length, ours.maps.length], [3, 4]);
      },
    },
  },
  {
    name: 'the same error is told once to its object and each time to the client',
    rows: ['C-431'],
    async page({ client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const [a, b] = ['a', 'b'].map((id) => listen(layer(id), id));
      const source = listen(a.getSource(), 'source');
      const style = listen(b.getStyle(), 'style');
      await settle('add', map.addLayers([a, b]));
      await idle();
      await settle('bad query', source.setQuery('SELECT * FROM no_such_table'));
      await settle('the same', source.setQuery('SELECT 1 FROM no_such_table'));
      await settle('another', source.setQuery('SELECT !!'));
      await idle();
      await settle('bad text', Promise.all([settle('mended', source.setQuery('SELECT 1')), style.setContent('#layer { bad-rule: 1; }')]));
      await settle('the same text', style.setContent('#layer { bad-rule: 2; }'));
      await settle('bad column', style.setContent('#layer { marker-width: [no_such_column]; }'));
      await settle('the same column', style.setContent('#layer { marker-fill: [no_such_column]; }'));
      await idle();
    },
  },
  {
    name: 'an error that comes back after a good answer is told again',
    rows: ['C-431'],
    async page({ client, layer, listen, settle, idle }) {
      const map = listen(client(), 'client');
      const a = listen(layer('a'), 'a');
      await settle('add', map.addLayer(a));
      for (const css of ['[no_such_column]', '1', '[no_such_column]']) {
        await settle(css, a.getStyle().setContent(`#layer { marker-width: ${css}; }`));
        await idle();
      }
    },
  },
  {
    name: 'a source that recovers tells nothing and asks nothing more',
    rows: ['C-431', 'C-430'],
    async page({ client, layer, listen, settle, wait, idle }) {
      const map = listen(client(), 'client');
      const a = layer('a');
      const source = listen(a.getSource(), 'source');
      await settle('add', map.addLayer(a));
      await settle('bad', source.setQuery('SELECT * FROM no_such_table'));
      await idle();
      await settle('good', source.setQuery('SELECT 1'));
      await wait(200);
      await idle();
    },
    differs: {
      quirks: ['Q-14', 'Q-15'],
      check({ reference, ours, assert }) {
        const codes = ({ log }) => log.filter(([who, event]) => who === 'source' && event === 'error').map(([, , error]) => error.CartoError.code);
        assert.deepEqual(codes(reference), ['windshaft:analysis:invalid-dataset', 'generic:unknown-error']);
        assert.deepEqual(codes(ours), ['windshaft:analysis:invalid-dataset']);
        assert.deepEqual(queries(reference), ['SELECT * FROM a', 'SELECT * FROM no_such_table', 'SELECT 1', 'SELECT 1']);
        assert.deepEqual(queries(ours), ['SELECT * FROM a', 'SELECT * FROM no_such_table', 'SELECT 1']);
      },
    },
  },
];
