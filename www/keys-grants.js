// Which datasets a new key may use: those that the server lists, and those that were typed.
import { byId, fieldError, make } from './keys-dom.js';

const PERMISSIONS = ['select', 'insert', 'update', 'delete'];
const PER_PAGE = 100;
// An account with more is searched by typing the name.
const PAGES = 10;
const MANY = 8;

const [box, state, typed] = [byId('grants'), byId('datasets-state'), byId('typed')];
const [filterField, filter] = [byId('dataset-filter-field'), byId('dataset-filter')];

/** The picker of a dialog; `changed()` hears of every tick. */
export function grantPicker(changed) {
  let asking = null;

  const names = () => [...box.children].map((row) => row.dataset.name);
  const add = (name, ...ticked) => {
    const boxes = PERMISSIONS.map((permission) => make('label', { className: 'tick' },
      make('input', { type: 'checkbox', value: permission, checked: ticked.includes(permission), testid: `grant-${permission}`, 'aria-label': `${permission} on ${name}` }), ` ${permission}`));
    const row = make('div', { className: 'grant-row', role: 'group', testid: 'grant', 'aria-label': name },
      make('span', { className: 'grant-name', textContent: name }), make('div', { className: 'grant-boxes' }, ...boxes));
    row.dataset.name = name;
    return row;
  };

  async function load(keys) {
    asking?.abort();
    const mine = asking = new AbortController();
    box.replaceChildren();
    filterField.hidden = true;
    filter.value = typed.value = '';
    fieldError('typed');
    state.textContent = 'Asking the server for its datasets…';
    try {
      const { found, total } = await listed(keys, mine.signal);
      if (mine !== asking) return;
      // Typed in the meantime, and listed too.
      const here = new Set(names());
      box.append(...found.filter((name) => !here.has(name)).map((name) => add(name)));
      filterField.hidden = box.children.length <= MANY;
      state.textContent = found.length < total ? `These are ${found.length} of ${total} datasets; type the name of another one.`
        : found.length ? '' : 'The server lists no datasets: type the name of one.';
    } catch {
      if (mine === asking) state.textContent = 'The server does not list its datasets: type their names.';
    }
  }

  function addTyped() {
    const name = typed.value.trim();
    if (!fieldError('typed', wrongName(name))) {
      typed.focus();
      return;
    }
    let row = [...box.children].find((other) => other.dataset.name === name);
    if (row) row.querySelector('input').checked = true;
    else box.prepend(row = add(name, 'select'));
    typed.value = '';
    filter.value = '';
    applyFilter();
    row.scrollIntoView({ block: 'nearest' });
    // Said in the dialog: what is outside of it is silent while it is open.
    state.textContent = `${name} can be read with this key.`;
    changed();
    typed.focus();
  }

  function applyFilter() {
    const wanted = filter.value.trim().toLowerCase();
    let seen = 0;
    for (const row of box.children) {
      // What is granted stays in sight.
      row.hidden = !row.dataset.name.toLowerCase().includes(wanted) && !row.querySelector(':checked');
      if (!row.hidden) seen++;
    }
    if (wanted) state.textContent = seen ? `${seen} of ${box.children.length} datasets` : 'No dataset has this in its name.';
    else if (box.children.length) state.textContent = '';
  }

  filter.addEventListener('input', applyFilter);
  box.addEventListener('change', changed);
  byId('add-typed').addEventListener('click', addTyped);
  for (const field of [typed, filter]) {
    field.addEventListener('keydown', (event) => {
      // Enter would create the key.
      if (event.key !== 'Enter') return;
      event.preventDefault();
      if (field === typed) addTyped();
    });
  }
  typed.addEventListener('input', () => fieldError('typed'));

  return {
    load,
    end() {
      asking?.abort();
      asking = null;
      box.replaceChildren();
    },
    /** Tells whether nothing is left in the field for names that would get lost. */
    isDone() {
      const name = typed.value.trim();
      return fieldError('typed', name ? `Add “${name}”, or empty this field.` : '');
    },
    /** What was ticked, as `create` wants it. */
    get datasets() {
      const ticked = [...box.children].map((row) => [row.dataset.name, [...row.querySelectorAll(':checked')].map(({ value }) => value)]);
      // Not by assignment: a dataset may be called __proto__.
      return Object.fromEntries(ticked.filter(([, permissions]) => permissions.length));
    },
  };
}

function wrongName(name) {
  if (!name) return 'Type the name of a dataset.';
  return /^[^.\s]+(\.[^.\s]+)?$/.test(name) ? '' : 'A dataset is named name or schema.name, without spaces.';
}

async function listed(keys, signal) {
  const found = new Set();
  for (let page = 1; page <= PAGES; page++) {
    const { total, datasets } = await keys.datasets({ page, perPage: PER_PAGE, order: 'name', signal });
    for (const { name } of datasets) found.add(name);
    if (!datasets.length || page * PER_PAGE >= total) return { found: [...found], total: found.size };
    if (page === PAGES) return { found: [...found], total };
  }
}
