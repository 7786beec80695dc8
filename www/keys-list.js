// The list of keys: its filter, and what stands in its place while there is none.
import { accountList } from './account-list.js';
import { byId, keepSecret, make, say } from './keys-dom.js';
import { rowOf } from './keys-rows.js';

const [rows, filter, empty] = [byId('rows'), byId('filter'), byId('list-empty')];
const IDS = {
  section: 'list', rows: 'rows', problem: 'list-problem', title: 'list-title', range: 'range', previous: 'previous', next: 'next',
  retry: 'retry', loading: 'list-loading', table: 'table', empty: 'list-empty', pager: 'pager',
};

/** Shows the keys that `ask(options)` gives; `actions` are what a row offers, `invite` makes the first regular key. */
export function keyList(actions, invite) {
  let ask = null;
  let chosen = null;
  let mayManage = false;
  let known = { total: 0, keys: [] };
  const list = accountList({ ids: IDS, word: 'Keys', ask: (options) => answered(options), draw });

  async function answered(options) {
    const types = filter.value ? { type: filter.value.split(',') } : {};
    const { keys, total } = await ask({ ...options, ...types, order: 'name' });
    return { items: keys, total };
  }

  function draw({ items, total }) {
    known = { total, keys: items };
    for (const { token } of items) keepSecret(token);
    const { use, regenerate, remove } = actions;
    rows.replaceChildren(...items.map((key) => rowOf(key, mayManage ? { use, regenerate, remove } : { use })));
    mark();
    const lacksRegular = mayManage && total === items.length && !items.some(({ type }) => type === 'regular');
    empty.replaceChildren(...emptyWords(lacksRegular && filter.value !== 'master,default'));
    return lacksRegular && !filter.value;
  }

  function emptyWords(invites) {
    if (invites) {
      return [
        make('p', {}, make('strong', { textContent: 'No regular keys yet' }), 'A regular key grants a page just what it shows, and nothing else.'),
        make('button', { type: 'button', className: 'primary', testid: 'invite', textContent: 'Create the first one', on: { click: invite } }),
      ];
    }
    return [
      make('p', {}, make('strong', { textContent: 'No keys of this type' }), 'The account has other ones.'),
      make('button', { type: 'button', className: 'quiet', testid: 'show-all', textContent: 'Show all keys', on: { click: showAll } }),
    ];
  }

  function showAll() {
    filter.value = '';
    filter.focus();
    list.restart();
  }

  function mark() {
    for (const row of rows.children) {
      const is = row.dataset.name === chosen;
      row.classList.toggle('chosen', is);
      row.querySelector('[data-testid="choose"]').setAttribute('aria-pressed', String(is));
    }
  }

  filter.addEventListener('change', async () => {
    if (await list.restart()) say(known.total === 1 ? '1 key' : `${known.total} keys`);
  });

  return {
    load: list.load,
    focus: list.focus,
    /** Begins with an account whose first page is known already. */
    begin(source, { keys, total }, manages) {
      ask = source;
      mayManage = manages;
      byId('filter-field').hidden = byId('new-key').hidden = !manages;
      list.display({ items: keys, total });
    },
    end() {
      list.end();
      ask = chosen = null;
      filter.value = '';
      known = { total: 0, keys: [] };
    },
    choose(name) {
      chosen = name;
      mark();
    },
    get keys() { return known.keys; },
  };
}
