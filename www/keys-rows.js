// How a key looks in the list: one row, which a narrow screen lays out as a card.
import { copy, make } from './keys-dom.js';

const MASK = '•'.repeat(8);
const SEEN = 3;
const day = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: 'medium' });

export const isFixed = ({ type }) => type !== 'regular';

/** What the list and the details tell about a dataset's permissions. */
const grant = (name, permissions) => make('li', {}, make('span', { className: 'grant-name', textContent: name }), ' ',
  make('span', { className: 'grant-words', textContent: permissions.join(', ') }));

/** A dataset's name as a page may write it: alone in the account's own schema. */
export const nameOf = ({ schema, name }, { user }) => (schema && !['public', user].includes(schema) ? `${schema}.${name}` : name);

function datasetsOf(key) {
  if (key.type === 'master') return [make('span', { className: 'note', textContent: 'All data, all permissions' })];
  const grants = key.datasets.map((dataset) => grant(nameOf(dataset, key), dataset.permissions));
  for (const { name } of key.schemas) grants.push(grant(name, ['create datasets']));
  if (!grants.length) return [make('span', { className: 'note', textContent: 'Public datasets' })];
  const parts = [make('ul', { className: 'grant-list' }, ...grants.slice(0, SEEN))];
  const rest = grants.slice(SEEN);
  if (rest.length) {
    parts.push(make('details', {}, make('summary', { textContent: `${rest.length} more` }), make('ul', { className: 'grant-list' }, ...rest)));
  }
  return parts;
}

/** Servers tell them in any order. */
const apisOf = ({ type, apis, dataservices }) => [...[...apis].sort(), ...(type === 'regular' ? dataservices : [])];

function dateOf({ createdAt }) {
  if (!createdAt || Number.isNaN(createdAt.getTime())) return make('span', { className: 'note', textContent: 'unknown' });
  return make('time', { dateTime: createdAt.toISOString(), textContent: day.format(createdAt) });
}

/** A token behind a mask, with the buttons that show and copy it; `changed(shown)` hears of the first. */
export function tokenOf(key, changed = () => {}) {
  const text = make('code', { className: 'token-text', testid: 'token', textContent: MASK });
  const show = make('button', { type: 'button', className: 'quiet small', testid: 'show', textContent: 'Show', 'aria-pressed': 'false', 'aria-label': `Show the token of ${key.name}` });
  const copier = make('button', { type: 'button', className: 'quiet small', testid: 'copy', textContent: 'Copy', 'aria-label': `Copy the token of ${key.name}` });
  show.addEventListener('click', () => {
    const shown = show.getAttribute('aria-pressed') === 'false';
    show.setAttribute('aria-pressed', String(shown));
    show.textContent = shown ? 'Hide' : 'Show';
    show.setAttribute('aria-label', `${show.textContent} the token of ${key.name}`);
    text.textContent = shown ? key.token : MASK;
    changed(shown);
  });
  copier.addEventListener('click', () => copy(key.token, copier, `the token of ${key.name}`));
  return [text, show, copier];
}

/** A row; `actions` are `use`, and where keys may be managed `regenerate` and `remove`. */
export function rowOf(key, { use, regenerate, remove }) {
  const action = (word, label, run, className = 'quiet small') => make('button', {
    type: 'button', className, testid: word, textContent: label, 'aria-label': `${label} ${key.name}`, on: { click: () => run(key) },
  });
  const buttons = [action('choose', 'Use', use)];
  // The public token is the same for every account; there is nothing to regenerate.
  if (regenerate && key.type !== 'default') buttons.push(action('regenerate', 'Regenerate', regenerate));
  if (remove && !isFixed(key)) buttons.push(action('delete', 'Delete', remove, 'quiet small grave'));
  const cell = (label, ...children) => make('td', { role: 'cell', 'data-label': label }, make('div', { className: 'cell' }, ...children));
  const row = make('tr', { role: 'row', testid: 'row' },
    make('th', { role: 'rowheader', scope: 'row' }, make('span', { className: 'key-name', testid: 'key-name', textContent: key.name }), ' ', badge(key.type)),
    cell('APIs', make('span', { textContent: apisOf(key).join(', ') || 'none' })),
    cell('Datasets', ...datasetsOf(key)),
    cell('Created', dateOf(key)),
    cell('Token', make('div', { className: 'token' }, ...tokenOf(key))),
    cell('Actions', make('div', { className: 'actions' }, ...buttons)));
  row.dataset.name = key.name;
  return row;
}

export function badge(type) {
  return make('span', { className: `badge badge-${type}`, textContent: type });
}
