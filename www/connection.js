// The connection panel: what to connect to, the ready-made tries, and what an error has to say.

const form = document.querySelector('#connect-form');
const fields = {
  serverUrl: document.querySelector('#server-url'),
  username: document.querySelector('#username'),
  apiKey: document.querySelector('#api-key'),
};
const toggle = document.querySelector('#toggle-key');
const presetButtons = [...document.querySelectorAll('[data-preset]')];
const result = document.querySelector('#result');
const status = document.querySelector('#status');

/** Fills the panel in and calls `connect` with settings whenever the reader asks for a connection. */
export function connectionPanel(server, connect) {
  const presets = presetsOf(server);
  const submit = () => {
    const settings = {};
    for (const [name, input] of Object.entries(fields)) settings[name] = input.value.trim();
    connect(settings);
  };
  const press = (name) => presetButtons.forEach((button) => {
    button.setAttribute('aria-pressed', String(button.dataset.preset === name));
  });
  const choose = (name) => {
    for (const [field, value] of Object.entries(presets[name])) fields[field].value = value;
    press(name);
    submit();
  };

  for (const button of presetButtons) {
    const name = button.dataset.preset;
    button.disabled = !presets[name];
    if (button.disabled) button.title = 'This server offers no such key.';
    button.addEventListener('click', () => choose(name));
  }
  form.querySelector('#connect').disabled = false;
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    submit();
  });
  form.addEventListener('input', () => press(null));
  toggle.addEventListener('click', () => {
    const shown = fields.apiKey.type === 'password';
    fields.apiKey.type = shown ? 'text' : 'password';
    toggle.textContent = shown ? 'Hide' : 'Show';
    toggle.setAttribute('aria-pressed', String(shown));
  });

  return { choose };
}

function presetsOf({ serverUrl, username, keys }) {
  const good = keys.default ?? 'default_public';
  const to = (apiKey, user = username) => ({ serverUrl, username: user, apiKey });
  const presets = {
    good: to(good),
    malformed: to('not a key!'),
    unknown: to('ThisKeyWasNeverHandedOut'),
    'unknown-user': to(good, 'nobody-here'),
  };
  if (keys.restricted) presets.restricted = to(keys.restricted);
  if (keys.sqlOnly) presets['no-maps'] = to(keys.sqlOnly);
  return presets;
}

/** The line over the map. */
export function showStatus(state, text) {
  status.dataset.state = state;
  status.textContent = text;
}

/** Shows what an error says, or nothing; a library that has no hints leaves that line out. */
export function showError(error) {
  result.hidden = !error;
  put('#error-hint', error?.hint);
  put('#error-message', error?.message);
  put('#error-status', error?.status);
  put('#error-code', error?.errorCode);
  put('#error-forbidden', error?.forbidden || undefined);
  if (error) result.scrollIntoView({ block: 'nearest' });
}

function put(selector, value) {
  const element = document.querySelector(selector);
  const text = value === undefined || value === null ? '' : String(value);
  // A server may repeat what it was asked; the key stays in its field.
  const key = fields.apiKey.value.trim();
  element.textContent = key ? text.split(key).join('•••') : text;
  element.closest('div, p').hidden = text === '';
}
