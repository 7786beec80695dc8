// Signing in: which server, which account, which key. The key goes from the field to the caller and is wiped here.
import { byId, fieldError, forgetSecrets, keepSecret, tell, toggleOf } from './keys-dom.js';

const fields = { server: byId('server'), user: byId('user'), master: byId('master') };
const button = byId('sign-in-button');
const toggle = toggleOf(byId('toggle-master'), fields.master);

const MISSING = {
  server: 'The address of the server is missing.',
  user: 'The username is missing.',
  master: 'The master key is missing.',
};

/** Fills the form in and calls `enter(settings)`, which rejects with what the server says against it. */
export function signInForm({ serverUrl, username }, enter) {
  let busy = false;

  const reset = () => {
    fields.server.value = serverUrl;
    fields.user.value = username;
    wipe();
    for (const id of Object.keys(fields)) fieldError(id);
    tell(byId('sign-in-problem'), null);
    noteLocal();
  };

  byId('sign-in-form').addEventListener('submit', async (event) => {
    event.preventDefault();
    const missing = Object.keys(fields).filter((id) => !fieldError(id, fields[id].value.trim() ? '' : MISSING[id]));
    if (missing.length) fields[missing[0]].focus();
    if (missing.length || busy) return;
    busy = true;
    waiting(true);
    tell(byId('sign-in-problem'), null);
    const apiKey = fields.master.value.trim();
    keepSecret(apiKey);
    try {
      await enter({ apiKey, username: fields.user.value.trim(), serverUrl: fields.server.value.trim(), allowMasterKey: true });
      wipe();
    } catch (error) {
      tell(byId('sign-in-problem'), explained(error));
      forgetSecrets();
      fields[error.reason === 'unreachable' ? 'server' : 'master'].focus({ preventScroll: true });
    } finally {
      busy = false;
      waiting(false);
    }
  });
  for (const [id, input] of Object.entries(fields)) input.addEventListener('input', () => fieldError(id));
  fields.server.addEventListener('input', noteLocal);

  button.disabled = false;
  reset();
  return { reset, focus: () => (fields.user.value ? fields.master : fields.user).focus() };
}

function wipe() {
  fields.master.value = '';
  toggle.hide();
}

function waiting(is) {
  // Not disabled: the focus would be lost.
  button.setAttribute('aria-disabled', String(is));
  button.textContent = is ? 'Signing in…' : 'Sign in';
}

function noteLocal() {
  byId('local-note').hidden = !/^https?:\/\/(127\.0\.0\.1|localhost)\b/.test(fields.server.value.trim());
}

/** What this page knows beyond the library's hint. */
function explained(error) {
  if (error.reason !== 'unreachable') return error;
  const { message, errorCode, reason, status } = error;
  return { message, errorCode, reason, status, hint: `${error.hint} Most servers let only pages of their own host manage keys.` };
}
