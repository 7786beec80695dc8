// metadataChanged and the objects in it (spec 2.9).
const range = (start, end, value) => ({ filter: { type: 'range', start, end }, value });
const category = (name, value) => ({ filter: { type: 'category', name }, value });
const RULES = [
  { prop: 'marker-width', column: 'pop', mapping: '>', buckets: [range(0, 10, 4), category('x', 9), range(10, 25.5, 8)], stats: { filter_avg: 7.25 } },
  { prop: 'marker-fill', column: 'kind', mapping: '=', buckets: [category('a', '#f00'), category(1, '#0f0'), category(0, '#0ff'), category(null, '#00f'), category(true, '#fff'), { filter: { type: 'default' }, value: '#ccc' }, { filter: { type: 'default' }, value: '#ddd' }], stats: {} },
  { prop: 'line-width', column: 'a', mapping: '==', buckets: [{ filter: { type: 'default' }, value: 1 }], stats: {} },
  { prop: 'line-color', column: 'b', mapping: '<=', buckets: [category('only', 'red')], stats: { filter_avg: 1 } },
  { prop: 'polygon-fill', column: 'c', mapping: '>', buckets: [range(-1, 0, 'blue'), range(0, 1, 'red')], stats: {} },
];

/** Answers with rules of the test's own. */
const answering = (rules) => (request, usual) => {
  if (request.kind !== 'map') return undefined;
  const answer = usual();
  for (const layer of answer.body.metadata?.layers ?? []) layer.meta.cartocss_meta.rules = rules;
  return answer;
};

export default [
  {
    name: 'rules become classes or categories with their getters, and others are left out',
    rows: ['C-160…C-170', 'C-145'],
    answers: answering(RULES),
    async page({ client, layer, listen, log, idle }) {
      const shown = listen(layer('one'), 'layer');
      shown.on('metadataChanged', ({ styles }) => {
        for (const style of styles) {
          const members = ['getBuckets', 'getAverage', 'getMin', 'getMax', 'getCategories', 'getDefaultValue'];
          log(style.getType(), style.getColumn(), style.getMapping(), style.getProperty(), members.filter((name) => typeof style[name] === 'function'));
          if (style.getType() === 'buckets') log(style.getBuckets(), style.getAverage(), style.getMin(), style.getMax());
          else log(style.getCategories(), style.getDefaultValue());
        }
      });
      await client().addLayer(shown);
      await idle();
    },
  },
  {
    name: 'metadataChanged comes with the first map, also without rules, and then only when something changed',
    rows: ['C-145', 'C-170'],
    async page({ client, layer, listen, log, idle }) {
      const map = client();
      const [one, two] = [listen(layer('one'), 'one'), listen(layer('two', { css: '#layer { marker-fill: ramp([kind], (red)); }' }), 'two')];
      await map.addLayers([one, two]);
      await idle();
      log('another style of one');
      await one.getStyle().setContent('#layer { marker-width: ramp([pop], 1, 9); }');
      await idle();
      log('a new layer');
      await map.addLayer(listen(layer('three'), 'three'));
      await idle();
      log('the same style again');
      await one.getStyle().setContent('#layer { marker-width: ramp([pop], 1, 9); }');
      await idle();
      log('hidden');
      two.hide();
      await idle();
    },
  },
];
