// The events of every object (spec 2.1).
export default [
  {
    name: 'on, several names, a map of names, all, contexts and chaining',
    rows: ['C-062', 'C-065'],
    async page({ carto, client, layer, log, tag }) {
      const map = tag(client(), 'client');
      const context = tag({ on() {} }, 'context');
      const note = (label) => function (...values) {
        log(label, this === context ? 'context' : this === map ? 'itself' : typeof this, values);
      };
      log(map.on('a', note('a')) === map, map.on('a', note('a in context'), context) === map);
      log(map.on('b c  d', note('list')) === map, map.on({ e: note('e'), f: note('f') }) === map, map.on({ g: note('g') }, context) === map);
      log(map.on('all', note('all')) === map, map.on('h') === map, map.on('h', null) === map, map.on() === map);
      for (const name of 'abcdefgh') map.trigger(name, 1, undefined, 'two');
      log(map.trigger('nobody') === map, map.trigger('a b', 3) === map, map.trigger({ e: 4, f: 5 }) === map, map.trigger() === map);
      map.on('twice', note('twice')).on('twice', note('twice again')).trigger('twice');
      const same = note('same');
      map.on('s', same).on('s', same).trigger('s');
      map.trigger('a', 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12);
      log(carto.events, layer() instanceof Object);
    },
  },
  {
    name: 'trigger calls at once, in order of registration, and listeners of all after the others',
    rows: ['C-065', 'C-062'],
    async page({ carto, log, attempt }) {
      const style = new carto.style.CartoCSS('#layer {}');
      style.on('all', (name, ...values) => log('all 1', name, values));
      style.on('x', (...values) => log('x 1', values));
      style.on('x', (...values) => log('x 2', values));
      style.on('all', (name, ...values) => log('all 2', name, values));
      style.on('x', (...values) => log('x 3', values));
      log('before');
      style.trigger('x', { a: 1 }, [2]);
      log('after');
      attempt('number', () => style.trigger(5) === style);
    },
  },
  {
    name: 'all is a name like others too',
    rows: ['C-062', 'C-065'],
    async page({ carto, log }) {
      const style = new carto.style.CartoCSS('#layer {}');
      style.on('all', (...values) => log('all', values)).on('x', () => log('x'));
      style.trigger('all', 'direct').trigger('all').trigger('x');
    },
  },
  {
    name: 'off takes away what its arguments name',
    rows: ['C-063'],
    async page({ carto, attempt, log }) {
      const context = { name: 'context' };
      const told = [];
      const [f, g] = ['f', 'g'].map((name) => (event) => told.push(`${name}(${event})`));
      const cases = {
        'nothing registered': (o) => o.off('x', f, context), 'all of it': (o) => o.off(), 'a name': (o) => o.off('a'), 'a name and a function': (o) => o.off('a', f),
        'a function': (o) => o.off(null, f), 'a context': (o) => o.off(null, null, context), 'a name and a context': (o) => o.off('a', null, context),
        'function and context': (o) => o.off(undefined, g, context), list: (o) => o.off('a b'), map: (o) => o.off({ a: f, b: g }), 'map in context': (o) => o.off({ a: f, b: g }, context),
        'another name': (o) => o.off('z'), 'another function': (o) => o.off('a', () => {}), 'another context': (o) => o.off(null, null, {}), 'all listeners': (o) => o.off('all'),
        'function of all': (o) => o.off('all', f), unbind: (o) => o.unbind('a', f),
      };
      for (const [label, off] of Object.entries(cases)) {
        const object = new carto.source.SQL('SELECT 1');
        if (label !== 'nothing registered') object.on('a', f).on('a', g, context).on('b', f, context).on('b', g).on('all', f).on('all', g, context);
        told.length = 0;
        attempt(label, () => off(object) === object);
        object.trigger('a', 'a').trigger('b', 'b');
        log(label, [...told]);
      }
    },
  },
  {
    name: 'once means once, for each name of a list',
    rows: ['C-064'],
    async page({ client, log }) {
      const map = client();
      const context = {};
      log(map.once('a', function (...values) {
        log('a', this === map, values);
        map.trigger('a', 'from inside');
      }) === map);
      map.once('b c', (value) => log('list', value)).once({ d: () => log('d'), e: () => log('e') });
      map.once('f', function () {
        log('f', this === context);
      }, context);
      for (const name of 'aabbccddeeff') map.trigger(name, name);
      // What was registered by once goes away by its own function.
      const gone = () => log('not gone');
      map.once('g', gone).off('g', gone).trigger('g');
      map.once('all', (name) => log('first of all', name)).trigger('h').trigger('i');
      log(map.once('j') === map);
      map.trigger('j');
    },
  },
  {
    name: 'listenTo and stopListening are on and off from the other side',
    rows: ['C-066', 'C-068'],
    async page({ carto, log, attempt }) {
      const make = () => new carto.style.CartoCSS('#layer {}');
      const told = [];
      const cases = {
        everything: (one) => one.stopListening(), 'of one object': (one, two) => one.stopListening(two), 'of a name': (one, two) => one.stopListening(two, 'a'),
        'of a function': (one, two, three, f) => one.stopListening(two, null, f), 'of a name and function': (one, two, three, f) => one.stopListening(two, 'a', f),
        'a name of all': (one) => one.stopListening(null, 'a'), 'a function of all': (one, two, three, f) => one.stopListening(undefined, undefined, f),
        'of a stranger': (one) => one.stopListening(make()), off: (one, two) => two.off(null, null, one), map: (one, two, three, f) => one.stopListening(two, { a: f }),
      };
      for (const [label, stop] of Object.entries(cases)) {
        const [one, two, three] = [make(), make(), make()];
        const f = function (value) {
          told.push(`f${value}${this === one}`);
        };
        const g = (value) => told.push(`g${value}`);
        told.length = 0;
        log(one.listenTo(two, 'a b', f) === one, one.listenTo(three, { a: f, b: g }) === one, one.listenTo(two, 'a', g) === one, one.listenTo(one, 'a', g) === one);
        one.trigger('a', 0);
        two.trigger('a', 1).trigger('b', 2);
        three.trigger('a', 3).trigger('b', 4);
        told.push('|');
        attempt(label, () => stop(one, two, three, f) === one);
        one.trigger('a', 0);
        two.trigger('a', 1).trigger('b', 2);
        three.trigger('a', 3).trigger('b', 4);
        log(label, told.join(' '));
      }
    },
  },
  {
    name: 'objects of different classes listen to each other, and to real events',
    rows: ['C-066', 'C-067'],
    async page({ carto, client, layer, log, idle }) {
      const map = client();
      const a = layer('a');
      const formula = new carto.dataview.Formula(a.getSource(), 'c');
      const filter = new carto.filter.BoundingBox();
      filter.listenTo(map, 'success', function (...values) {
        log('success', this === filter, values);
      });
      map.listenTo(a.getStyle(), carto.events.SUCCESS, () => log('never'));
      a.listenToOnce(map, 'success', () => log('first success'));
      formula.listenTo(filter, 'boundsChanged', (bounds) => log('bounds', bounds));
      map.listenToOnce(formula, 'statusChanged', (status) => log('first status', status));
      await map.addLayer(a);
      await map.addDataview(formula);
      filter.setBounds({ west: 1, south: 2, east: 3, north: 4 });
      await idle();
    },
  },
  {
    name: 'listenToOnce means once',
    rows: ['C-067'],
    async page({ carto, log }) {
      const [one, two] = [new carto.source.SQL('SELECT 1'), new carto.source.Dataset('t')];
      log(one.listenToOnce(two, 'a', function (...values) {
        log('a', this === one, values);
      }) === one);
      one.listenToOnce(two, 'b c', (value) => log('list', value));
      one.listenToOnce(two, { d: (value) => log('map', value) });
      for (const name of 'aabbccdd') two.trigger(name, name);
      one.listenToOnce(two, 'e', () => log('not stopped'));
      one.stopListening(two, 'e');
      two.trigger('e');
    },
  },
  {
    name: 'listening to nothing is nothing',
    rows: ['C-066…C-068'],
    async page({ carto, attempt }) {
      const one = new carto.source.SQL('SELECT 1');
      attempt('stopListening before all', () => one.stopListening() === one);
      attempt('stopListening to a stranger', () => one.stopListening(new carto.source.SQL('SELECT 1'), 'a') === one);
      for (const nothing of [undefined, null]) {
        attempt('listenTo', () => one.listenTo(nothing, 'a', () => {}) === one);
        attempt('listenToOnce', () => one.listenToOnce(nothing, 'a', () => {}) === one);
      }
      attempt('stopListening', () => one.stopListening() === one);
      attempt('stopListening', () => one.stopListening(new carto.source.SQL('SELECT 1'), 'a') === one);
    },
  },
  {
    name: 'bind and unbind are on and off',
    rows: ['C-069', 'C-070'],
    async page({ carto, log }) {
      const one = new carto.filter.Circle();
      const f = (...values) => log('f', values);
      log(one.bind === one.on, one.unbind === one.off);
      log(one.bind('a b', f) === one, one.bind({ c: f }) === one);
      one.trigger('a', 1).trigger('b', 2).trigger('c', 3);
      log(one.unbind('a', f) === one);
      one.trigger('a', 1).trigger('b', 2);
      one.unbind();
      one.trigger('b', 2).trigger('c', 3);
    },
  },
  {
    name: 'listeners that come during a dispatch wait, and those that go are still called',
    rows: ['C-071'],
    async page({ carto, log }) {
      const one = new carto.style.CartoCSS('#layer {}');
      const late = () => log('late');
      const gone = () => log('gone');
      one.on('a', () => {
        log('first');
        one.on('a', late).off('a', gone).on('all', () => log('late all'));
      });
      one.on('a', gone);
      one.trigger('a');
      log('again');
      one.trigger('a');
      const two = new carto.style.CartoCSS('#layer {}');
      two.on('a', () => {
        log('everything goes');
        two.off();
      }).on('a', () => log('still called')).on('all', () => log('all still called'));
      two.trigger('a').trigger('a');
    },
  },
  {
    name: 'an object may trigger from its own listeners',
    rows: ['C-065', 'C-071'],
    async page({ carto, log, client, layer, idle }) {
      const one = new carto.style.CartoCSS('#layer {}');
      one.on('down', (number) => {
        log('down', number);
        if (number) one.trigger('down', number - 1);
        log('up', number);
      });
      one.trigger('down', 3);
      const map = client();
      let times = 0;
      map.on('success', () => {
        log('success', (times += 1));
        if (times < 3) map.addLayer(layer());
      });
      await map.addLayer(layer());
      await new Promise((resolve) => setTimeout(resolve, 500));
      await idle();
    },
  },
  {
    name: 'a listener that throws in trigger',
    rows: ['C-072', 'C-065'],
    async page({ carto, attempt, log }) {
      const one = new carto.style.CartoCSS('#layer {}');
      one.on('a', () => {
        throw new Error('of the page');
      });
      one.on('a', () => log('second'));
      attempt('trigger', () => one.trigger('a') === one);
    },
    differs: {
      quirks: ['Q-19'],
      check({ reference, ours, assert }) {
        assert.deepEqual(reference.log, [['trigger', 'throws', { Error: 'of the page' }]]);
        assert.deepEqual(ours.log, [['second'], ['trigger', 'gives', true]]);
        assert.match(ours.errors.join(), /of the page/);
      },
    },
  },
  {
    name: 'a listener that throws leaves setters and promises alone',
    rows: ['C-072'],
    async page({ carto, client, layer, attempt, wait, idle, log }) {
      const bad = () => {
        throw new Error('of the page');
      };
      const style = new carto.style.CartoCSS('#layer {}').on('contentChanged', bad);
      attempt('setContent', () => style.setContent('#layer { a: 1; }').then(() => log('unattached'), () => log('unattached rejected')));
      const map = client();
      const a = layer('a');
      a.getSource().on('queryChanged', bad);
      a.on('metadataChanged', bad);
      map.on('error', bad);
      await wait(50);
      map.addLayer(a).then(() => log('added'));
      await wait(600);
      a.getSource().setQuery('SELECT * FROM no_such_table').then(() => log('resolved'), () => log('rejected'));
      await wait(600);
      await idle();
    },
    differs: {
      quirks: ['Q-19'],
      check({ reference, ours, assert }) {
        assert.ok(!reference.log.some(([what]) => what === 'added' || what === 'rejected'));
        assert.deepEqual(ours.log, [['setContent', 'gives', '<promise>'], ['unattached'], ['added'], ['rejected']]);
        assert.match(ours.errors.join(), /of the page/);
      },
    },
  },
  {
    name: 'every class has these methods, and they work on each',
    rows: ['C-062…C-070'],
    async page({ carto, client, layer, log, attempt }) {
      const { source, style, dataview, filter } = carto;
      const sql = new source.SQL('SELECT 1');
      const all = {
        client: client(), sql, dataset: new source.Dataset('t'), css: new style.CartoCSS('#layer {}'), layer: layer(), formula: new dataview.Formula(sql, 'c'),
        category: new dataview.Category(sql, 'c'), histogram: new dataview.Histogram(sql, 'c'), series: new dataview.TimeSeries(sql, 'c'), box: new filter.BoundingBox(),
        circle: new filter.Circle(), polygon: new filter.Polygon(), in: new filter.Category('c', {}), range: new filter.Range('c', {}), and: new filter.AND([]), or: new filter.OR([]),
      };
      const listener = new style.CartoCSS('#layer {}');
      for (const [name, object] of Object.entries(all)) {
        const told = [];
        const note = (label) => function (value) {
          told.push(`${label} ${value} ${this === object}`);
        };
        attempt(name, () => {
          object.on('x', note('on')).once('x', note('once')).bind('x', note('bind'));
          listener.listenTo(object, 'x', note('listenTo')).listenToOnce(object, 'x', note('listenToOnce'));
          object.trigger('x', 1).trigger('x', 2);
          listener.stopListening(object);
          object.trigger('x', 3).unbind('x').trigger('x', 4).off();
          object.listenTo(listener, 'y', note('other')).listenToOnce(listener, 'y', note('other once'));
          listener.trigger('y', 5).trigger('y', 6);
          object.stopListening();
          listener.trigger('y', 7);
          return told;
        });
      }
      log('done');
    },
  },
];
