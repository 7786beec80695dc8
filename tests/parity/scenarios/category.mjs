// carto.dataview.Category (spec 2.12).
export default [
  {
    name: 'A category dataview has six categories that are counted by its own column unless told otherwise',
    rows: ['C-203', 'C-204', 'C-206', 'C-208'],
    async page({ carto, tag, attempt, log }) {
      const { Category } = carto.dataview;
      const source = tag(new carto.source.Dataset('t'), 'source');
      const all = (category) => [category.getLimit(), category.getOperation(), category.getOperationColumn(), category.getColumn(), category.getSource(), category.getData()];
      for (const more of [[], [undefined], [null], [{}], [{ foo: 1 }], [{ limit: undefined, operation: undefined, operationColumn: undefined }]]) {
        attempt(`with ${JSON.stringify(more)}`, () => all(new Category(source, 'kind', ...more)));
      }
      log(all(new Category(source, 'kind', { limit: 3, operation: 'sum', operationColumn: 'pop' })));
      for (const operation of Object.values(carto.operation)) log(operation, new Category(source, 'kind', { operation }).getOperation());
      log(new Category(source, 'kind') instanceof Category);
    },
  },
  {
    name: 'A category dataview checks limit, operation and operation column in this order',
    rows: ['C-203', 'C-368…C-370', 'C-372', 'C-373'],
    async page({ carto, attempt }) {
      const source = new carto.source.Dataset('t');
      const made = (options) => attempt(JSON.stringify(options), () => {
        const category = new carto.dataview.Category(source, 'kind', options);
        return [category.getLimit(), category.getOperation(), category.getOperationColumn()];
      });
      for (const limit of ['5', null, true, {}, [], 0, -1, -0.5]) made({ limit });
      for (const operation of ['exotic', '', null, 7]) made({ operation });
      for (const operationColumn of [7, null, {}, '', [], true]) made({ operationColumn });
      made({ limit: 0, operation: 'exotic', operationColumn: '' });
      made({ operation: 'exotic', operationColumn: '' });
      made({ limit: 1, operation: 'avg', operationColumn: ' ' });
    },
  },
  {
    name: 'The setters of a category dataview check as the constructor does, and require a value',
    rows: ['C-205', 'C-207', 'C-209', 'C-367…C-373'],
    async page({ carto, listen, attempt, log }) {
      const category = listen(new carto.dataview.Category(new carto.source.Dataset('t'), 'kind'), 'category');
      for (const limit of [undefined, '5', null, true, {}, 0, -1]) attempt(`limit ${JSON.stringify(limit)}`, () => category.setLimit(limit) === category);
      for (const operation of [undefined, 'exotic', '', null, 7]) attempt(`operation ${JSON.stringify(operation)}`, () => category.setOperation(operation) === category);
      for (const column of [undefined, null, 7, {}, '']) attempt(`operation column ${JSON.stringify(column)}`, () => category.setOperationColumn(column) === category);
      log(category.getLimit(), category.getOperation(), category.getOperationColumn());
    },
  },
  {
    name: 'Setters of an unattached category dataview tell their events when the value differs, and chain',
    rows: ['C-205', 'C-207', 'C-209', 'C-211…C-213'],
    async page({ carto, client, listen, settle, idle, log }) {
      const category = listen(new carto.dataview.Category(new carto.source.Dataset('t'), 'kind'), 'category');
      for (const limit of [6, 2, 2, 3]) log(category.setLimit(limit) === category, category.getLimit());
      for (const operation of ['count', 'sum', 'sum', 'avg']) log(category.setOperation(operation) === category, category.getOperation());
      for (const column of ['kind', 'pop', 'pop', 'area']) log(category.setOperationColumn(column) === category, category.getOperationColumn());
      category.setColumn('other');
      log(category.getColumn(), category.getOperationColumn());
      await settle('add', client().addDataview(category));
      await idle(1000);
      log(category.getData());
    },
  },
  {
    name: 'The first data of a category dataview, whose names keep their type and whose last is the group of the others',
    rows: ['C-171…C-174', 'C-184…C-186', 'C-210', 'C-214'],
    async page({ carto, client, listen, settle, idle, log }) {
      const category = listen(new carto.dataview.Category(new carto.source.Dataset('t'), 'kind', { limit: 4, operation: 'sum', operationColumn: 'pop' }), 'category');
      log(category.getData());
      category.on('dataChanged', (data) => log('inside dataChanged', category.getStatus(), data, category.getData()));
      const map = listen(client(), 'client');
      await settle('add', map.addDataview(category));
      await idle(1000);
      log(category.getStatus(), category.getData());
    },
  },
  {
    name: 'Before its first answer a category dataview has no categories and no numbers',
    rows: ['C-210'],
    async page({ carto, client, settle, log }) {
      const category = new carto.dataview.Category(new carto.source.Dataset('t'), 'kind');
      const added = settle('add', client().addDataview(category));
      log(category.getData());
      await added;
    },
  },
  {
    name: 'Categories of every JSON type, without names, values or flags, keep the order of the server',
    rows: ['C-210'],
    answers({ kind, path }) {
      if (kind !== 'dataview' || !path.includes('category')) return undefined;
      const categories = [
        { category: 'b', value: 1, agg: false }, { category: 'a', value: 2, agg: false }, { category: 3, value: 3.5, agg: false },
        { category: true, value: 0, agg: false }, { category: null, value: null, agg: false }, { category: '2020-01-01T00:00:00Z', value: '12', agg: false },
        { category: 'Other', value: 9, agg: true }, { category: '', value: -1, agg: false, more: 'x' },
      ];
      return { body: { count: 12.5, nulls: 0, min: -1, max: 9, categories } };
    },
    async page({ carto, client, settle, idle, log }) {
      const category = new carto.dataview.Category(new carto.source.Dataset('t'), 'kind');
      await settle('add', client().addDataview(category));
      await idle(1000);
      log(category.getData());
    },
  },
  {
    name: 'An answer without categories is one of none',
    rows: ['C-210'],
    answers: ({ kind }) => (kind === 'dataview' ? { body: { aggregation: 'count', count: 0, nulls: 0, min: null, max: null, categoriesCount: 0, categories: [] } } : undefined),
    async page({ carto, client, listen, settle, idle, log }) {
      const category = listen(new carto.dataview.Category(new carto.source.Dataset('t'), 'kind'), 'category');
      await settle('add', client().addDataview(category));
      await idle(1000);
      log(category.getData());
    },
  },
  {
    name: 'setLimit of an attached category dataview asks again without a map request',
    rows: ['C-205', 'C-211', 'C-214'],
    async page({ carto, client, listen, settle, idle, log }) {
      const category = listen(new carto.dataview.Category(new carto.source.Dataset('t'), 'kind'), 'category');
      await settle('add', listen(client(), 'client').addDataview(category));
      await idle(1000);
      for (const limit of [2, 2, 1, 10]) {
        log(category.setLimit(limit) === category, category.getLimit(), category.getStatus());
        await idle(1000);
        log(category.getData());
      }
    },
  },
  {
    name: 'setLimit asks again even when the category dataview is disabled',
    rows: ['C-205', 'C-176'],
    async page({ carto, client, listen, settle, idle, log }) {
      const category = listen(new carto.dataview.Category(new carto.source.Dataset('t'), 'kind'), 'category');
      await settle('add', client().addDataview(category));
      await idle(1000);
      category.disable();
      category.setLimit(2);
      await idle(1000);
      log(category.getLimit(), category.isEnabled(), category.getData());
    },
  },
  {
    name: 'Fractions as limits are accepted and sent',
    rows: ['C-204', 'C-205'],
    async page({ carto, client, settle, idle, log }) {
      const category = new carto.dataview.Category(new carto.source.Dataset('t'), 'kind', { limit: 2.5 });
      log(category.getLimit());
      await settle('add', client().addDataview(category));
      await idle(1000);
      log(category.setLimit(3.25).getLimit());
      await idle(1000);
    },
  },
  {
    name: 'setOperation and setOperationColumn of an attached category dataview reload and ask again',
    rows: ['C-196', 'C-206…C-209', 'C-212', 'C-213'],
    async page({ carto, client, listen, settle, idle, log }) {
      const category = listen(new carto.dataview.Category(new carto.source.Dataset('t'), 'kind'), 'category');
      await settle('add', listen(client(), 'client').addDataview(category));
      await idle(1000);
      const step = async (label, change) => {
        log(label, change() === category, category.getOperation(), category.getOperationColumn(), category.getStatus());
        await idle(1000);
        log(category.getData());
      };
      await step('operation', () => category.setOperation('avg'));
      await step('same operation', () => category.setOperation('avg'));
      await step('operation column', () => category.setOperationColumn('pop'));
      await step('same operation column', () => category.setOperationColumn('pop'));
      await step('both', () => category.setOperation('sum').setOperationColumn('area'));
    },
  },
  {
    name: 'setColumn of a category dataview leaves the operation column as it is',
    rows: ['C-180', 'C-188', 'C-196', 'C-208'],
    async page({ carto, client, listen, settle, idle, log }) {
      const category = listen(new carto.dataview.Category(new carto.source.Dataset('t'), 'kind'), 'category');
      await settle('add', client().addDataview(category));
      await idle(1000);
      log(category.setColumn('colour') === category, category.getColumn(), category.getOperationColumn());
      await idle(1000);
      log(category.getData());
    },
  },
  {
    name: 'A category dataview tells dataChanged only when its list differs, not its numbers',
    rows: ['C-185', 'C-210'],
    answers({ kind, dataview }) {
      if (kind !== 'dataview') return undefined;
      const first = { category: 'a', value: 5, agg: false };
      // Not the number of the request: CARTO.js asks once more, for totals.
      const step = Number(dataview.sql.replace('SELECT ', ''));
      const lists = [[first], [first], [first, { category: 'b', value: 1, agg: false }], [{ ...first, value: 6 }], [{ ...first, value: 6, agg: true }]];
      return { body: { count: step, nulls: step, min: step, max: step, categories: lists[step] } };
    },
    async page({ carto, client, listen, settle, idle, log }) {
      const source = new carto.source.SQL('SELECT 0');
      const category = listen(new carto.dataview.Category(source, 'kind'), 'category');
      await settle('add', client().addDataview(category));
      await idle(1000);
      log(category.getData());
      for (let step = 1; step < 5; step += 1) {
        await settle(`query ${step}`, source.setQuery(`SELECT ${step}`));
        await idle(1000);
        log(category.getData());
      }
    },
  },
  {
    name: 'getData of a category dataview carries the new operation before the new categories',
    rows: ['C-210'],
    async page({ carto, client, settle, idle, log }) {
      const category = new carto.dataview.Category(new carto.source.Dataset('t'), 'kind');
      await settle('add', client().addDataview(category));
      await idle(1000);
      category.setOperation('sum');
      log(category.getData());
      await idle(1000);
      log(category.getData());
    },
  },
  {
    name: 'A category dataview sends its spatial filter, its limit, that it is not filtered by itself, and the key',
    rows: ['C-214'],
    async page({ carto, client, settle, idle }) {
      const box = new carto.filter.BoundingBox().setBounds({ west: -1, south: -2, east: 3, north: 4 });
      const category = new carto.dataview.Category(new carto.source.Dataset('t'), 'kind', { limit: 3 }).addFilter(box);
      await settle('add', client({ apiKey: 'key_1' }).addDataview(category));
      await idle(1000);
      box.setBounds({ west: -5.5, south: -2, east: 3, north: 4 });
      await idle(1000);
      category.setLimit(2);
      await idle(1000);
      category.removeFilter(box);
      await idle(1000);
    },
  },
  {
    name: 'One options object may be used for several category dataviews',
    rows: ['C-190'],
    async page({ carto, log }) {
      const source = new carto.source.Dataset('t');
      const options = { limit: 3 };
      const [first, second] = ['kind', 'colour'].map((column) => new carto.dataview.Category(source, column, options));
      log(options);
      log(first.getOperationColumn());
      log(second.getOperationColumn());
    },
    differs: {
      quirks: ['Q-45'],
      check({ reference, ours, assert }) {
        assert.deepEqual(reference.log, [[{ limit: 3, operation: 'count', operationColumn: 'kind' }], ['kind'], ['kind']]);
        assert.deepEqual(ours.log, [[{ limit: 3 }], ['kind'], ['colour']]);
      },
    },
  },
];
