// Tabs: one of them is chosen, and arrow keys go from one to the next.

/** Tabs by name; `shown(name, tab)` hears of the one that is chosen. */
export function tabList(tabs, shown) {
  const names = Object.keys(tabs);
  let chosen = names[0];

  function choose(name, focus) {
    chosen = name;
    for (const [other, tab] of Object.entries(tabs)) {
      tab.setAttribute('aria-selected', String(other === name));
      tab.tabIndex = other === name ? 0 : -1;
    }
    if (focus) tabs[name].focus();
    shown(name, tabs[name]);
  }

  for (const [name, tab] of Object.entries(tabs)) {
    tab.addEventListener('click', () => choose(name));
    tab.addEventListener('keydown', ({ key }) => {
      const at = names.indexOf(chosen);
      const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: names.length - 1 }[key];
      if (next !== undefined) choose(names.at(next % names.length), true);
    });
  }
  return { choose };
}
