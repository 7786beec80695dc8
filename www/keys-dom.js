// What every part of the key manager needs: elements, announcements, errors without secrets, and the clipboard.

export const byId = (id) => document.getElementById(id);

/** An element; what is known of a server comes in as text, never as markup. */
export function make(tag, { testid, on = {}, ...properties } = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  if (testid) element.dataset.testid = testid;
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  element.append(...children.filter((child) => child !== undefined && child !== null));
  return element;
}

/** Says something to those who do not see what changed; the same words again are said again. */
export function say(text) {
  const said = byId('said');
  said.textContent = '';
  requestAnimationFrame(() => { said.textContent = text; });
}

const secrets = new Set();

/** From now on no error shows this token, whatever the server repeats. */
export function keepSecret(token) {
  // Everybody knows the public one, and it is a word that hints need.
  if (token && token !== 'default_public') secrets.add(token);
}

export function forgetSecrets() {
  secrets.clear();
}

function withoutSecrets(text) {
  let clean = String(text ?? '');
  for (const secret of secrets) clean = clean.split(secret).join('•••');
  return clean;
}

/** Shows what an error says and what to do about it, or nothing; `more` are elements below it, a retry for one. */
export function tell(box, error, ...more) {
  box.replaceChildren();
  if (!error) return;
  const [hint, message] = [withoutSecrets(error.hint), withoutSecrets(error.message)];
  const facts = [['status', error.status], ['reason', error.reason], ['errorCode', error.errorCode]]
    .filter(([, value]) => value !== undefined && value !== '')
    .map(([name, value]) => make('div', {}, make('dt', { textContent: name }), make('dd', { textContent: withoutSecrets(value) })));
  const block = make('div', { className: 'result', testid: 'problem' });
  if (hint) block.append(make('p', { className: 'result-hint', testid: 'hint', textContent: hint }));
  // Where a server has no words, the library's message is its hint.
  if (message !== hint && !hint.startsWith(message)) block.append(make('p', { className: hint ? 'result-message' : 'result-hint', testid: 'message', textContent: message }));
  if (facts.length) block.append(make('dl', { className: 'facts' }, ...facts));
  block.append(...more);
  box.append(block);
  block.scrollIntoView({ block: 'nearest' });
}

/** Marks a field as wrong, or as right again; tells which. */
export function fieldError(id, text = '') {
  const input = byId(id);
  byId(`${id}-error`).textContent = text;
  if (input.matches('input')) {
    if (text) input.setAttribute('aria-invalid', 'true');
    else input.removeAttribute('aria-invalid');
  }
  return !text;
}

/** A button that shows and hides what a password field holds. */
export function toggleOf(button, input) {
  const set = (shown) => {
    input.type = shown ? 'text' : 'password';
    button.textContent = shown ? 'Hide' : 'Show';
    button.setAttribute('aria-pressed', String(shown));
  };
  button.addEventListener('click', () => set(input.type === 'password'));
  return { hide: () => set(false) };
}

/** Copies a text and says so at the button and aloud. */
export async function copy(text, button, what) {
  if (!await toClipboard(text, button)) {
    say(`The browser refused to copy ${what}: show it and copy it by hand.`);
    return;
  }
  say(`Copied ${what}.`);
  const label = button.dataset.label ??= button.textContent;
  button.textContent = 'Copied';
  setTimeout(() => { button.textContent = label; }, 1600);
}

async function toClipboard(text, button) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Pages without TLS have no clipboard, and a reader may have forbidden it: the old way needs a selection.
    const field = make('textarea', { className: 'off-screen', value: text, readOnly: true, 'aria-hidden': 'true' });
    // A dialog makes everything outside it inert, also for a selection.
    (button.closest('dialog') ?? document.body).append(field);
    field.select();
    const done = document.execCommand('copy');
    field.remove();
    button.focus();
    return done;
  }
}
