// A list of the account, page by page: loading, what went wrong, and the buttons that turn pages.
import { byId, make, say, tell } from './keys-dom.js';

const PER_PAGE = 20;

/**
 * `ids` are those of the elements; `word` is what the list has. `ask(options)` gives `items` and `total`; `draw` fills the rows
 * and the part for an empty list, and says whether that shows beside rows too. `cleared` hears that all rows go.
 */
export function accountList({ ids, word, ask, draw, cleared = () => {} }) {
  const [section, rows, problem, title, range] = [ids.section, ids.rows, ids.problem, ids.title, ids.range].map(byId);
  const parts = { loading: byId(ids.loading), table: byId(ids.table), empty: byId(ids.empty), pager: byId(ids.pager) };
  let page = 1;
  let asking = null;

  const show = (...names) => Object.entries(parts).forEach(([name, element]) => { element.hidden = !names.includes(name); });

  function clear() {
    cleared();
    rows.replaceChildren();
    show();
  }

  async function load() {
    asking?.abort();
    const mine = asking = new AbortController();
    tell(problem, null);
    section.dataset.state = 'loading';
    section.setAttribute('aria-busy', 'true');
    if (parts.table.hidden) show('loading');
    try {
      const answer = await ask({ page, perPage: PER_PAGE, signal: mine.signal });
      if (mine !== asking) return;
      // The last one of the last page may be gone.
      if (!answer.items.length && answer.total && page > 1) {
        page = Math.ceil(answer.total / PER_PAGE);
        await load();
        return;
      }
      display(answer);
    } catch (error) {
      if (mine !== asking) return;
      clear();
      section.dataset.state = 'error';
      tell(problem, error, make('button', { type: 'button', className: 'quiet', testid: ids.retry, textContent: 'Try again', on: { click: retry } }));
    } finally {
      if (mine === asking) section.removeAttribute('aria-busy');
    }
  }

  // The button goes away with the error, so the focus needs another place.
  function retry() {
    title.focus();
    load();
  }

  function display({ items, total }) {
    section.dataset.state = items.length ? 'good' : 'empty';
    const showsEmpty = draw({ items, total }) || !items.length;
    const first = (page - 1) * PER_PAGE + 1;
    range.textContent = `${first}–${first + items.length - 1} of ${total}`;
    setDisabled(ids.previous, page === 1);
    setDisabled(ids.next, first + items.length - 1 >= total);
    show(...[items.length && 'table', total > PER_PAGE && 'pager', showsEmpty && 'empty'].filter(Boolean));
  }

  async function turn(by) {
    page += by;
    await load();
    say(`${word} ${range.textContent}`);
  }

  // Not disabled by attribute: the button that led to the last page keeps the focus.
  const isOff = (id) => byId(id).getAttribute('aria-disabled') === 'true';
  const setDisabled = (id, is) => byId(id).setAttribute('aria-disabled', String(is));
  byId(ids.previous).addEventListener('click', () => isOff(ids.previous) || turn(-1));
  byId(ids.next).addEventListener('click', () => isOff(ids.next) || turn(1));

  return {
    load,
    display,
    /** Loads the first page, as after another choice. Gives whether that went well. */
    async restart() {
      page = 1;
      await load();
      return section.dataset.state !== 'error';
    },
    end() {
      asking?.abort();
      asking = null;
      page = 1;
      clear();
      parts.empty.replaceChildren();
      tell(problem, null);
    },
    /** Gives the focus back to a row that was drawn anew; to the heading when it is gone. */
    focus(name, button) {
      const row = [...rows.children].find((other) => other.dataset.name === name);
      (row?.querySelector(`[data-testid="${button}"]`) ?? title).focus();
    },
  };
}
