// Shows what is being built behind the page that it was put into, and loads the page again when there is something new.
const shown = new URL(import.meta.url).searchParams.get('version');
const events = new EventSource('/.live/events');
let box;

events.addEventListener('message', ({ data }) => {
  const state = JSON.parse(data);
  if (state.version === shown) return show(state);
  events.close();
  location.reload();
});
// The command has ended. What failed stays to be read; EventSource asks again by itself.
events.addEventListener('error', () => {
  if (box && box.failure.hidden) box.host.hidden = true;
});

function show({ lines, failure }) {
  const waiting = document.querySelector('#waiting');
  if (waiting && !failure) {
    if (lines.length) waiting.textContent = lines.join('\n');
    return;
  }
  box ??= make();
  box.host.hidden = !failure && lines.length === 0;
  box.lines.textContent = failure ? 'The build has failed' : lines.join('\n');
  box.failure.textContent = failure ?? '';
  box.failure.hidden = !failure;
}

/** A box over the page, which the page's own styles do not reach. */
function make() {
  const host = document.createElement('div');
  const root = host.attachShadow({ mode: 'open' });
  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { position: fixed; inset: auto 0 0; z-index: 2147483647; display: flex; flex-direction: column; max-height: 70vh;
      background: #1c2b2d; color: #fff; font: 14px/1.5 system-ui, sans-serif; border-top: 2px solid #ee6a48; }
    :host([hidden]) { display: none; }
    p, pre { margin: 0; padding: 8px 16px; white-space: pre-wrap; overflow-wrap: anywhere; }
    pre { overflow: auto; background: #111; font: 13px/1.45 ui-monospace, monospace; }
    pre[hidden] { display: none; }`);
  root.adoptedStyleSheets = [style];
  const lines = document.createElement('p');
  lines.setAttribute('role', 'status');
  const failure = document.createElement('pre');
  failure.tabIndex = 0;
  root.append(lines, failure);
  document.body.append(host);
  return { host, lines, failure };
}
