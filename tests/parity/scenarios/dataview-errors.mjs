// Error codes of dataviews: those of wrong arguments (spec 2.2.3) and those of servers (spec 2.2.4, 2.2.5).
export default [
  {
    name: 'Every code of a wrong argument of a dataview has its text, its token and its origin',
    rows: ['C-352…C-356', 'C-358…C-360', 'C-362', 'C-363', 'C-365', 'C-367…C-373'],
    async page({ carto, log }) {
      const { Formula, Category, Histogram, TimeSeries } = carto.dataview;
      const source = new carto.source.Dataset('t');
      const category = new Category(source, 'a');
      const wrong = [
        () => new Formula(undefined, 'a'), () => new Formula(source), () => new Formula(source, 7), () => new Formula(source, ''),
        () => new Formula(source, 'a').addFilter({}),
        () => new TimeSeries(source, 'a', { aggregation: 'x' }), () => new TimeSeries(source, 'a', { offset: 99 }), () => new TimeSeries(source, 'a', { useLocalTimezone: 1 }),
        () => new Histogram(source, 'a', { bins: -1 }), () => new Histogram(source, 'a', { start: 1 }),
        () => new Formula(source, 'a', { operation: 'x' }),
        () => category.setLimit(), () => category.setLimit('5'), () => category.setLimit(0), () => category.setOperation('x'),
        () => category.setOperationColumn(), () => category.setOperationColumn(7), () => category.setOperationColumn(''),
      ];
      for (const call of wrong) {
        try {
          call();
          log('nothing thrown');
        } catch (error) {
          log(error, error instanceof Error, error.name, typeof error.stack, String(error));
        }
      }
    },
  },
  {
    name: 'Missing options are defaults, so that none of the codes for missing options can occur',
    rows: ['C-357', 'C-361', 'C-364', 'C-366'],
    async page({ carto, attempt }) {
      const source = new carto.source.Dataset('t');
      for (const type of ['Formula', 'Category', 'Histogram', 'TimeSeries']) {
        for (const options of [undefined, null, {}, false, 0, '']) attempt(`${type} ${JSON.stringify(options)}`, () => new carto.dataview[type](source, 'a', options).getColumn());
        attempt(`${type} alone`, () => new carto.dataview[type](source, 'a').getColumn());
      }
    },
  },
  {
    name: 'What servers say of dataviews becomes codes, with the message as it is',
    rows: ['C-403…C-405', 'C-407', 'C-186', 'C-187'],
    answers({ kind, dataview }) {
      if (kind !== 'dataview') return undefined;
      const message = {
        a: 'Formula does not support median operation', b: 'column "b" does not exist', c: 'permission denied for relation t', d: 'permission denied for table t',
        e: 'Invalid aggregation value. Valid ones: auto, minute, hour, day, week, month, quarter, year, decade, century, millennium',
        f: 'ERROR: Formula does not support x operation, sorry', g: 'something else', h: 'COLUMN "h" DOES NOT EXIST', i: '',
      }[dataview.options.column];
      return { status: 400, body: { errors: [message], errors_with_context: [{ type: 'unknown', message }] } };
    },
    async page({ carto, client, listen, settle, idle }) {
      for (const column of 'abcdefghi') {
        const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), column), column);
        await settle('add', client().addDataview(formula));
        await idle(1000);
      }
    },
  },
  {
    name: 'A time series of a column that is no date is told its type',
    rows: ['C-406'],
    answers({ kind, dataview }) {
      if (kind !== 'dataview') return undefined;
      const message = `function date_part(unknown, ${dataview.options.column}) does not exist`;
      return { status: 400, body: { errors: [message], errors_with_context: [{ type: 'unknown', message }] } };
    },
    async page({ carto, client, listen, settle, idle }) {
      for (const column of ['integer', 'double precision', '"text"']) {
        const series = listen(new carto.dataview.TimeSeries(new carto.source.Dataset('t'), column).addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 })), column);
        await settle('add', client().addDataview(series));
        await idle(1000);
      }
    },
  },
  {
    name: 'Failures of dataviews with or without context, with or without type',
    rows: ['C-186', 'C-187', 'C-326', 'C-404', 'C-418', 'C-419'],
    answers({ kind, dataview }) {
      if (kind !== 'dataview') return undefined;
      const message = 'column "x" does not exist';
      const body = {
        a: { errors: [message] },
        b: { errors: [{ message, type: 'dataview' }] },
        c: { errors_with_context: [{ message }] },
        d: { errors_with_context: [{ type: 'limit', message: 'x' }, { type: 'unknown', message: 'second' }] },
        e: { errors: ['x'.repeat(300)] },
        f: { errors_with_context: [{ type: 'analysis', message: 'syntax error at x', analysis: { id: 'S1', node_id: 'S1', context: { b: 2 } } }] },
        g: { errors_with_context: [{ type: 'auth', message: 'Forbidden' }] },
        h: { errors: ['first', 'second'] },
        i: { errors_with_context: [{ type: 'nonsense', subtype: 'sub', message: 'new', context: { a: 1 } }] },
      }[dataview.options.column];
      return { status: 403, body };
    },
    async page({ carto, client, listen, settle, idle }) {
      for (const column of 'abcdefghi') {
        const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), column), column);
        await settle('add', client().addDataview(formula));
        await idle(1000);
      }
    },
  },
  {
    name: 'Failures of dataviews that say nothing in JSON carry the text of their status',
    rows: ['C-186', 'C-187', 'C-327'],
    answers({ kind, dataview }) {
      if (kind !== 'dataview') return undefined;
      return { a: { status: 500, body: 'oh no' }, b: { status: 404, body: '<html>' }, c: { status: 400, body: '' }, d: { status: 200, body: 'no JSON' } }[dataview.options.column];
    },
    async page({ carto, client, listen, settle, idle }) {
      for (const column of 'abcd') {
        const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), column), column);
        await settle('add', client().addDataview(formula));
        await idle(1000);
      }
    },
  },
  {
    name: 'Failures of dataviews in JSON without errors are unknown errors',
    rows: ['C-325', 'C-187'],
    answers: ({ kind }) => (kind === 'dataview' ? { status: 500, body: { message: 'unheard of' } } : undefined),
    async page({ carto, client, listen, settle, idle, log }) {
      const formula = new carto.dataview.Formula(new carto.source.Dataset('t'), 'a');
      listen(formula, 'formula');
      await settle('add', client().addDataview(formula));
      await idle(1000);
      log(formula.getStatus());
    },
  },
  {
    name: 'A failure of a dataview with an empty list of errors',
    rows: ['C-187'],
    answers: ({ kind }) => (kind === 'dataview' ? { status: 400, body: { errors: [] } } : undefined),
    async page({ carto, client, listen, settle, idle, log }) {
      const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), 'a'), 'formula');
      await settle('add', client().addDataview(formula));
      await idle(1000);
      log(formula.getStatus());
    },
    differs: {
      quirks: ['Q-82'],
      check({ reference, ours, assert, equal }) {
        assert.equal(reference.errors.length, 1);
        assert.deepEqual(ours.errors, []);
        const failure = ({ log }) => log.filter(([who, event]) => who === 'formula' && event === 'error').map(([, , { CartoError }]) => CartoError.code);
        assert.deepEqual(failure(reference), []);
        assert.equal(failure(ours).length, 1);
        assert.deepEqual(ours.log.at(-1), ['error']);
        ['maps', 'dataviews'].forEach(equal);
      },
    },
  },
  {
    name: 'A histogram whose data without filters fail tells an error without loading before',
    rows: ['C-186', 'C-187', 'C-404', 'C-228'],
    answers: ({ kind, query }) => (kind === 'dataview' && query.no_filters ? { status: 404, body: { errors: ['column "a" does not exist'] } } : undefined),
    async page({ carto, client, listen, settle, idle, log }) {
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const histogram = listen(new carto.dataview.Histogram(new carto.source.Dataset('t'), 'a', { bins: 4 }).addFilter(circle), 'histogram');
      await settle('add', client().addDataview(histogram));
      await idle(1000);
      log(histogram.getStatus(), histogram.getData(), histogram.getDistributionType());
    },
  },
  {
    name: 'A histogram whose filtered data fail tells loading, then the error, and tries again when the map changes',
    rows: ['C-186', 'C-187', 'C-192', 'C-228'],
    answers: ({ kind, query, dataview }) => (kind === 'dataview' && !query.no_filters && dataview.sql === 'SELECT 0' ? { status: 500, body: { errors: ['no way'] } } : undefined),
    async page({ carto, client, listen, settle, idle, log }) {
      const source = new carto.source.SQL('SELECT 0');
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const histogram = listen(new carto.dataview.Histogram(source, 'a', { bins: 4 }).addFilter(circle), 'histogram');
      await settle('add', client().addDataview(histogram));
      await idle(1000);
      log(histogram.getStatus(), histogram.getData());
      await settle('query', source.setQuery('SELECT 1'));
      await idle(1000);
      log(histogram.getStatus(), histogram.getData());
    },
  },
  {
    name: 'A failure of one dataview leaves the others alone',
    rows: ['C-187', 'C-404'],
    answers: ({ kind, dataview }, usual) => (kind === 'dataview' ? { ...usual(), delay: dataview.options.column === 'a' ? 400 : 50 } : undefined),
    async page({ carto, client, listen, settle, idle, log }) {
      const source = new carto.source.Dataset('t');
      const views = ['no_such_column', 'a'].map((column) => listen(new carto.dataview.Formula(source, column), column));
      const map = listen(client(), 'client');
      await settle('add', map.addDataviews(views));
      await idle(1000);
      log(views.map((view) => view.getStatus()));
    },
  },
];
