// The question before a key stops working.
import { byId, make, tell } from './keys-dom.js';
import { nameOf } from './keys-rows.js';

const [dialog, go, cancel] = [byId('confirm'), byId('confirm-go'), byId('confirm-cancel')];
let pending = null;

/** Asks; `run()` does it and may reject, which is shown here. Resolves with what `run` gave, or nothing when it was not done. */
export function confirm({ title, lines, action, run }) {
  byId('confirm-title').textContent = title;
  byId('confirm-text').replaceChildren(...lines.map((text) => make('p', { textContent: text })));
  tell(byId('confirm-problem'), null);
  go.textContent = action;
  go.setAttribute('aria-disabled', 'false');
  return new Promise((resolve) => {
    pending = { run, resolve, action, busy: false, outcome: undefined };
    dialog.showModal();
    cancel.focus();
  });
}

/** Closes without doing it, as when signing out. */
export function closeConfirm() {
  if (dialog.open) dialog.close();
}

go.addEventListener('click', async () => {
  const mine = pending;
  if (!mine || mine.busy) return;
  mine.busy = true;
  waiting(mine);
  tell(byId('confirm-problem'), null);
  try {
    mine.outcome = { value: await mine.run() };
  } catch (error) {
    if (pending === mine) tell(byId('confirm-problem'), error);
  }
  mine.busy = false;
  if (pending !== mine) mine.resolve(mine.outcome);
  else if (mine.outcome) dialog.close();
  else waiting(mine);
});

function waiting({ busy, action }) {
  go.setAttribute('aria-disabled', String(busy));
  go.textContent = busy ? 'One moment…' : action;
}

cancel.addEventListener('click', () => pending?.busy || dialog.close());
// What was sent cannot be called back: the dialog waits for the answer.
dialog.addEventListener('cancel', (event) => { if (pending?.busy) event.preventDefault(); });
dialog.addEventListener('close', () => {
  const mine = pending;
  pending = null;
  // A browser lets nobody be held by a dialog; the answer is waited for all the same.
  if (!mine?.busy) mine?.resolve(mine.outcome);
});

/** What stops when a token does, for people. */
function stops(key) {
  const apis = key.apis.map((api) => ({ maps: 'maps', sql: 'queries' })[api]).filter(Boolean).join(' and ') || 'requests';
  const names = key.datasets.map((dataset) => nameOf(dataset, key));
  const some = names.length > 4 ? `${names.slice(0, 3).join(', ')} and ${names.length - 3} more datasets` : names.join(', ');
  return some ? `${apis} of ${some}` : `${apis} of public datasets`;
}

export function regenerateQuestion(key) {
  if (key.type === 'master') {
    return {
      title: `Regenerate the master key, “${key.name}”?`,
      lines: [
        'Every script and server that uses the present master key is refused at once: managing keys, maps and queries stop there until it has the new one.',
        'This page goes on with the new one. Copy it from the list before you leave: without it nobody can sign in.',
      ],
      action: 'Regenerate the master key',
    };
  }
  return {
    title: `Regenerate the token of “${key.name}”?`,
    lines: [
      `Every page and program that uses the present token is refused at once: ${stops(key)} stop there until it has the new one.`,
      'The name and the grants of the key stay as they are.',
    ],
    action: 'Regenerate',
  };
}

export function deleteQuestion(key) {
  return {
    title: `Delete “${key.name}”?`,
    lines: [
      `Every page and program that uses this key is refused at once: ${stops(key)} stop there.`,
      'Datasets that were made with it stay with the account. A deleted key cannot be brought back.',
    ],
    action: 'Delete the key',
  };
}
