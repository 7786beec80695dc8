// carto.layer.Aggregation (spec 2.8).
export default [
  {
    name: 'good options become a plain object that is sent with the layer',
    rows: ['C-154…C-158', 'C-124', 'C-444'],
    async page({ carto, client, layer, log, idle }) {
      const { Aggregation } = carto.layer;
      const { operation, placement } = Aggregation;
      const all = [
        new Aggregation({ threshold: 1, resolution: 4 }),
        new Aggregation({ threshold: 10000, resolution: 0.5, placement: placement.SAMPLE }),
        new Aggregation({ threshold: 2, resolution: 256, placement: placement.CENTROID, columns: {} }),
        new Aggregation({ threshold: 2, resolution: 16, placement: placement.GRID, columns: { people: { aggregateFunction: operation.SUM, aggregatedColumn: 'pop' }, kind: { aggregateFunction: operation.MODE, aggregatedColumn: 'k', more: 1 } } }),
        new Aggregation({ threshold: 2, resolution: 1, placement: '', columns: undefined, other: 5 }),
      ];
      for (const one of all) log(one, one instanceof Aggregation, Object.getPrototypeOf(one) === Object.prototype);
      await client().addLayers(all.map((aggregation, index) => layer(`l${index}`, { aggregation })));
      await idle();
    },
  },
  {
    name: 'the first check that fails counts',
    rows: ['C-159', 'C-384…C-392', 'C-155…C-158'],
    async page({ carto, attempt }) {
      const good = { threshold: 1, resolution: 4 };
      const column = (value) => ({ ...good, columns: { fine: { aggregateFunction: 'avg', aggregatedColumn: 'a' }, odd: value } });
      const cases = [
        {}, { threshold: null }, { threshold: NaN }, { threshold: Infinity }, { threshold: 'x' }, { threshold: '' }, { threshold: '5' }, { threshold: 0 }, { threshold: -1 }, { threshold: 1.5 }, { threshold: true },
        { threshold: 1 }, { threshold: 1, resolution: null }, { threshold: 1, resolution: 'x' }, { threshold: 1, resolution: '4' }, { threshold: 1, resolution: 3 }, { threshold: 1, resolution: 512 },
        { ...good, placement: 'here' }, { ...good, placement: 7 }, { ...good, placement: 'sample' },
        column({}), column({ aggregatedColumn: '' }), column({ aggregatedColumn: 5 }), column({ aggregatedColumn: 'a' }), column({ aggregatedColumn: 'a', aggregateFunction: '' }),
        column({ aggregatedColumn: 'a', aggregateFunction: 'count' }), column({ aggregatedColumn: 'a', aggregateFunction: 'AVG' }), column({ aggregateFunction: 'avg' }),
      ];
      for (const options of cases) attempt(JSON.stringify(options), () => new carto.layer.Aggregation(options));
    },
  },
];
