// Trying a key: what the check says of it, and whether a map of a dataset can be drawn with it.
import { byId, make, tell } from './keys-dom.js';
import { CARTOCSS } from './keys-snippet.js';

const [button, check, problem, note] = [byId('try'), byId('check'), byId('map-problem'), byId('map-note')];

/** The panel; `settings()` gives what a client needs, with the token that is tried, and the dataset. */
export function tryPanel(settings) {
  let map = null;
  let running = null;

  byId('try-form').addEventListener('submit', (event) => {
    event.preventDefault();
    run();
  });

  async function run() {
    clear();
    const { dataset, ...about } = settings();
    const mine = running = { stop: new AbortController(), client: null };
    button.textContent = 'Checking…';
    check.replaceChildren(make('p', { className: 'note', textContent: 'Asking the server…' }));
    try {
      mine.client = new carto.Client(about);
      draw(mine, dataset);
      const found = await mine.client.checkKey({ datasets: dataset ? [dataset] : [], signal: mine.stop.signal });
      if (mine === running) show(found, dataset);
    } catch (error) {
      if (mine !== running) return;
      check.replaceChildren();
      tell(check, error);
    } finally {
      if (mine === running) button.textContent = 'Check and draw';
    }
  }

  function draw(mine, dataset) {
    if (!dataset) return;
    note.hidden = true;
    map ??= makeMap();
    map.invalidateSize();
    const refused = (error) => { if (mine === running) tell(problem, error); };
    try {
      const layer = new carto.layer.Layer(new carto.source.Dataset(dataset), new carto.style.CartoCSS(CARTOCSS));
      mine.client.on(carto.events.ERROR, refused);
      mine.native = mine.client.getLeafletLayer({ attribution: '' });
      mine.native.addTo(map);
      mine.client.addLayer(layer).catch(refused);
    } catch (error) {
      refused(error);
    }
  }

  function clear() {
    const before = running;
    running = null;
    before?.stop.abort();
    before?.native?.remove();
    before?.client?.dispose();
    button.textContent = 'Check and draw';
    check.replaceChildren();
    tell(problem, null);
    note.hidden = Boolean(map);
  }

  return {
    clear,
    end() {
      clear();
      map?.remove();
      map = null;
      note.hidden = false;
    },
  };
}

function makeMap() {
  const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
  const made = L.map('try-map', { zoomControl: false, minZoom: 0, maxZoom: 14, zoomAnimation: !calm, fadeAnimation: !calm, worldCopyJump: true }).setView([25, 5], 1);
  L.control.zoom({ position: 'bottomleft' }).addTo(made);
  made.attributionControl.setPrefix('<a href="https://leafletjs.com/">Leaflet</a>');
  return made;
}

function show({ ok, user, key, problems }, dataset) {
  const fact = (name, value, testid) => make('div', {}, make('dt', { textContent: name }), make('dd', { textContent: value, testid }));
  const children = [
    make('p', { className: ok ? 'verdict good' : 'verdict bad', testid: 'verdict', textContent: ok ? (dataset ? `This key can show ${dataset}.` : 'This key is in order.') : 'This key is refused, or grants too little.' }),
    make('dl', { className: 'facts check-facts' },
      fact('ok', String(ok), 'check-ok'),
      fact('user', user ?? 'not told', 'check-user'),
      fact('type', key.type ?? 'not told', 'check-type'),
      fact('APIs', [...key.apis].sort().join(', ') || 'none', 'check-apis'),
      fact('datasets', key.datasets.join(', ') || 'none told', 'check-datasets')),
  ];
  if (problems.length) {
    children.push(make('ul', { className: 'problems' }, ...problems.map(({ reason, hint, api, dataset: about }) => make('li', { testid: 'check-problem' },
      make('code', { textContent: [reason, about ?? api].filter(Boolean).join(' · ') }), make('p', { textContent: hint })))));
  }
  check.replaceChildren(...children);
}
