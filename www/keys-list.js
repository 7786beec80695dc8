// The list of keys: its pages, its filter, and what stands in its place while there is none.
import { byId, keepSecret, make, say, tell } from './keys-dom.js';
import { rowOf } from './keys-rows.js';

const PER_PAGE = 20;
const [section, rows, filter] = [byId('list'), byId('rows'), byId('filter')];
const parts = { loading: byId('list-loading'), table: byId('table'), empty: byId('list-empty'), pager: byId('pager') };

/** Shows the keys that `ask(options)` gives; `actions` are what a row offers, `invite` makes the first regular key. */
export function keyList(actions, invite) {
  let ask = null;
  let page = 1;
  let asking = null;
  let chosen = null;
  let mayManage = false;
  let known = { total: 0, keys: [] };

  const show = (...names) => Object.entries(parts).forEach(([name, element]) => { element.hidden = !names.includes(name); });

  async function load() {
    asking?.abort();
    const mine = asking = new AbortController();
    tell(byId('list-problem'), null);
    section.dataset.state = 'loading';
    section.setAttribute('aria-busy', 'true');
    if (parts.table.hidden) show('loading');
    try {
      const options = { page, perPage: PER_PAGE, order: 'name', signal: mine.signal };
      if (filter.value) options.type = filter.value.split(',');
      const answer = await ask(options);
      if (mine !== asking) return;
      // The last key of the last page may be gone.
      if (!answer.keys.length && answer.total && page > 1) {
        page = Math.ceil(answer.total / PER_PAGE);
        await load();
        return;
      }
      draw(answer);
    } catch (error) {
      if (mine !== asking) return;
      rows.replaceChildren();
      show();
      section.dataset.state = 'error';
      tell(byId('list-problem'), error, make('button', { type: 'button', className: 'quiet', testid: 'retry', textContent: 'Try again', on: { click: retry } }));
    } finally {
      if (mine === asking) section.removeAttribute('aria-busy');
    }
  }

  // The button goes away with the error, so the focus needs another place.
  function retry() {
    byId('list-title').focus();
    load();
  }

  function draw(answer) {
    known = answer;
    const { total, keys } = answer;
    for (const { token } of keys) keepSecret(token);
    section.dataset.state = keys.length ? 'good' : 'empty';
    const { use, regenerate, remove } = actions;
    rows.replaceChildren(...keys.map((key) => rowOf(key, mayManage ? { use, regenerate, remove } : { use })));
    mark();
    const first = (page - 1) * PER_PAGE + 1;
    byId('range').textContent = `${first}–${first + keys.length - 1} of ${total}`;
    setDisabled('previous', page === 1);
    setDisabled('next', first + keys.length - 1 >= total);
    const lacksRegular = mayManage && total === keys.length && !keys.some(({ type }) => type === 'regular');
    parts.empty.replaceChildren(...emptyWords(lacksRegular && filter.value !== 'master,default'));
    const names = [keys.length && 'table', total > PER_PAGE && 'pager', (!keys.length || (lacksRegular && !filter.value)) && 'empty'];
    show(...names.filter(Boolean));
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
    page = 1;
    filter.focus();
    load();
  }

  function mark() {
    for (const row of rows.children) {
      const is = row.dataset.name === chosen;
      row.classList.toggle('chosen', is);
      row.querySelector('[data-testid="choose"]').setAttribute('aria-pressed', String(is));
    }
  }

  async function turn(by) {
    page += by;
    await load();
    say(`Keys ${byId('range').textContent}`);
  }

  // Not disabled by attribute: the button that led to the last page keeps the focus.
  const isOff = (id) => byId(id).getAttribute('aria-disabled') === 'true';
  const setDisabled = (id, is) => byId(id).setAttribute('aria-disabled', String(is));
  byId('previous').addEventListener('click', () => isOff('previous') || turn(-1));
  byId('next').addEventListener('click', () => isOff('next') || turn(1));
  filter.addEventListener('change', async () => {
    page = 1;
    await load();
    if (section.dataset.state !== 'error') say(known.total === 1 ? '1 key' : `${known.total} keys`);
  });

  return {
    load,
    /** Begins with an account whose first page is known already. */
    begin(source, answer, manages) {
      ask = source;
      mayManage = manages;
      byId('filter-field').hidden = byId('new-key').hidden = !manages;
      draw(answer);
    },
    end() {
      asking?.abort();
      asking = ask = chosen = null;
      page = 1;
      filter.value = '';
      known = { total: 0, keys: [] };
      rows.replaceChildren();
      parts.empty.replaceChildren();
      tell(byId('list-problem'), null);
      show();
    },
    choose(name) {
      chosen = name;
      mark();
    },
    /** Gives the focus back to a row that was drawn anew; to the heading when it is gone. */
    focus(name, word) {
      const row = [...rows.children].find((other) => other.dataset.name === name);
      (row?.querySelector(`[data-testid="${word}"]`) ?? byId('list-title')).focus();
    },
    get keys() { return known.keys; },
  };
}
