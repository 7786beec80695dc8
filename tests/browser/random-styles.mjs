// Random styles, the same each time: markers, lines and areas in most of what CartoCSS can say of them. Dashes begin
// elsewhere where tiles have cut a shape; the recorded styles test them.

/** Random numbers by mulberry32. */
function generator(seed) {
  let state = seed >>> 0;
  const random = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  const below = (count) => Math.floor(random() * count);
  return { random, below, pick: (list) => list[below(list.length)] };
}

const OPERATIONS = ['src-over', 'multiply', 'screen', 'overlay', 'darken', 'lighten', 'plus', 'xor', 'color-dodge', 'hard-light', 'difference', 'exclusion', 'dst-over', 'hue', 'color'];

/** `count` styles of `[kind, style]`; the kinds are points, which have `pop_max` and `name`, and areas, which have `name` and `iso_a2`. */
export function randomStyles(seed, count) {
  const { random, below, pick } = generator(seed);
  const part = () => (below(19) / 19).toFixed(2);
  const number = (most) => (random() * most).toFixed(pick([0, 1, 2]));
  const colour = () => pick([
    () => `#${[0, 1, 2].map(() => pick('0369cf')).join('')}`,
    () => `rgb(${below(256)}, ${below(256)}, ${below(256)})`,
    () => `rgba(${below(256)}, ${below(256)}, ${below(256)}, ${part()})`,
    () => `hsl(${below(360)}, ${20 + below(80)}%, ${20 + below(60)}%)`,
    () => pick(['tomato', 'steelblue', 'gold', 'seagreen']),
    () => `${pick(['lighten', 'darken', 'saturate', 'spin'])}(${pick(['#ee4d5a', '#1d4f60'])}, ${5 + below(40)}%)`,
  ])();
  /** Some of several declarations, in any order. */
  const some = (declarations) => declarations.filter(() => random() < 0.5).map((make) => make()).sort(() => random() - 0.5);
  const ended = (declarations) => declarations.map((text) => `${text};`).join(' ');
  const operation = (name) => () => `${name}: ${pick(OPERATIONS)}`;
  const marker = () => [
    `marker-width: ${random() < 0.2 ? `[pop_max] / ${100000 + below(400000)}` : 1 + below(22)}`,
    `marker-fill: ${colour()}`,
    ...some([
      () => `marker-height: ${1 + below(20)}`,
      () => `marker-type: ${pick(['ellipse', 'rectangle', 'arrow'])}`,
      () => `marker-fill-opacity: ${part()}`,
      () => `marker-opacity: ${part()}`,
      () => `marker-line-width: ${number(4)}`,
      () => `marker-line-color: ${colour()}`,
      () => `marker-line-opacity: ${part()}`,
      () => `marker-allow-overlap: ${pick(['true', 'true', 'false'])}`,
      operation('marker-comp-op'),
    ]),
  ];
  const line = () => [
    `line-width: ${number(8)}`,
    `line-color: ${colour()}`,
    ...some([
      () => `line-opacity: ${part()}`,
      () => `line-cap: ${pick(['butt', 'round', 'square'])}`,
      () => `line-join: ${pick(['miter', 'round', 'bevel'])}`,
      () => `line-offset: ${pick(['-', ''])}${below(6)}`,
      operation('line-comp-op'),
    ]),
  ];
  const area = () => [
    `polygon-fill: ${colour()}`,
    ...some([() => `polygon-opacity: ${part()}`, () => `polygon-gamma: ${(0.3 + random() * 0.7).toFixed(1)}`, operation('polygon-comp-op')]),
  ];
  const filter = (kind) => pick([
    () => `[name =~ '${pick(['S.*', '.*a', '[A-M].*', '.*n.*'])}']`,
    () => `[zoom ${pick(['>', '>=', '<', '='])} ${1 + below(5)}]`,
    () => (kind === 'points' ? `[pop_max ${pick(['>', '<=', '!='])} ${pick([400000, 1e6, 5e6])}]` : `[iso_a2 ${pick(['=', '!='])} '${pick(['EG', 'ES', 'TR', 'LY'])}']`),
    () => (kind === 'points' ? `[pop_max > ${300000 + below(500000)}][pop_max < 3000000]` : "[name = 'Sudan']"),
  ])();
  const rule = (kind) => {
    const declarations = kind === 'points' ? marker : () => [...(random() < 0.8 ? area() : []), ...(random() < 0.8 ? line() : []), ...(random() < 0.2 ? marker() : [])].filter((text) => !text.includes('pop_max'));
    const nested = Array.from({ length: below(3) }, () => `${filter(kind)} { ${ended(declarations())} }`);
    const attached = random() < 0.2 ? [`::over { ${ended(declarations())} }`] : [];
    const whole = some([operation('comp-op'), () => `opacity: ${part()}`]).filter(() => random() < 0.3);
    return `#layer { ${ended([...declarations(), ...whole])} ${[...nested, ...attached].join(' ')} }`;
  };
  return Array.from({ length: count }, (_, index) => {
    const kind = index % 2 ? 'areas' : 'points';
    return [kind, rule(kind)];
  });
}
