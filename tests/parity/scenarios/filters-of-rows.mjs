// carto.filter.Category, Range, AND and OR (spec 2.17, 2.18), with the recorded pairs of conditions and SQL.
import { readFileSync } from 'node:fs';

const { filterSql } = JSON.parse(readFileSync(new URL('../../vectors/carto-js-v4-vectors.json', import.meta.url), 'utf8'));
const betweenDates = (filter) => /[bB]etween/.test(JSON.stringify(filter)) && JSON.stringify(filter).includes('$date');

/** A page that begins with a constant of its own: its text is what runs. */
const withCases = (cases, page) => ({ toString: () => page.toString().replace('CASES', () => JSON.stringify(cases)) });

/** Turns what JSON cannot say into what pages pass. */
const revived = `(value) => JSON.parse(JSON.stringify(value), (key, item) => (item?.$date ? new Date(item.$date) : item))`;

export default [
  {
    name: 'every recorded filter gives its SQL in the query that is sent, or its error',
    rows: ['C-276', 'C-277', 'C-283…C-300', 'C-377…C-381', 'C-383'],
    page: withCases({ cases: filterSql.filter((filter) => !betweenDates(filter)), revived }, {
      async page({ carto, client, log, idle, settle }) {
        const { cases, revived } = CASES; // eslint-disable-line no-undef
        const revive = (0, eval)(revived);
        const layers = [];
        for (const [index, { class: name, column, filters, options }] of cases.entries()) {
          try {
            const filter = new carto.filter[name](column, revive(filters), options);
            const source = new carto.source.SQL(`SELECT ${index}`);
            source.addFilter(filter);
            layers.push(new carto.layer.Layer(source, new carto.style.CartoCSS('#l {}'), { id: `case ${index}` }));
          } catch (error) {
            log(index, error);
          }
        }
        log(layers.length > 70, cases.length - layers.length > 50);
        await settle('add', client().addLayers(layers));
        await idle();
      },
    }.page),
  },
  {
    name: 'ranges of dates can be sent',
    rows: ['C-293…C-296', 'C-298'],
    async page({ carto, client, idle }) {
      const [min, max] = [new Date('2018-06-28T13:04:31.000Z'), new Date('2019-01-01T00:00:00.000Z')];
      const source = new carto.source.SQL('SELECT 1');
      source.addFilters(['between', 'notBetween', 'betweenSymmetric', 'notBetweenSymmetric'].map((name) => new carto.filter.Range('d', { [name]: { min, max } })));
      await client().addLayer(new carto.layer.Layer(source, new carto.style.CartoCSS('#l {}'))).catch(() => {});
      await idle();
    },
    differs: {
      quirks: ['Q-03'],
      check({ reference, ours, assert }) {
        const query = ({ maps }) => maps[0].config.analyses[0].params.query;
        const range = "'2018-06-28T13:04:31.000Z' AND '2019-01-01T00:00:00.000Z'";
        assert.ok(query(reference).includes("'''"), 'CARTO.js quotes what is quoted');
        assert.equal(query(ours), `SELECT * FROM (SELECT 1) as originalQuery WHERE (d BETWEEN ${range} AND d NOT BETWEEN ${range} AND d BETWEEN SYMMETRIC ${range} AND d NOT BETWEEN SYMMETRIC ${range})`);
      },
    },
  },
  {
    name: 'set replaces one condition, setFilters all, resetFilters takes them away, each with its event and one map request',
    rows: ['C-278', 'C-279', 'C-280', 'C-281', 'C-102', 'C-110'],
    async page({ carto, client, layer, listen, attempt, idle }) {
      const filter = listen(new carto.filter.Range('a', { gt: 1 }), 'filter');
      const shown = layer('one');
      listen(shown.getSource(), 'source').addFilter(filter);
      await client().addLayer(shown);
      for (const call of [
        () => filter.set('lt', 5), () => filter.set('gt', { query: 'SELECT 2' }), () => filter.set('', 5), () => filter.set('lt', null), () => filter.set('lt'), () => filter.set(7, 7),
        () => filter.set('eq', 5), () => filter.set('lt', '5'), () => filter.setFilters({ gte: 3 }), () => filter.setFilters('x'), () => filter.setFilters(), () => filter.setFilters({ eq: 1 }),
        () => filter.setFilters({ lt: null }), () => filter.resetFilters(),
      ]) {
        attempt(call.toString(), call);
        await idle();
      }
    },
  },
  {
    name: 'false values but null are taken by set as by setFilters',
    rows: ['C-278'],
    async page({ carto, client, layer, idle }) {
      const filter = new carto.filter.Range('a', { gt: 1 });
      const shown = layer('one');
      shown.getSource().addFilter(filter);
      await client().addLayer(shown);
      filter.set('lt', 0);
      await idle();
    },
    differs: {
      quirks: ['Q-04'],
      check({ reference, ours, assert }) {
        assert.equal(reference.maps.length, 1);
        assert.match(ours.maps[1].config.analyses[0].params.query, /WHERE \(a > 1 AND a < 0\)$/);
      },
    },
  },
  {
    name: 'includeNull is accepted without effect, other options are not',
    rows: ['C-282', 'C-381'],
    async page({ carto, client, layer, attempt, tag, idle }) {
      const shown = layer('one');
      for (const options of [{ includeNull: true }, { includeNull: false }, {}, undefined]) shown.getSource().addFilter(new carto.filter.Category('a', { eq: 'b' }, options));
      attempt('another', () => tag(new carto.filter.Range('a', {}, { includeNull: true, includeAll: true }), 'filter'));
      await client().addLayer(shown);
      await idle();
    },
  },
  {
    name: 'the page changes its conditions without changing the filter, and the filter not the page’s object',
    rows: ['C-279'],
    async page({ carto, client, layer, log, idle }) {
      const conditions = { gt: 1 };
      const filter = new carto.filter.Range('a', conditions);
      filter.set('lt', 9);
      log(Object.keys(conditions));
      const shown = layer('one');
      shown.getSource().addFilter(filter);
      await client().addLayer(shown);
      await idle();
    },
    differs: {
      quirks: ['Q-05'],
      check({ reference, ours, assert, equal }) {
        equal('maps');
        assert.deepEqual([reference.log, ours.log], [[[['gt', 'lt']]], [[['gt']]]]);
      },
    },
  },
  ...['AND', 'OR'].map((name, index) => ({
    name: `${name} takes members, counts them, lists them, and lets them go`,
    rows: index ? ['C-307…C-313'] : ['C-301…C-306', 'C-313'],
    page: withCases(name, {
      async page({ carto, listen, attempt, log, tag }) {
        const Collection = carto.filter[CASES]; // eslint-disable-line no-undef
        const { Category, Range, AND, OR, Circle } = carto.filter;
        const [a, b, c] = [tag(new Category('a', { eq: 'x' }), 'a'), tag(new Range('b', { gt: 1 }), 'b'), tag(new OR(), 'c')];
        const all = listen(new Collection([a]), 'all');
        log(all.count(), all.getFilters() === all.getFilters(), all.getFilters());
        for (const member of [b, a, c, tag(new AND([a]), 'and')]) attempt('add', () => all.addFilter(member));
        for (const member of [new Circle(), {}, null, undefined, 'x', carto.source]) attempt('add what is none', () => tag(all.addFilter(member), 'x'));
        log(all.count(), all.getFilters());
        attempt('remove', () => all.removeFilter(b));
        attempt('remove again', () => all.removeFilter(b));
        attempt('remove what is none', () => all.removeFilter({}));
        log(all.count(), all.getFilters());
        a.set('eq', 'y');
        c.addFilter(b);
        b.setFilters({ lt: 3 });
        all.removeFilter(c);
        b.setFilters({ lt: 4 });
        log(new Collection().count(), new Collection([]).count(), new Collection({}).count(), all.on === a.on || typeof all.on);
      },
    }.page),
  })),
  {
    name: 'collections are joined with parentheses where needed, and what is empty is left out',
    rows: ['C-313', 'C-111'],
    async page({ carto, client, idle }) {
      const { Category, Range, AND, OR } = carto.filter;
      const [a, b] = [() => new Category('a', { eq: 'x' }), () => new Range('b', { gt: 1 })];
      const c = () => new Range('c', { gt: 1, lt: 5 });
      const empty = () => new Category('e', {});
      const filters = [
        [new AND()], [new AND([a()])], [new AND([a(), b()])], [new OR([a(), b()])], [new OR([new AND([a(), b()]), c()])], [new AND([a(), new OR([b(), c()]), empty()])],
        [new AND([new OR([a()]), empty()])], [a(), c()], [empty()], [new OR([empty(), empty()]), a()], [new Category('n', { notIn: [] }), b()],
      ];
      const layers = filters.flatMap((list, index) => [new carto.source.SQL(`SELECT ${index}`), new carto.source.Dataset(`t${index}`)].map((source) => {
        source.addFilters(list);
        return new carto.layer.Layer(source, new carto.style.CartoCSS('#l {}'));
      }));
      await client().addLayers(layers);
      await idle();
    },
  },
  {
    name: 'a change deep inside reloads once',
    rows: ['C-102', 'C-306', 'C-312'],
    async page({ carto, client, layer, idle, log }) {
      const { Category, AND, OR } = carto.filter;
      const leaf = new Category('a', { eq: 'x' });
      const inner = new OR([leaf]);
      const outer = new AND([inner]);
      const shown = layer('one');
      shown.getSource().addFilter(outer);
      // Whether the inner or the outer one is told first depends on who listened first.
      const told = [];
      for (const [name, object] of Object.entries({ leaf, inner, outer, source: shown.getSource() })) {
        object.on('all', (event, value) => told.push(`${name} ${event} ${JSON.stringify(value)}`));
      }
      await client().addLayer(shown);
      await idle();
      log('first', told.splice(0).sort());
      leaf.set('eq', 'y');
      await idle();
      log('set', told.splice(0).sort());
      inner.addFilter(new Category('b', { in: [1, 2] }));
      await idle();
      log('add', told.splice(0).sort());
    },
  },
];
