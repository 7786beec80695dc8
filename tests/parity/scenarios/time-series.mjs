// carto.dataview.TimeSeries (spec 2.14, 4.5.3, 4.5.4). Most are given an area: without one CARTO.js asks twice for the same data.
export default [
  {
    name: 'A time series has automatic units, no offset and no local time unless told otherwise',
    rows: ['C-230', 'C-231', 'C-233', 'C-236'],
    async page({ carto, tag, attempt, log }) {
      const { TimeSeries } = carto.dataview;
      const source = tag(new carto.source.Dataset('t'), 'source');
      const all = (series) => [series.getAggregation(), series.getOffset(), series.isUsingLocalTimezone(), series.getColumn(), series.getSource(), series.getData()];
      for (const more of [[], [undefined], [null], [{}], [{ foo: 1 }], [{ aggregation: undefined, offset: undefined, useLocalTimezone: undefined }]]) {
        attempt(`with ${JSON.stringify(more)}`, () => all(new TimeSeries(source, 'at', ...more)));
      }
      for (const aggregation of Object.values(carto.dataview.timeAggregation)) log(aggregation, all(new TimeSeries(source, 'at', { aggregation })));
      for (const offset of [-12, -1, 0, 14]) log(offset, all(new TimeSeries(source, 'at', { offset, useLocalTimezone: true })));
      log(new TimeSeries(source, 'at') instanceof TimeSeries);
    },
  },
  {
    name: 'A time series refuses unknown units, offsets that are no hours, and flags that are none, in this order',
    rows: ['C-230', 'C-358…C-360'],
    async page({ carto, attempt }) {
      const source = new carto.source.Dataset('t');
      const made = (label, options) => attempt(label, () => new carto.dataview.TimeSeries(source, 'at', options).getAggregation());
      for (const aggregation of ['second', 'DAY', '', null, 0, {}, 'toString']) made(`unit ${JSON.stringify(aggregation)}`, { aggregation });
      for (const offset of [-13, 15, 1.5, NaN, Infinity, '1', null, true]) made(`offset ${String(offset)}`, { offset });
      for (const useLocalTimezone of [0, 1, 'true', null, {}]) made(`local ${JSON.stringify(useLocalTimezone)}`, { useLocalTimezone });
      made('all', { aggregation: 'x', offset: 99, useLocalTimezone: 1 });
      made('both', { offset: 99, useLocalTimezone: 1 });
    },
  },
  {
    name: 'The setters of a time series check as the constructor does',
    rows: ['C-232', 'C-234', 'C-235', 'C-358…C-360'],
    async page({ carto, listen, attempt, log }) {
      const series = listen(new carto.dataview.TimeSeries(new carto.source.Dataset('t'), 'at'), 'series');
      for (const unit of [undefined, 'second', '', null, 7]) attempt(`unit ${String(unit)}`, () => series.setAggregation(unit) === series);
      for (const offset of [undefined, -13, 15, 1.5, NaN, '1', null]) attempt(`offset ${String(offset)}`, () => series.setOffset(offset) === series);
      for (const flag of [undefined, 0, 'true', null]) attempt(`local ${String(flag)}`, () => series.useLocalTimezone(flag) === series);
      log(series.getAggregation(), series.getOffset(), series.isUsingLocalTimezone());
    },
  },
  {
    name: 'Setters of an unattached time series tell their events when the value differs, the offset in seconds, and chain',
    rows: ['C-231…C-236', 'C-238…C-240'],
    async page({ carto, listen, log }) {
      const series = listen(new carto.dataview.TimeSeries(new carto.source.Dataset('t'), 'at'), 'series');
      for (const unit of ['auto', 'day', 'day', 'month']) log(series.setAggregation(unit) === series, series.getAggregation());
      for (const offset of [0, 2, 2, -12, 14]) log(series.setOffset(offset) === series, series.getOffset());
      for (const flag of [false, true, true, false]) log(series.useLocalTimezone(flag) === series, series.isUsingLocalTimezone());
      log(series.getData());
    },
  },
  {
    name: 'The first data of a time series: all data first, then that of its filters, of which only the latter is told',
    rows: ['C-171…C-174', 'C-185', 'C-186', 'C-191', 'C-237', 'C-243', 'C-244'],
    async page({ carto, client, listen, settle, idle, log }) {
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const series = listen(new carto.dataview.TimeSeries(new carto.source.Dataset('t'), 'at', { offset: 2 }), 'series').addFilter(circle);
      series.on('dataChanged', () => log('inside dataChanged', series.getStatus(), series.getData()));
      const added = settle('add', listen(client(), 'client').addDataview(series));
      const { bins, nulls, totalAmount } = series.getData();
      log(bins, nulls, totalAmount, series.getStatus());
      await added;
      await idle(1000);
      log(series.getStatus(), series.getData(), series.getAggregation());
    },
  },
  {
    name: 'Before its first answer a time series has no bins, and its offset in hours',
    rows: ['C-237'],
    async page({ carto, client, settle, log }) {
      const series = new carto.dataview.TimeSeries(new carto.source.Dataset('t'), 'at', { offset: 2 });
      const added = settle('add', client().addDataview(series));
      log(series.getData());
      await added;
    },
  },
  {
    name: 'A time series fills up its bins, lays what the server says over them, and adds up',
    rows: ['C-237', 'C-241'],
    answers({ kind }) {
      if (kind !== 'dataview') return undefined;
      const bins = [
        { bin: 0, timestamp: 1500000000, min: 1500000000, max: 1500000500, freq: 4 },
        { bin: 2, timestamp: 1505000000, min: 1505000001, max: 1505000500, freq: 8 },
      ];
      return { body: { aggregation: 'month', offset: 0, timestamp_start: 1500000000, bin_width: 2629746, bins_count: 3, nulls: 0, bins } };
    },
    async page({ carto, client, listen, settle, idle, log }) {
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const series = listen(new carto.dataview.TimeSeries(new carto.source.Dataset('t'), 'at', { aggregation: 'month' }), 'series').addFilter(circle);
      await settle('add', client().addDataview(series));
      await idle(1000);
      log(series.getData());
    },
  },
  {
    name: 'Bins of every unit: months keep their day as far as the month has it',
    rows: ['C-241'],
    answers({ kind, dataview }) {
      if (kind !== 'dataview') return undefined;
      // The last of January before a leap year's and before a common year's February, and a date before 1970.
      const starts = { a: Date.UTC(2020, 0, 31, 10, 30) / 1000, b: Date.UTC(2019, 0, 31) / 1000, c: Date.UTC(1952, 1, 29, 23, 59, 59) / 1000 };
      const { aggregation, column } = dataview.options;
      const start = starts[column];
      const bins = [{ bin: 0, timestamp: start, min: start, max: start + 1, freq: 1 }, { bin: 13, timestamp: start, min: start + 2, max: start + 3, freq: 2 }];
      return { body: { aggregation, offset: 0, timestamp_start: start, bins_count: 14, nulls: 3, bins } };
    },
    async page({ carto, client, settle, idle, log }) {
      const source = new carto.source.Dataset('t');
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const all = [];
      for (const column of ['a', 'b', 'c']) {
        for (const aggregation of Object.values(carto.dataview.timeAggregation)) {
          if (aggregation !== 'auto') all.push(new carto.dataview.TimeSeries(source, column, { aggregation }).addFilter(circle));
        }
      }
      await settle('add', client().addDataviews(all));
      await idle(1000);
      for (const series of all) {
        const { bins, ...rest } = series.getData();
        log(series.getColumn(), series.getAggregation(), rest, bins.map(({ index, start, end, freq, min }) => [index, start, end, freq, min]));
      }
    },
  },
  {
    name: 'Bins that only the data without filters have are dropped at the end, not between',
    rows: ['C-241'],
    answers({ kind, query }) {
      if (kind !== 'dataview') return undefined;
      const bin = (number, freq) => ({ bin: number, timestamp: number * 86400, min: number * 86400, max: number * 86400 + 9, freq });
      if (query.no_filters) return { body: { aggregation: 'day', offset: 0, timestamp_start: 0, bins_count: 4, nulls: 0, bins: [bin(0, 1), bin(3, 4)] } };
      return { body: { aggregation: 'day', offset: 0, timestamp_start: 0, bins_count: 7, nulls: 1, bins: [bin(1, 2)] } };
    },
    async page({ carto, client, settle, idle, log }) {
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const series = new carto.dataview.TimeSeries(new carto.source.Dataset('t'), 'at').addFilter(circle);
      await settle('add', client().addDataview(series));
      await idle(1000);
      log(series.getData());
    },
  },
  {
    name: 'A time series of no rows has no bins',
    rows: ['C-237', 'C-241'],
    answers: ({ kind }) => (kind === 'dataview' ? { body: { aggregation: 'day', offset: 0, timestamp_start: null, bins_count: 0, nulls: 5, bins: [] } } : undefined),
    async page({ carto, client, settle, idle, log }) {
      const series = new carto.dataview.TimeSeries(new carto.source.Dataset('t'), 'at');
      await settle('add', client().addDataview(series.addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 }))));
      await idle(1000);
      log(series.getStatus(), series.getData());
    },
  },
  {
    name: 'Automatic units become those of the server on the wire, not in getAggregation',
    rows: ['C-231', 'C-243', 'C-244', 'C-192'],
    async page({ carto, client, settle, idle, log }) {
      const source = new carto.source.SQL('SELECT 0');
      const series = new carto.dataview.TimeSeries(source, 'at').addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 }));
      await settle('add', client().addDataview(series));
      await idle(1000);
      log(series.getAggregation());
      await settle('query', source.setQuery('SELECT 1'));
      await idle(1000);
      log(series.getAggregation(), series.getData());
    },
  },
  {
    name: 'setAggregation of an attached time series asks again without a map request',
    rows: ['C-231', 'C-232', 'C-238', 'C-243'],
    async page({ carto, client, listen, settle, idle, log }) {
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const series = listen(new carto.dataview.TimeSeries(new carto.source.Dataset('t'), 'at'), 'series').addFilter(circle);
      await settle('add', listen(client(), 'client').addDataview(series));
      await idle(1000);
      for (const unit of ['week', 'week', 'month']) {
        log(series.setAggregation(unit) === series, series.getAggregation());
        await idle(1000);
        log(series.getData());
      }
    },
  },
  {
    name: 'setAggregation to the unit that the server chose tells its event and asks nothing',
    rows: ['C-232', 'C-238', 'C-244'],
    async page({ carto, client, listen, settle, idle, log }) {
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const series = listen(new carto.dataview.TimeSeries(new carto.source.Dataset('t'), 'at'), 'series').addFilter(circle);
      await settle('add', client().addDataview(series));
      await idle(1000);
      series.setAggregation('day');
      await idle(1000);
      log(series.getAggregation(), series.getStatus());
    },
  },
  {
    name: 'setOffset of an attached time series asks again, in seconds',
    rows: ['C-233', 'C-234', 'C-237', 'C-239', 'C-243'],
    async page({ carto, client, listen, settle, idle, log }) {
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const series = listen(new carto.dataview.TimeSeries(new carto.source.Dataset('t'), 'at', { aggregation: 'day' }), 'series').addFilter(circle);
      await settle('add', listen(client(), 'client').addDataview(series));
      await idle(1000);
      for (const hours of [2, 2, -5]) {
        log(series.setOffset(hours) === series, series.getOffset(), series.getData().offset);
        await idle(1000);
        log(series.getData());
      }
    },
  },
  {
    name: 'Local time is that of the browser in requests and data, and does not reach the map',
    rows: ['C-235…C-237', 'C-240', 'C-242', 'C-243'],
    async page({ carto, client, listen, settle, idle, log }) {
      // Three hours and a half east of Greenwich, whatever the machine.
      Date.prototype.getTimezoneOffset = () => -210;
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const source = new carto.source.SQL('SELECT 0');
      const options = { aggregation: 'day', offset: 4, useLocalTimezone: true };
      const series = listen(new carto.dataview.TimeSeries(source, 'at', options), 'series').addFilter(circle);
      await settle('add', listen(client(), 'client').addDataview(series));
      await idle(1000);
      log(series.getOffset(), series.isUsingLocalTimezone(), series.getData());
      for (const flag of [false, true, true]) {
        log(series.useLocalTimezone(flag) === series, series.isUsingLocalTimezone());
        await idle(1000);
        log(series.getOffset(), series.getData().offset);
      }
      series.setOffset(6);
      await idle(1000);
      log(series.getOffset(), series.getData().offset);
      await settle('query', source.setQuery('SELECT 1'));
      await idle(1000);
      log(series.getData().offset);
    },
  },
  {
    name: 'The range of a time series stays when the query changes, and is forgotten by setColumn',
    rows: ['C-180', 'C-188', 'C-196', 'C-243'],
    async page({ carto, client, listen, settle, idle, log }) {
      const source = new carto.source.SQL('SELECT 0');
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const series = listen(new carto.dataview.TimeSeries(source, 'at'), 'series').addFilter(circle);
      await settle('add', client().addDataview(series));
      await idle(1000);
      await settle('query', source.setQuery('SELECT 1'));
      await idle(1000);
      series.setColumn('until');
      log(series.getColumn(), series.getAggregation());
      await idle(1000);
      log(series.getData());
    },
  },
  {
    name: 'A unit that the page chose, after setColumn',
    rows: ['C-244'],
    async page({ carto, client, listen, settle, idle, log }) {
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const series = listen(new carto.dataview.TimeSeries(new carto.source.Dataset('t'), 'at', { aggregation: 'month' }), 'series').addFilter(circle);
      await settle('add', client().addDataview(series));
      await idle(1000);
      series.setColumn('until');
      await idle(1000);
      log(series.getAggregation());
    },
    differs: {
      quirks: ['Q-36'],
      check({ reference, ours, assert }) {
        const units = ({ dataviews, maps }) => [
          maps.map(({ config }) => config.dataviews[0][1].options.aggregation),
          dataviews['dataview/histogram-c1'].map(({ aggregation, no_filters: all }) => `${all ? 'all' : 'filtered'} ${aggregation}`),
        ];
        assert.deepEqual(units(reference), [['month', 'auto'], ['all month', 'filtered month', 'all auto', 'filtered day']]);
        assert.deepEqual(units(ours), [['month', 'month'], ['all month', 'filtered month', 'all month', 'filtered month']]);
        assert.deepEqual(ours.log.at(-1), reference.log.at(-1));
      },
    },
  },
  {
    name: 'A time series tells dataChanged only when its bins differ',
    rows: ['C-185', 'C-237'],
    answers({ kind, dataview }) {
      if (kind !== 'dataview') return undefined;
      const step = Number(dataview.sql.replace('SELECT ', ''));
      const bins = [{ bin: 0, timestamp: 0, min: 0, max: 100, freq: [1, 1, 2][step] }, { bin: 1, timestamp: 86400, min: 86400, max: 86500, freq: 3 }];
      return { body: { aggregation: 'day', offset: 0, timestamp_start: 0, bins_count: 2, nulls: step, bins } };
    },
    async page({ carto, client, listen, settle, idle, log }) {
      const source = new carto.source.SQL('SELECT 0');
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const series = listen(new carto.dataview.TimeSeries(source, 'at', { aggregation: 'day' }), 'series').addFilter(circle);
      await settle('add', client().addDataview(series));
      await idle(1000);
      for (const step of [1, 2]) {
        await settle(`query ${step}`, source.setQuery(`SELECT ${step}`));
        await idle(1000);
        log(series.getData());
      }
    },
  },
  {
    name: 'A new value of a spatial filter asks a time series for its filtered data only',
    rows: ['C-243'],
    async page({ carto, client, settle, idle, log }) {
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const series = new carto.dataview.TimeSeries(new carto.source.Dataset('t'), 'at').addFilter(circle);
      await settle('add', client({ apiKey: 'key_1' }).addDataview(series));
      await idle(1000);
      circle.setCircle({ lat: 1, lng: 2, radius: 4 });
      await idle(1000);
      log(series.getData());
    },
  },
  {
    name: 'A time series without an area shows all its data',
    rows: ['C-191', 'C-237', 'C-243'],
    answers({ kind }) {
      if (kind !== 'dataview') return undefined;
      const bins = [{ bin: 0, timestamp: 0, min: 0, max: 100, freq: 1 }, { bin: 1, timestamp: 86400, min: 86400, max: 86500, freq: 3 }];
      return { body: { aggregation: 'day', offset: 0, timestamp_start: 0, bins_count: 2, nulls: 0, bins } };
    },
    async page({ carto, client, listen, settle, idle, log }) {
      const series = listen(new carto.dataview.TimeSeries(new carto.source.Dataset('t'), 'at'), 'series');
      await settle('add', client().addDataview(series));
      await idle(1000);
      log(series.getData());
    },
  },
];
