// The dialog that gives a dataset another name.
import { waitingDialog } from './account-dialog.js';
import { byId, fieldError } from './keys-dom.js';

const field = byId('new-name');
const question = waitingDialog({
  dialog: byId('rename'),
  go: byId('rename-submit'),
  cancel: byId('rename-cancel'),
  problem: byId('rename-problem'),
  refused: () => field.focus({ preventScroll: true }),
});

/** Asks for a name; `run(name)` does it and may reject, which is shown here. Resolves with what `run` gave, or nothing. */
export function askName(name, run) {
  byId('rename-title').textContent = `Rename “${name}”`;
  field.value = name;
  fieldError('new-name');
  const asked = question.ask({ action: 'Rename', run });
  field.select();
  return asked;
}

export const closeRename = question.close;

byId('rename-form').addEventListener('submit', (event) => {
  event.preventDefault();
  if (question.isBusy) return;
  const wanted = field.value.trim();
  if (fieldError('new-name', wanted ? '' : 'The name is missing.')) question.done(wanted);
  else field.focus();
});
field.addEventListener('input', () => fieldError('new-name'));
