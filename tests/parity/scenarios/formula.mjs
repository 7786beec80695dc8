// carto.dataview.Formula (spec 2.11).
export default [
  {
    name: 'A formula has a column, counts unless told otherwise, and knows nothing before it is attached',
    rows: ['C-197', 'C-198'],
    async page({ carto, tag, attempt, log }) {
      const { Formula } = carto.dataview;
      const source = tag(new carto.source.Dataset('t'), 'source');
      for (const [label, more] of [['no options', []], ['undefined', [undefined]], ['null', [null]], ['empty', [{}]], ['unknown option', [{ foo: 1 }]]]) {
        const formula = new Formula(source, 'pop', ...more);
        log(label, formula.getOperation(), formula.getColumn(), formula.getSource(), formula.getData());
      }
      for (const operation of Object.values(carto.operation)) log(operation, new Formula(source, 'pop', { operation }).getOperation());
      const formula = new Formula(source, 'pop');
      log(formula instanceof Formula, formula instanceof carto.dataview.Category);
      attempt('undefined operation', () => new Formula(source, 'pop', { operation: undefined }).getOperation());
    },
  },
  {
    name: 'A formula refuses operations that carto.operation does not have, when made and when set',
    rows: ['C-197', 'C-199', 'C-365'],
    async page({ carto, listen, attempt, log }) {
      const source = new carto.source.Dataset('t');
      const formula = listen(new carto.dataview.Formula(source, 'pop', { operation: 'sum' }), 'formula');
      for (const operation of ['exotic', 'SUM', '', null, 0, 7, {}, 'toString']) {
        attempt(`new with ${JSON.stringify(operation)}`, () => new carto.dataview.Formula(source, 'pop', { operation }).getOperation());
        attempt(`set ${JSON.stringify(operation)}`, () => formula.setOperation(operation) === formula);
      }
      attempt('set nothing', () => formula.setOperation() === formula);
      log('still', formula.getOperation());
    },
  },
  {
    name: 'The first data of a formula: loading, dataChanged, loaded, and what its getters say meanwhile',
    rows: ['C-171…C-174', 'C-184', 'C-185', 'C-186', 'C-201', 'C-202'],
    async page({ carto, client, listen, settle, idle, log }) {
      const source = new carto.source.SQL('SELECT * FROM t');
      const formula = listen(new carto.dataview.Formula(source, 'pop', { operation: 'avg' }), 'formula');
      const state = (label) => {
        const { operation, result } = formula.getData();
        log(label, formula.getStatus(), formula.isLoading(), formula.isLoaded(), formula.hasError(), operation, result);
      };
      log('unattached', formula.getStatus(), formula.isLoading(), formula.isLoaded(), formula.hasError(), formula.getData());
      formula.on('dataChanged', (data) => {
        state('inside dataChanged');
        log('payload', data, formula.isLoading());
      });
      formula.on('statusChanged', (status) => state(`inside ${status}`));
      const map = listen(client(), 'client');
      const added = settle('add', map.addDataview(formula));
      state('adding');
      await added;
      await idle(1000);
      state('done');
      log('a new object each time', formula.getData() === formula.getData());
    },
  },
  {
    name: 'Before its first answer a formula has no result and no nulls',
    rows: ['C-201'],
    async page({ carto, client, settle, log }) {
      const formula = new carto.dataview.Formula(new carto.source.Dataset('t'), 'pop');
      const added = settle('add', client().addDataview(formula));
      log(formula.getData());
      await added;
    },
  },
  {
    name: 'setOperation of an unattached formula tells operationChanged when it differs, and chains',
    rows: ['C-199', 'C-200'],
    async page({ carto, client, listen, settle, idle, log }) {
      const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), 'pop'), 'formula');
      log(formula.setOperation('sum') === formula, formula.getOperation());
      log(formula.setOperation('sum') === formula, formula.getOperation());
      log(formula.setOperation('max').setOperation('min') === formula, formula.getOperation());
      await settle('add', client().addDataview(formula));
      await idle(1000);
      log(formula.getData());
    },
  },
  {
    name: 'setOperation of an attached formula reloads and asks again; the same operation does nothing',
    rows: ['C-199', 'C-200', 'C-196', 'C-201'],
    async page({ carto, client, listen, settle, idle, log }) {
      const map = listen(client(), 'client');
      const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), 'pop'), 'formula');
      await settle('add', map.addDataview(formula));
      await idle(1000);
      formula.once('operationChanged', () => log('inside operationChanged', formula.getOperation(), formula.getStatus()));
      log(formula.setOperation('sum') === formula, formula.getOperation());
      await idle(1000);
      log(formula.getData());
      log(formula.setOperation('sum') === formula);
      await idle(1000);
      for (const operation of ['avg', 'max', 'min', 'count']) {
        formula.setOperation(operation);
        await idle(1000);
        log(operation, formula.getData());
      }
    },
  },
  {
    name: 'getData of a formula carries the new operation before the new result',
    rows: ['C-201'],
    async page({ carto, client, settle, idle, log }) {
      const formula = new carto.dataview.Formula(new carto.source.Dataset('t'), 'pop');
      await settle('add', client().addDataview(formula));
      await idle(1000);
      const { result } = formula.getData();
      formula.setOperation('sum');
      const { operation, result: old } = formula.getData();
      log(operation, old === result);
      await idle(1000);
      log(formula.getData().result === result);
    },
  },
  {
    name: 'A formula tells dataChanged only when its result differs, not its nulls',
    rows: ['C-185', 'C-192', 'C-201'],
    answers({ kind, number }, usual) {
      if (kind !== 'dataview') return undefined;
      const { body } = usual();
      return { body: { ...body, result: [7, 7, 7, 8, null, 0, 8.5][number - 1], nulls: number } };
    },
    async page({ carto, client, listen, settle, idle, log }) {
      const source = new carto.source.SQL('SELECT 0');
      const formula = listen(new carto.dataview.Formula(source, 'pop'), 'formula');
      await settle('add', client().addDataview(formula));
      await idle(1000);
      log(formula.getData());
      for (let step = 1; step < 7; step += 1) {
        await settle(`query ${step}`, source.setQuery(`SELECT ${step}`));
        await idle(1000);
        log(formula.getData());
      }
    },
  },
  {
    name: 'Answers of formulas without result or nulls, or with texts, are given on as they are',
    rows: ['C-201'],
    answers({ kind, number }) {
      if (kind !== 'dataview') return undefined;
      return { body: [{ result: '12.50', nulls: '3' }, { result: 5 }, { operation: 'max', result: 6, nulls: 0, more: 'x' }, { result: [1, 2], nulls: null }][number - 1] };
    },
    async page({ carto, client, listen, settle, idle, log }) {
      const source = new carto.source.SQL('SELECT 0');
      const formula = listen(new carto.dataview.Formula(source, 'pop', { operation: 'sum' }), 'formula');
      await settle('add', client().addDataview(formula));
      await idle(1000);
      log(formula.getData());
      for (let step = 1; step < 4; step += 1) {
        await settle(`query ${step}`, source.setQuery(`SELECT ${step}`));
        await idle(1000);
        log(formula.getData());
      }
    },
  },
  {
    name: 'A formula sends its spatial filter and the key, nothing else',
    rows: ['C-202'],
    async page({ carto, client, listen, settle, idle, log }) {
      const box = new carto.filter.BoundingBox();
      const formula = listen(new carto.dataview.Formula(new carto.source.Dataset('t'), 'pop'), 'formula').addFilter(box);
      box.setBounds({ west: -10.5, south: -20, east: 30, north: 40.25 });
      await settle('add', client({ apiKey: 'key_1' }).addDataview(formula));
      await idle(1000);
      box.setBounds({ west: 1, south: 2, east: 3, north: 4 });
      await idle(1000);
      formula.removeFilter(box);
      await idle(1000);
      log(formula.getData());
    },
  },
  {
    name: 'Formulas of one column and source with different operations each get their own data',
    rows: ['C-197', 'C-201', 'C-202'],
    answers({ kind, dataview }, usual) {
      if (kind !== 'dataview') return undefined;
      return { ...usual(), delay: 60 * (1 + ['max', 'sum', 'avg', 'count', 'min'].indexOf(dataview.options.operation)) };
    },
    async page({ carto, client, listen, settle, idle, log }) {
      const source = new carto.source.Dataset('t');
      const formulas = Object.values(carto.operation).map((operation) => listen(new carto.dataview.Formula(source, 'pop', { operation }), operation));
      await settle('add', client().addDataviews(formulas));
      await idle(1000);
      for (const formula of formulas) log(formula.getData());
    },
  },
];
