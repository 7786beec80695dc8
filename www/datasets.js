// The datasets of the account: their list, and what can be done with each.
import { accountApi } from './account-api.js';
import { accountList } from './account-list.js';
import { importPanel } from './datasets-import.js';
import { thumbnails } from './datasets-map.js';
import { askName, closeRename } from './datasets-rename.js';
import { rowOf } from './datasets-rows.js';
import { confirm } from './keys-confirm.js';
import { byId, make, say, tell } from './keys-dom.js';

const [rows, filter, empty] = [byId('dataset-rows'), byId('datasets-filter'), byId('datasets-empty')];
const IDS = {
  section: 'datasets', rows: 'dataset-rows', problem: 'datasets-problem', title: 'datasets-title', range: 'datasets-range',
  previous: 'datasets-previous', next: 'datasets-next', retry: 'datasets-retry', loading: 'datasets-loading', table: 'datasets-table',
  empty: 'datasets-empty', pager: 'datasets-pager',
};

/** The tab; `session()` gives who is signed in. */
export function datasetsPanel(session) {
  const api = accountApi(() => session().settings);
  const maps = thumbnails(api);
  const list = accountList({ ids: IDS, word: 'Datasets', ask, draw, cleared: () => maps.clear() });
  const imports = importPanel(api, list.load);

  async function ask(options) {
    const { datasets, total } = await api.datasets({ ...options, like: filter.value.trim() });
    return { items: datasets, total };
  }

  function draw({ items }) {
    maps.clear();
    const drawn = items.map((dataset) => [dataset, rowOf(dataset, { download, rename, publish, remove })]);
    rows.replaceChildren(...drawn.map(([, { row }]) => row));
    for (const [dataset, { picture }] of drawn) maps.show(picture, dataset);
    const [title, what] = filter.value.trim() ? ['No dataset has this in its name', 'Other names may.'] : ['No datasets yet', 'A file that is imported above becomes the first one.'];
    empty.replaceChildren(make('p', {}, make('strong', { textContent: title }), what));
  }

  async function download(dataset, format, button) {
    if (button.getAttribute('aria-disabled') === 'true') return;
    const mine = session();
    button.setAttribute('aria-disabled', 'true');
    button.textContent = 'One moment…';
    tell(byId('datasets-problem'), null);
    try {
      const { blob, file } = await api.download(dataset.name, format);
      if (mine !== session()) return;
      const href = URL.createObjectURL(blob);
      make('a', { href, download: file }).click();
      setTimeout(() => URL.revokeObjectURL(href), 60_000);
      say(`Downloaded ${file}.`);
    } catch (error) {
      if (mine === session()) tell(byId('datasets-problem'), error);
    } finally {
      button.removeAttribute('aria-disabled');
      button.textContent = 'Download';
    }
  }

  async function rename({ name }) {
    const mine = session();
    const done = await askName(name, (wanted) => api.rename(name, wanted));
    if (!done || mine !== session()) return;
    say(`${name} is called ${done.value.name} now.`);
    await list.load();
    if (mine === session()) list.focus(done.value.name, 'rename');
  }

  async function publish(dataset) {
    const mine = session();
    const done = await confirm({ ...publishQuestion(dataset), run: () => api.publish(dataset.name, !dataset.isPublic) });
    if (!done || mine !== session()) return;
    say(`${dataset.name} is ${done.value.isPublic ? 'public' : 'private'} now.`);
    await list.load();
    if (mine === session()) list.focus(dataset.name, 'publish');
  }

  async function remove({ name }) {
    const mine = session();
    const done = await confirm({ ...deleteQuestion(name), run: () => api.delete(name) });
    if (!done || mine !== session()) return;
    say(`Deleted ${name}.`);
    await list.load();
    if (mine === session()) list.focus(name, 'remove');
  }

  let typing;
  filter.addEventListener('input', () => {
    clearTimeout(typing);
    typing = setTimeout(async () => {
      if (await list.restart()) say(rows.children.length ? `${rows.children.length} datasets on this page` : 'No dataset has this in its name');
    }, 250);
  });

  return {
    load: list.load,
    end() {
      clearTimeout(typing);
      filter.value = '';
      closeRename();
      imports.end();
      list.end();
    },
  };
}

function publishQuestion({ name, isPublic }) {
  return isPublic ? {
    title: `Make “${name}” private?`,
    lines: ['Pages that show it with the key default_public are refused at once. Keys that were granted it read it as before.'],
    action: 'Make it private',
  } : {
    title: `Make “${name}” public?`,
    lines: ['Everybody who knows the address of the server can read all of its rows and columns then, without a secret.'],
    action: 'Make it public',
  };
}

function deleteQuestion(name) {
  return {
    title: `Delete “${name}”?`,
    lines: ['All of its rows go, and every page that shows it is refused at once. A deleted dataset cannot be brought back; download it first if you may need it.'],
    action: 'Delete it',
  };
}
