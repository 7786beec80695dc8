// A dialog that does one thing, waits for the answer, and closes when it is done; what went wrong is shown in it.
import { tell } from './keys-dom.js';

/** `go` is the button that does it; `refused()` hears that it was not done, with the dialog still open. */
export function waitingDialog({ dialog, go, cancel, problem, refused = () => {} }) {
  let pending = null;

  function waiting(is) {
    pending.busy = is;
    go.setAttribute('aria-disabled', String(is));
    go.textContent = is ? 'One moment…' : pending.action;
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

  return {
    /** Asks; `run` may reject. Resolves with what it gave, as `{ value }`, or nothing when it was not done. */
    ask({ action, run }) {
      tell(problem, null);
      return new Promise((resolve) => {
        pending = { action, run, resolve, busy: false, outcome: undefined };
        waiting(false);
        dialog.showModal();
      });
    },
    /** Does what was asked about, with what the reader has given. */
    async done(...given) {
      const mine = pending;
      if (!mine || mine.busy) return;
      waiting(true);
      tell(problem, null);
      try {
        mine.outcome = { value: await mine.run(...given) };
      } catch (error) {
        if (pending === mine) tell(problem, error);
      }
      if (pending !== mine) {
        mine.resolve(mine.outcome);
        return;
      }
      waiting(false);
      if (mine.outcome) dialog.close();
      else refused();
    },
    get isBusy() { return !pending || pending.busy; },
    /** Closes without doing it, as when signing out. */
    close() {
      if (dialog.open) dialog.close();
    },
  };
}
