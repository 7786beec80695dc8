// Files that become datasets: chosen or dropped, sent one after the other, and followed until they are imported.
import { byId, make, say, tell } from './keys-dom.js';
import { rowsOf, sizeOf } from './datasets-rows.js';

const [zone, input, items] = [byId('drop'), byId('files'), byId('imports')];
const fields = { table_name: byId('import-name'), srid: byId('import-srid'), layer: byId('import-layer') };
const [isPublic, isReplaced] = [byId('import-public'), byId('import-replace')];
/** How long it is waited between two looks: a little longer each time. */
const [FIRST, LONGEST] = [300, 3000];
const SEEN = 5;

/** The drop zone; `imported()` hears whenever something became a dataset. */
export function importPanel(api, imported) {
  let stop = new AbortController();
  let queue = Promise.resolve();

  function take(files) {
    const wanted = { privacy: isPublic.checked ? 'public' : 'private', collision_strategy: isReplaced.checked ? 'overwrite' : '' };
    // A dataset that takes the place of another one is as public as that one.
    if (isReplaced.checked && !isPublic.checked) delete wanted.privacy;
    for (const [name, field] of Object.entries(fields)) wanted[name] = field.value.trim();
    if (files.length > 1) delete wanted.table_name;
    for (const file of files) {
      const item = itemOf(file);
      items.prepend(item.element);
      const mine = stop;
      queue = queue.then(() => run(item, file, wanted, mine));
    }
    fields.table_name.value = '';
    if (files.length) say(files.length === 1 ? `Sending ${files[0].name}.` : `Sending ${files.length} files.`);
  }

  async function run(item, file, wanted, { signal }) {
    const ended = AbortSignal.any([signal, item.cancel.signal]);
    if (ended.aborted) return;
    try {
      const largest = await api.largestFile(ended);
      if (file.size > largest) throw new Error(`The file has ${sizeOf(file.size)}; this server takes ${sizeOf(largest)} at most.`);
      item.show('Sending…', 0);
      const id = await api.upload(file, wanted, (part) => item.show(part < 1 ? `Sending: ${Math.floor(part * 100)} %` : 'Sent, the server has it…', part), ended);
      item.sent();
      const done = await follow(id, item, signal);
      if (signal.aborted) return;
      if (done.state === 'failure') {
        const { title, what_about: what } = done.get_error_text ?? {};
        throw Object.assign(new Error(what ?? 'The server does not say why.'), { errorCode: [done.error_code, title].filter(Boolean).join(' ') });
      }
      item.done(done);
      say(`${file.name} is imported.`);
      imported();
    } catch (error) {
      if (signal.aborted) return;
      if (error.name === 'AbortError') item.cancelled();
      else item.failed(error);
      say(`${file.name} is not imported.`);
    }
  }

  async function follow(id, item, signal) {
    for (let pause = FIRST; ; pause = Math.min(pause * 1.5, LONGEST)) {
      const told = await api.importState(id, signal);
      if (['complete', 'failure'].includes(told.state)) return told;
      const rows = told.rows_total ? `Importing: ${rowsOf(told.rows)} of ${rowsOf(told.rows_total)} rows` : 'Reading the file…';
      item.show(told.state === 'importing' ? rows : 'Waiting for its turn…', told.rows_total ? told.rows / told.rows_total : undefined);
      await new Promise((resolve) => {
        setTimeout(resolve, pause);
        signal.addEventListener('abort', resolve, { once: true });
      });
      if (signal.aborted) throw new DOMException('Nobody waits for it.', 'AbortError');
    }
  }

  input.addEventListener('change', () => {
    take([...input.files]);
    // The same file may be chosen again.
    input.value = '';
  });
  const over = (is) => zone.classList.toggle('over', is);
  // A file that misses the zone must not take the place of this page.
  for (const name of ['dragover', 'drop']) addEventListener(name, (event) => event.preventDefault());
  zone.addEventListener('dragover', () => over(true));
  zone.addEventListener('dragleave', () => over(false));
  zone.addEventListener('drop', (event) => {
    over(false);
    take([...event.dataTransfer.files]);
  });

  return {
    end() {
      stop.abort();
      stop = new AbortController();
      queue = Promise.resolve();
      items.replaceChildren();
      for (const field of Object.values(fields)) field.value = '';
      isPublic.checked = isReplaced.checked = false;
    },
  };
}

/** A file in the list of imports. */
function itemOf({ name, size }) {
  const cancel = new AbortController();
  const state = make('p', { className: 'import-state', testid: 'import-state', textContent: 'Waits until the one before is done.' });
  const bar = make('progress', { max: 1, value: 0, 'aria-label': `Progress of ${name}` });
  const problem = make('div', { testid: 'import-problem' });
  const button = make('button', { type: 'button', className: 'quiet small', testid: 'import-cancel', textContent: 'Cancel', 'aria-label': `Cancel ${name}` });
  const element = make('li', { className: 'import', testid: 'import' },
    make('div', { className: 'import-head' },
      make('p', {}, make('strong', { textContent: name }), ' ', make('span', { className: 'note', textContent: sizeOf(size) })), button),
    state, bar, problem);
  const remove = () => {
    const next = element.nextElementSibling ?? element.previousElementSibling;
    element.remove();
    (next?.querySelector('button') ?? input).focus();
  };
  button.addEventListener('click', () => {
    if (button.dataset.ended) return remove();
    cancel.abort();
    end('Cancelled; nothing is imported.');
  });

  function end(text) {
    state.textContent = text;
    bar.remove();
    button.hidden = false;
    button.dataset.ended = 'yes';
    button.textContent = 'Clear';
    button.setAttribute('aria-label', `Clear ${name} from this list`);
  }

  return {
    element,
    cancel,
    show(text, part) {
      state.textContent = text;
      if (part === undefined) bar.removeAttribute('value');
      else bar.value = part;
    },
    // What a server has it imports.
    sent() { button.hidden = true; },
    cancelled() { if (bar.isConnected) end('Cancelled; nothing is imported.'); },
    failed(error) {
      element.dataset.state = 'failure';
      end('Not imported.');
      tell(problem, error);
    },
    done({ tables = [], table_name: first, warnings }) {
      element.dataset.state = 'complete';
      end(tables.length ? `Imported: ${tables.map((table) => `${table.name} (${rowsOf(table.rows)} rows)`).join(', ')}.` : `Nothing new: there is a dataset ${first}.`);
      const said = [warnings ?? []].flat();
      if (!said.length) return;
      const list = (sentences) => make('ul', {}, ...sentences.map((textContent) => make('li', { testid: 'import-warning', textContent })));
      problem.replaceChildren(make('div', { className: 'banner warnings', testid: 'import-warnings' },
        make('strong', { textContent: said.length === 1 ? 'One thing is odd about the file' : `${said.length} things are odd about the file` }),
        list(said.slice(0, SEEN)),
        said.length > SEEN ? make('details', {}, make('summary', { textContent: `${said.length - SEEN} more` }), list(said.slice(SEEN))) : undefined));
    },
  };
}
