// The text field with the style of the cities: the map follows while the reader writes, where it is drawn in the browser.

const card = document.querySelector('#editor');
const text = document.querySelector('#css');
const problem = document.querySelector('#css-problem');

/** `edit` says which style is edited, and what it says now; `show` whether there is anything to edit. */
export function styleEditor() {
  let style = null;
  let latest = 0;
  text.addEventListener('input', async () => {
    const number = ++latest;
    const message = await style?.setContent(text.value).then(() => '', (error) => error.message);
    // An answer about an older text says nothing about this one.
    if (number === latest) problem.textContent = message ?? '';
  });
  return {
    edit(edited, css) {
      style = edited;
      latest += 1;
      text.value = lines(css);
      problem.textContent = '';
    },
    show(isShown) {
      card.hidden = !isShown;
    },
  };
}

/** A style with a line for each declaration. */
function lines(css) {
  let depth = 0;
  const rows = (css.match(/[^{};]+[{;]?|\}/g) ?? []).map((part) => {
    const row = part.trim().replace(/\s*\{$/, ' {').replace(/:\s*/, ': ');
    if (row === '}') depth -= 1;
    const written = '  '.repeat(depth) + row;
    if (row.endsWith('{')) depth += 1;
    return written;
  });
  return rows.join('\n');
}
