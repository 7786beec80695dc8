// Shows the code of an example below it, with a button that copies it: what the page's own script says, as it is written.

const script = document.querySelector('script[type="module"]:not([src]), body > script:not([src])');

/** The text of the script, without the indentation of its place in the page. */
function code(text) {
  const lines = text.replace(/^\s*\n|\s+$/g, '').split('\n');
  const indent = Math.min(...lines.filter((line) => line.trim()).map((line) => line.match(/^ */)[0].length));
  return lines.map((line) => line.slice(indent)).join('\n');
}

if (script) {
  const text = code(script.textContent);
  const details = document.createElement('details');
  details.className = 'code';
  const summary = document.createElement('summary');
  summary.textContent = 'Code';
  const copy = document.createElement('button');
  copy.type = 'button';
  copy.textContent = 'Copy';
  const said = document.createElement('span');
  said.setAttribute('role', 'status');
  const pre = document.createElement('pre');
  pre.tabIndex = 0;
  pre.setAttribute('aria-label', 'Code of this example');
  pre.textContent = text;
  details.append(summary, copy, said, pre);
  document.querySelector('main').append(details);

  copy.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text);
      said.textContent = 'Copied.';
    } catch {
      // Without leave, or on a page that is not secure: selected, it is one key press away.
      getSelection().selectAllChildren(pre);
      said.textContent = 'Selected: copy it with Ctrl+C or ⌘C.';
    }
  });
}
