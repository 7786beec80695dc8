// What can be done with the chosen key: its code and its trial share the dataset.
import { byId, make } from './keys-dom.js';
import { isFixed, nameOf, tokenOf } from './keys-rows.js';
import { snippetPanel } from './keys-snippet.js';
import { tryPanel } from './keys-try.js';

const [section, dataset, old] = [byId('use'), byId('dataset'), byId('try-old')];
const ANY = 'world_countries';

/** The panel; `session()` gives who is signed in. */
export function usePanel(session) {
  let key = null;

  const named = () => dataset.value.trim();
  const account = () => {
    const { username, serverUrl } = session().settings;
    return { username, serverUrl };
  };
  const snippet = snippetPanel(() => ({ ...account(), token: key.token, dataset: named() || ANY }));
  const trial = tryPanel(() => ({
    ...account(),
    apiKey: old.checked ? session().replaced.get(key.name) : key.token,
    // The manager itself is no page for visitors.
    allowMasterKey: true,
    dataset: named(),
  }));

  dataset.addEventListener('input', () => {
    trial.clear();
    if (key?.type !== 'master') snippet.draw();
  });
  old.addEventListener('change', trial.clear);

  return {
    get name() { return key?.name; },
    begin(chosen, focus = false) {
      const isSame = key?.name === chosen.name;
      key = chosen;
      section.hidden = false;
      byId('use-title').textContent = `Use “${key.name}”`;
      byId('use-type').textContent = key.type;
      byId('use-type').className = `badge badge-${key.type}`;
      byId('use-token').replaceChildren(...tokenOf(key, snippet.reveal));
      const granted = key.datasets.filter(({ permissions }) => permissions.includes('select'))
        .map((other) => nameOf(other, key));
      byId('dataset-names').replaceChildren(...granted.map((value) => make('option', { value })));
      if (!isSame) dataset.value = granted[0] ?? ANY;
      const before = !isFixed(key) || key.type === 'master' ? session().replaced.get(key.name) : undefined;
      byId('try-old-field').hidden = !before;
      old.checked = false;
      trial.clear();
      snippet.begin(key);
      if (focus) {
        byId('use-title').focus({ preventScroll: true });
        section.scrollIntoView({ block: 'start', behavior: matchMedia('(prefers-reduced-motion: reduce)').matches ? 'auto' : 'smooth' });
      }
    },
    end() {
      key = null;
      section.hidden = true;
      dataset.value = '';
      byId('use-token').replaceChildren();
      byId('dataset-names').replaceChildren();
      byId('use-title').textContent = '';
      snippet.end();
      trial.end();
    },
  };
}
