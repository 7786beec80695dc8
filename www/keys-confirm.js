// The question before a key stops working, or a dataset is changed for good.
import { waitingDialog } from './account-dialog.js';
import { byId, make } from './keys-dom.js';
import { nameOf } from './keys-rows.js';

const [go, cancel] = [byId('confirm-go'), byId('confirm-cancel')];
const question = waitingDialog({ dialog: byId('confirm'), go, cancel, problem: byId('confirm-problem') });

/** Asks; `run()` does it and may reject, which is shown here. Resolves with what `run` gave, or nothing when it was not done. */
export function confirm({ title, lines, action, run }) {
  byId('confirm-title').textContent = title;
  byId('confirm-text').replaceChildren(...lines.map((text) => make('p', { textContent: text })));
  const asked = question.ask({ action, run });
  cancel.focus();
  return asked;
}

export const closeConfirm = question.close;

go.addEventListener('click', () => question.done());

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
