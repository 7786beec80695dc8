// The dialog that makes a key: what is checked before the server is asked, and what the server says.
import { byId, fieldError, tell } from './keys-dom.js';
import { grantPicker } from './keys-grants.js';

const [dialog, form, submit] = [byId('create'), byId('create-form'), byId('create-submit')];
const [name, maps, sql, mayCreate, schema] = ['name', 'api-maps', 'api-sql', 'may-create', 'schema'].map(byId);

/** The dialog; `created(key)` hears of every key that was made. */
export function createDialog(created) {
  let keys = null;
  let busy = false;
  const grants = grantPicker(showWriting);

  function open(source) {
    keys = source;
    form.reset();
    maps.checked = true;
    schema.value = 'public';
    for (const id of ['name', 'apis', 'schema']) fieldError(id);
    tell(byId('create-problem'), null);
    showSchema();
    showWriting();
    waiting(false);
    dialog.showModal();
    dialog.scrollTop = 0;
    name.focus();
    grants.load(keys);
  }

  function showSchema() {
    byId('schema-field').hidden = !mayCreate.checked;
    showWriting();
  }

  function showWriting() {
    const words = Object.values(grants?.datasets ?? {}).flat();
    byId('write-note').hidden = !mayCreate.checked && !words.some((word) => word !== 'select');
  }

  /** Whether all is well; the first field that is not gets the focus. */
  function isValid() {
    const checks = [
      [name, fieldError('name', wrongName(name.value.trim()))],
      [maps, fieldError('apis', maps.checked || sql.checked ? '' : 'Choose at least one API: without any, every request of the key is refused.')],
      [byId('typed'), grants.isDone()],
      [schema, fieldError('schema', mayCreate.checked && !schema.value.trim() ? 'The name of the schema is missing.' : '')],
    ];
    const wrong = checks.find(([, isRight]) => !isRight);
    wrong?.[0].focus();
    return !wrong;
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault();
    if (busy || !isValid()) return;
    waiting(true);
    tell(byId('create-problem'), null);
    const wanted = {
      name: name.value.trim(),
      apis: [maps, sql].filter(({ checked }) => checked).map(({ value }) => value),
      datasets: grants.datasets,
    };
    if (mayCreate.checked) wanted.schemas = Object.fromEntries([[schema.value.trim(), ['create']]]);
    const mine = keys;
    try {
      const key = await keys.create(wanted);
      if (mine !== keys) return;
      dialog.close();
      created(key);
    } catch (error) {
      if (mine !== keys) return;
      tell(byId('create-problem'), error);
      if (error.reason === 'name-taken') {
        fieldError('name', 'Another key has this name.');
        name.focus({ preventScroll: true });
      }
    } finally {
      if (mine === keys) waiting(false);
    }
  });

  function waiting(is) {
    busy = is;
    submit.setAttribute('aria-disabled', String(is));
    submit.textContent = is ? 'Creating…' : 'Create key';
  }

  name.addEventListener('input', () => fieldError('name'));
  schema.addEventListener('input', () => fieldError('schema'));
  for (const api of [maps, sql]) api.addEventListener('change', () => fieldError('apis'));
  mayCreate.addEventListener('change', showSchema);
  byId('create-cancel').addEventListener('click', () => busy || dialog.close());
  // What was sent cannot be called back: the dialog waits for the answer.
  dialog.addEventListener('cancel', (event) => { if (busy && event.target === dialog) event.preventDefault(); });
  dialog.addEventListener('close', () => grants.end());

  return {
    open,
    end() {
      keys = null;
      form.reset();
      if (dialog.open) dialog.close();
    },
  };
}

function wrongName(text) {
  if (!text) return 'The name is missing.';
  if (/\/|^\.\.?$/.test(text)) return 'A name has no slash in it, and is not just dots.';
  if (['Master', 'Default public'].includes(text)) return 'Every account has a key of this name: choose another one.';
  return '';
}
