// carto.dataview.Histogram (spec 2.13, 4.5.3, 4.5.4). Most are given an area: without one CARTO.js asks twice for the same data.
export default [
  {
    name: 'A histogram has ten bins and no range unless told otherwise',
    rows: ['C-215', 'C-216'],
    async page({ carto, tag, attempt, log }) {
      const { Histogram } = carto.dataview;
      const source = tag(new carto.source.Dataset('t'), 'source');
      for (const more of [[], [undefined], [null], [{}], [{ foo: 1 }], [{ bins: undefined, start: undefined, end: undefined }], [{ bins: 1 }], [{ bins: 4, start: 5, end: 25 }]]) {
        attempt(`with ${JSON.stringify(more)}`, () => {
          const histogram = new Histogram(source, 'pop', ...more);
          return [histogram.getBins(), histogram.getColumn(), histogram.getSource(), histogram.getData(), histogram.getDistributionType()];
        });
      }
      log(new Histogram(source, 'pop') instanceof Histogram);
    },
  },
  {
    name: 'A histogram refuses bins that are no positive integer, and ranges with one end',
    rows: ['C-215', 'C-362', 'C-363'],
    async page({ carto, attempt }) {
      const source = new carto.source.Dataset('t');
      const made = (label, options) => attempt(label, () => new carto.dataview.Histogram(source, 'pop', options).getBins());
      for (const bins of [0, -1, 1.5, NaN, Infinity, '10', null, true, {}, [3]]) made(`bins ${String(bins)}`, { bins });
      for (const [start, end] of [[1, undefined], [undefined, 1], [1, null], [null, 1], ['1', '2'], [NaN, 1], [1, NaN], [true, false], [null, undefined]]) {
        made(`range ${String(start)} ${String(end)}`, { start, end });
      }
      for (const [start, end] of [[null, null], [-Infinity, Infinity], [5, 1], [0, 0]]) made(`range ${String(start)} ${String(end)}`, { start, end });
      made('bins before range', { bins: 0, start: 1 });
    },
  },
  {
    name: 'setBins and setStartEnd check as the constructor does',
    rows: ['C-217', 'C-218', 'C-362', 'C-363'],
    async page({ carto, listen, attempt, log }) {
      const histogram = listen(new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop'), 'histogram');
      for (const bins of [undefined, 0, -1, 1.5, NaN, Infinity, '10', null]) attempt(`bins ${String(bins)}`, () => histogram.setBins(bins) === histogram);
      for (const range of [[1], [1, null], [null, 1], [undefined, 1], ['1', '2'], [NaN, 1], [1, NaN]]) {
        attempt(`range ${range.map(String).join(' ')}`, () => histogram.setStartEnd(...range) === histogram);
      }
      log(histogram.getBins());
    },
  },
  {
    name: 'Setters of an unattached histogram tell their events when the value differs, and chain',
    rows: ['C-216', 'C-217', 'C-218', 'C-224…C-226'],
    async page({ carto, listen, log }) {
      const histogram = listen(new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop'), 'histogram');
      for (const bins of [10, 5, 5, 6]) log(histogram.setBins(bins) === histogram, histogram.getBins());
      for (const range of [[1, 9], [1, 9], [1, 10], [2, 10], [-Infinity, Infinity]]) {
        log(histogram.setStartEnd(...range) === histogram, histogram.getStart(), histogram.getEnd());
      }
      log(histogram.setStartEnd() === histogram);
      log(histogram.getData(), histogram.getDistributionType());
    },
  },
  {
    name: 'Nulls and nothing as the range of a histogram are different values',
    rows: ['C-218', 'C-225', 'C-226'],
    async page({ carto, listen, log }) {
      const histogram = listen(new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop'), 'histogram');
      for (const range of [[null, null], [null, null], [], [undefined, undefined], [null, null]]) log(range, histogram.setStartEnd(...range) === histogram);
    },
  },
  {
    name: 'The first data of a histogram: all data first, then that of its filters, of which only the latter is told',
    rows: ['C-171…C-174', 'C-185', 'C-186', 'C-191', 'C-222', 'C-223', 'C-228'],
    async page({ carto, client, listen, settle, idle, log }) {
      const histogram = listen(new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop', { bins: 4 }), 'histogram');
      histogram.on('dataChanged', () => log('inside dataChanged', histogram.getStatus(), histogram.getData(), histogram.getDistributionType()));
      const added = settle('add', listen(client(), 'client').addDataview(histogram.addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 }))));
      log(histogram.getData(), histogram.getStatus(), histogram.getDistributionType());
      await added;
      await idle(1000);
      log(histogram.getStatus(), histogram.getData(), histogram.getDistributionType(), histogram.getStart(), histogram.getEnd(), histogram.getBins());
    },
  },
  {
    name: 'A histogram has one bin for each of the answer, with what the server says of it, ends with its maximum and adds up',
    rows: ['C-222', 'C-227'],
    answers({ kind }) {
      if (kind !== 'dataview') return undefined;
      const bins = [{ bin: 0, min: 1, max: 9, avg: 5, freq: 4 }, { bin: 2, freq: 1, more: 'x' }, { bin: 4, min: 41, max: 47, avg: 43, freq: 8 }];
      return { body: { bin_width: 10, bins_count: 5, bins_start: 0, nulls: 2, avg: 5, bins } };
    },
    async page({ carto, client, settle, idle, log }) {
      const histogram = new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop', { bins: 5 });
      await settle('add', client().addDataview(histogram.addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 }))));
      await idle(1000);
      log(histogram.getData(), histogram.getDistributionType(), histogram.getStart(), histogram.getEnd());
    },
  },
  {
    name: 'Histograms of fractions, below zero, without nulls and of one value',
    rows: ['C-222', 'C-223', 'C-227'],
    answers({ kind, dataview }) {
      if (kind !== 'dataview') return undefined;
      return {
        body: {
          b: { bin_width: 0.25, bins_count: 4, bins_start: -0.5, avg: 0.1, bins: [{ bin: 1, min: -0.2, max: -0.1, avg: -0.15, freq: 1 }, { bin: 3, min: 0.3, max: 0.45, avg: 0.4, freq: 3 }] },
          c: { bin_width: 10, bins_count: 3, bins_start: -30, nulls: null, bins: [{ bin: 0, min: -30, max: -21, avg: -25, freq: 7 }] },
          d: { bin_width: 0, bins_count: 1, bins_start: 5, nulls: 1, avg: 5, bins: [{ bin: 0, min: 5, max: 5, avg: 5, freq: 9 }] },
        }[dataview.options.column],
      };
    },
    async page({ carto, client, listen, settle, idle, log }) {
      for (const [column, bins] of [['b', 4], ['c', 3], ['d', 1]]) {
        const histogram = listen(new carto.dataview.Histogram(new carto.source.Dataset('t'), column, { bins }), column);
        await settle(column, client().addDataview(histogram.addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 }))));
        await idle(1000);
        log(histogram.getData(), histogram.getDistributionType());
      }
    },
  },
  {
    name: 'The type of a distribution is seen from its frequencies',
    rows: ['C-223'],
    answers({ kind, dataview }) {
      if (kind !== 'dataview') return undefined;
      const freqs = dataview.options.column.split('_').slice(1).map(Number);
      const bins = freqs.map((freq, bin) => ({ bin, min: bin, max: bin + 1, avg: bin + 0.5, freq })).filter(({ bin }) => bin === 0 || freqs[bin] > 0);
      return { body: { bin_width: 1, bins_count: freqs.length, bins_start: 0, nulls: 0, avg: 1, bins } };
    },
    async page({ carto, client, settle, idle, log }) {
      const lists = [
        [5, 5, 5, 5], [1, 2, 3, 4], [4, 3, 2, 1], [1, 3, 3, 1], [3, 1, 1, 3], [1, 5, 1, 5], [1, 1, 1, 10], [10, 1, 1, 1], [100, 100, 100, 105],
        [0, 0, 0, 0], [7], [1, 5, 1], [5, 1, 5], [1, 5, 5, 1, 1], [5, 1, 1, 5, 5], [1, 1, 5, 1], [5, 5, 1, 5], [5, 1, 5, 1], [1, 5, 5, 1, 5], [5, 0, 0, 1],
        [1000, 1010, 990, 1300], [3, 3, 2, 2, 9], [1, 2], [2, 1], [0, 8],
      ];
      const source = new carto.source.Dataset('t');
      const histograms = lists.map((list) => new carto.dataview.Histogram(source, `c_${list.join('_')}`, { bins: list.length }));
      await settle('add', client().addDataviews(histograms));
      await idle(1000);
      histograms.forEach((histogram, index) => log(lists[index].join(), histogram.getDistributionType()));
    },
  },
  {
    name: 'setBins of an attached histogram asks for all data and for the filtered without a map request',
    rows: ['C-216', 'C-217', 'C-224', 'C-228'],
    async page({ carto, client, listen, settle, idle, log }) {
      const histogram = listen(new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop', { bins: 4 }), 'histogram');
      await settle('add', listen(client(), 'client').addDataview(histogram.addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 }))));
      await idle(1000);
      for (const bins of [5, 5, 2]) {
        log(histogram.setBins(bins) === histogram, histogram.getBins(), histogram.getStatus());
        await idle(1000);
        log(histogram.getData());
      }
    },
  },
  {
    name: 'A histogram with a range asks for it, unfiltered and filtered',
    rows: ['C-215', 'C-219', 'C-220', 'C-228'],
    async page({ carto, client, listen, settle, idle, log }) {
      const histogram = listen(new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop', { bins: 4, start: 20, end: 60 }), 'histogram');
      await settle('add', client().addDataview(histogram.addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 }))));
      await idle(1000);
      log(histogram.getStart(), histogram.getEnd(), histogram.getData());
    },
  },
  {
    name: 'setStartEnd of an attached histogram asks again; equal ranges and nulls do not',
    rows: ['C-218…C-220', 'C-225', 'C-226', 'C-228', 'C-229'],
    async page({ carto, client, listen, settle, idle, log }) {
      const histogram = listen(new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop', { bins: 4 }), 'histogram');
      await settle('add', listen(client(), 'client').addDataview(histogram.addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 }))));
      await idle(1000);
      log(histogram.getStart(), histogram.getEnd());
      for (const range of [[10, 50], [10, 50], [10, 90], [null, null], [10, 80], []]) {
        log(range, histogram.setStartEnd(...range) === histogram);
        await idle(1000);
        log(histogram.getData());
        if (range[0]) log(histogram.getStart(), histogram.getEnd());
      }
    },
  },
  {
    name: 'A range that starts at zero is returned as it was set',
    rows: ['C-219', 'C-220'],
    async page({ carto, client, settle, idle, log }) {
      const source = new carto.source.Dataset('t');
      const histogram = new carto.dataview.Histogram(source, 'pop', { bins: 4, start: 0, end: 40 });
      await settle('add', client().addDataview(histogram.addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 }))));
      log(histogram.getEnd());
      await idle(1000);
      log(histogram.getEnd());
    },
  },
  {
    name: 'What getStart and getEnd say of a histogram on no client',
    rows: ['C-219', 'C-220'],
    async page({ carto, attempt }) {
      const source = new carto.source.Dataset('t');
      const { Histogram } = carto.dataview;
      for (const options of [{}, { start: 0, end: 0 }, { start: 3, end: 4 }, { start: null, end: null }]) {
        const histogram = new Histogram(source, 'pop', options);
        attempt(`start of ${JSON.stringify(options)}`, () => histogram.getStart());
        attempt(`end of ${JSON.stringify(options)}`, () => histogram.getEnd());
      }
    },
    differs: {
      quirks: ['Q-33'],
      check({ reference, ours, assert }) {
        const told = ({ log }) => log.map(([, verb, value]) => (verb === 'throws' ? (value.TypeError ? 'TypeError' : value) : value));
        const none = '<undefined>';
        assert.deepEqual(told(reference), ['TypeError', 'TypeError', 'TypeError', 'TypeError', 3, 4, 'TypeError', 'TypeError']);
        assert.deepEqual(told(ours).slice(0, 6), [none, none, 0, 0, 3, 4]);
        for (const value of told(ours).slice(6)) assert.ok([none, null].includes(value), `nothing known, but ${value}`);
      },
    },
  },
  {
    name: 'setColumn of a histogram forgets its range and asks for the new column',
    rows: ['C-180', 'C-188', 'C-196', 'C-219…C-221', 'C-229'],
    async page({ carto, client, listen, settle, idle, log }) {
      const histogram = listen(new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop', { bins: 4, start: 10, end: 30 }), 'histogram');
      await settle('add', listen(client(), 'client').addDataview(histogram.addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 }))));
      await idle(1000);
      log(histogram.getStart(), histogram.getEnd());
      histogram.setColumn('area');
      log(histogram.getColumn());
      await idle(1000);
      log(histogram.getStart(), histogram.getEnd(), histogram.getData());
      histogram.setColumn('area');
      await idle(1000);
      histogram.setColumn('pop');
      histogram.setStartEnd(null, null);
      await idle(1000);
      log(histogram.getStart(), histogram.getEnd(), histogram.getData());
    },
  },
  {
    name: 'setColumn of a histogram checks, and is silent before the histogram is attached',
    rows: ['C-221', 'C-353…C-355'],
    async page({ carto, client, listen, settle, idle, attempt, log }) {
      const histogram = listen(new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop', { bins: 4, start: 10, end: 30 }), 'histogram');
      for (const column of [undefined, null, 7, '']) attempt(`column ${String(column)}`, () => void histogram.setColumn(column));
      histogram.setColumn('area');
      log(histogram.getColumn());
      await settle('add', client().addDataview(histogram.addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 }))));
      await idle(1000);
      log(histogram.getStart(), histogram.getEnd());
    },
  },
  {
    name: 'What setColumn of a histogram returns',
    rows: ['C-221'],
    async page({ carto, tag, log }) {
      const histogram = tag(new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop'), 'histogram');
      log(histogram.setColumn('area'));
    },
    differs: {
      quirks: ['Q-34'],
      check({ reference, ours, assert }) {
        assert.deepEqual([reference.log, ours.log], [[['<undefined>']], [['<histogram>']]]);
      },
    },
  },
  {
    name: 'The range of a histogram stays when the query changes',
    rows: ['C-229', 'C-192', 'C-228'],
    async page({ carto, client, listen, settle, idle, log }) {
      const source = new carto.source.SQL('SELECT 0');
      const histogram = listen(new carto.dataview.Histogram(source, 'pop', { bins: 4 }), 'histogram');
      await settle('add', client().addDataview(histogram.addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 }))));
      await idle(1000);
      await settle('query', source.setQuery('SELECT 1'));
      await idle(1000);
      log(histogram.getStart(), histogram.getEnd(), histogram.getData());
    },
  },
  {
    name: 'A spatial filter of a histogram is sent with the filtered request only',
    rows: ['C-228'],
    async page({ carto, client, listen, settle, idle, log }) {
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const histogram = listen(new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop', { bins: 4 }), 'histogram').addFilter(circle);
      await settle('add', client({ apiKey: 'key_1' }).addDataview(histogram));
      await idle(1000);
      log(histogram.getData());
    },
  },
  {
    name: 'A new value of a spatial filter asks a histogram for its filtered data only',
    rows: ['C-228'],
    async page({ carto, client, settle, idle, log }) {
      const circle = new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 });
      const histogram = new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop', { bins: 4 }).addFilter(circle);
      await settle('add', client().addDataview(histogram));
      await idle(1000);
      const before = histogram.getData().totalAmount;
      circle.setCircle({ lat: 1, lng: 2, radius: 4 });
      await idle(1000);
      log(before, histogram.getData(), histogram.getStatus());
    },
  },
  {
    name: 'Histograms of another number of bins than asked for: what is shown, and what getBins says',
    rows: ['C-216', 'C-222'],
    answers({ kind }) {
      if (kind !== 'dataview') return undefined;
      return { body: { bin_width: 10, bins_count: 3, bins_start: 0, nulls: 0, avg: 5, bins: [{ bin: 0, min: 0, max: 9, avg: 4, freq: 2 }, { bin: 2, min: 21, max: 29, avg: 25, freq: 4 }] } };
    },
    async page({ carto, client, settle, idle, log }) {
      const histogram = new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop', { bins: 8 });
      await settle('add', client().addDataview(histogram.addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 }))));
      await idle(1000);
      log(histogram.getBins(), histogram.getData(), histogram.getStart(), histogram.getEnd());
    },
    differs: {
      quirks: ['Q-35'],
      check({ reference, ours, assert, equal }) {
        const bins = ({ dataviews }) => dataviews['dataview/histogram-c1'].map((asked) => `${asked.no_filters ? 'all' : 'filtered'} ${asked.bins}`);
        assert.deepEqual([...new Set(bins(reference))], ['all 8', 'all 3', 'filtered 3']);
        assert.deepEqual(bins(ours)[0], 'all 8');
        assert.equal(bins(ours).length, 2);
        assert.deepEqual(ours.log.at(-1), reference.log.at(-1));
        ['maps', 'errors'].forEach(equal);
      },
    },
  },
  {
    name: 'A histogram of no rows has no bins',
    rows: ['C-222', 'C-227'],
    answers: ({ kind }) => (kind === 'dataview' ? { body: { bin_width: 0, bins_count: 0, bins_start: null, nulls: 0, avg: null, bins: [] } } : undefined),
    async page({ carto, client, settle, idle, log }) {
      const histogram = new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop', { bins: 3 });
      await settle('add', client().addDataview(histogram));
      await idle(1000);
      log(histogram.getStatus(), histogram.getData(), histogram.getDistributionType());
    },
    differs: {
      quirks: ['Q-35'],
      check({ reference, ours, assert, equal }) {
        const times = ({ requests }) => requests.filter(({ kind }) => kind === 'dataview').length;
        assert.ok(times(reference) > 2);
        assert.equal(times(ours), 1);
        ['log', 'maps', 'errors'].forEach(equal);
      },
    },
  },
  {
    name: 'A histogram without an area shows the data of its whole range',
    rows: ['C-191', 'C-216', 'C-219', 'C-220', 'C-222', 'C-228'],
    // The same data for both requests, as servers give them whose range is that of the data.
    answers({ kind }) {
      if (kind !== 'dataview') return undefined;
      return { body: { bin_width: 10, bins_count: 2, bins_start: 5, nulls: 1, avg: 9, bins: [{ bin: 0, min: 5, max: 9, avg: 6, freq: 2 }, { bin: 1, min: 16, max: 25, avg: 20, freq: 4 }] } };
    },
    async page({ carto, client, listen, settle, idle, log }) {
      const histogram = listen(new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop', { bins: 2 }), 'histogram');
      await settle('add', listen(client(), 'client').addDataview(histogram));
      await idle(1000);
      log(histogram.getData(), histogram.getStart(), histogram.getEnd());
      histogram.setStartEnd(5, 30);
      await idle(1000);
      log(histogram.getData(), histogram.getStart(), histogram.getEnd());
    },
  },
  {
    name: 'What getStart and getEnd say after the range was taken back',
    rows: ['C-218…C-220'],
    async page({ carto, client, settle, idle, log }) {
      const histogram = new carto.dataview.Histogram(new carto.source.Dataset('t'), 'pop', { bins: 4, start: 10, end: 40 });
      await settle('add', client().addDataview(histogram.addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 }))));
      await idle(1000);
      histogram.setStartEnd(null, null);
      log(histogram.getStart(), histogram.getEnd());
      await idle(1000);
      log(histogram.getStart(), histogram.getEnd());
    },
    differs: {
      quirks: ['Q-33'],
      check({ reference, ours, assert, equal }) {
        assert.deepEqual(reference.log.slice(1), [[null, null], [null, null]]);
        assert.deepEqual(ours.log.slice(1), [[10, 40], [10, 40]]);
        ['maps', 'dataviews', 'errors'].forEach(equal);
      },
    },
  },
  {
    name: 'A range that was taken back is still asked for when the query changes',
    rows: ['C-218', 'C-229'],
    async page({ carto, client, settle, idle, wait }) {
      const source = new carto.source.SQL('SELECT 0');
      const histogram = new carto.dataview.Histogram(source, 'pop', { bins: 4, start: 10, end: 40 });
      await settle('add', client().addDataview(histogram.addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 }))));
      await idle(1000);
      histogram.setStartEnd(null, null);
      await wait(600);
      await settle('query', source.setQuery('SELECT 1'));
      await idle(1000);
    },
  },
  {
    name: 'A histogram that is told the same data again',
    rows: ['C-185', 'C-222'],
    answers({ kind }) {
      if (kind !== 'dataview') return undefined;
      return { body: { bin_width: 10, bins_count: 2, bins_start: 0, nulls: 0, avg: 5, bins: [{ bin: 0, min: 0, max: 9, avg: 4, freq: 2 }, { bin: 1, min: 11, max: 19, avg: 15, freq: 4 }] } };
    },
    async page({ carto, client, listen, settle, idle, log }) {
      const source = new carto.source.SQL('SELECT 0');
      const histogram = listen(new carto.dataview.Histogram(source, 'pop', { bins: 2 }), 'histogram');
      await settle('add', client().addDataview(histogram.addFilter(new carto.filter.Circle().setCircle({ lat: 1, lng: 2, radius: 3 }))));
      await idle(1000);
      log(histogram.getData());
      await settle('query', source.setQuery('SELECT 1'));
      await idle(1000);
      log(histogram.getData());
    },
  },
];
