// Numbers of several runs as lines of a table.

/** The one in the middle; of two in the middle the mean. */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length >> 1;
  return sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
}

const digits = (value) => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2));

/** Thousands apart, as `12,345`. */
export const whole = (value) => Math.round(value).toLocaleString('en');

/** A line: medians of both sides, their ratio, how far runs lay apart, and the aim. */
export function line({ name, unit, aim }, { reference, ours }) {
  const [before, now] = [median(reference), median(ours)];
  const shown = unit === 'bytes' ? whole : digits;
  const spread = (values) => (values.length > 1 ? ` (${shown(Math.min(...values))}–${shown(Math.max(...values))})` : '');
  const ratio = now / before;
  const reached = aim === undefined ? '' : `${aim}${ratio <= aim ? '' : ': missed'}`;
  return `| ${name} | ${unit} | ${shown(before)}${spread(reference)} | ${shown(now)}${spread(ours)} | ${ratio.toFixed(2)} | ${reached} |`;
}

/** Text between two marks of a file is replaced; a file without them is refused. */
export function between(text, name, content) {
  const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(begin), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`there is no place for ${name}`);
  return `${text.slice(0, from + begin.length)}\n${content}\n${text.slice(to)}`;
}
