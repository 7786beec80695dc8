// Puts the library's script tag into the page: data-src, or what ?carto= names.
// A separate file because the page must work where a content security policy forbids inline scripts.
(() => {
  const tag = document.currentScript;
  const asked = new URLSearchParams(location.search).get('carto');
  const script = document.createElement('script');
  script.id = 'library';
  script.src = allowed(asked) ? asked : tag.dataset.src;
  // Told by attribute, so that the module finds the outcome even if it runs later than the script did.
  script.addEventListener('load', () => { script.dataset.state = 'loaded'; });
  script.addEventListener('error', () => { script.dataset.state = 'failed'; });
  document.head.append(script);

  // A link must not be able to run a stranger's script here, next to a field that holds an API key.
  function allowed(address) {
    if (!address) return false;
    const url = new URL(address, location.href);
    const mine = url.origin === location.origin;
    const local = ['127.0.0.1', 'localhost'].includes(url.hostname) && /^https?:$/.test(url.protocol);
    if (!mine && !local) console.warn('?carto= takes scripts from this origin or this machine only.');
    return mine || local;
  }
})();
