// The two widgets: they show what a dataview says and know nothing of the map.

const whole = new Intl.NumberFormat('en');
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumSignificantDigits: 3 });

// One card with the states empty, loading, loaded and error; the style sheet shows each of them.
function card(root) {
  const note = root.querySelector('[data-role="note"]');
  return (state, text = '') => {
    root.dataset.state = state;
    root.setAttribute('aria-busy', String(state === 'loading'));
    note.textContent = text;
  };
}

// Follows one dataview; returns what ends the following.
function follow(dataview, setState, draw) {
  const onStatus = (status) => {
    if (status === 'loading') setState('loading', 'loading…');
    if (status === 'loaded') draw(dataview.getData());
  };
  const onError = (error) => setState('error', `Could not load: ${error.hint || error.message}`);
  dataview.on('statusChanged', onStatus);
  dataview.on('error', onError);
  return () => {
    dataview.off('statusChanged', onStatus);
    dataview.off('error', onError);
  };
}

/** The figures card: one formula for the people, one for the cities. */
export function figuresWidget(root) {
  const setState = card(root);
  const people = root.querySelector('#formula-population');
  const cities = root.querySelector('#formula-count');

  const put = (element, value, text) => {
    element.textContent = text;
    element.title = value === null ? '' : whole.format(value);
    if (value === null) delete element.dataset.value;
    else element.dataset.value = String(value);
  };
  const clear = (text) => {
    put(people, null, '–');
    put(cities, null, '–');
    setState('empty', text);
  };

  return {
    clear,
    follow({ population, count }) {
      // The sum over no rows is null: nobody lives there.
      const ends = [
        follow(population, setState, (data) => {
          put(people, data.result ?? 0, short.format(data.result ?? 0));
          setState('loaded', 'follows the map');
        }),
        follow(count, setState, (data) => {
          put(cities, data.result ?? 0, whole.format(data.result ?? 0));
          setState('loaded', data.result ? 'follows the map' : 'no city in this part of the map');
        }),
      ];
      setState('loading', 'loading…');
      return () => ends.forEach((end) => end());
    },
  };
}

/** The ranking card: bars of a category dataview, by number of cities or by people. */
export function rankingWidget(root) {
  const setState = card(root);
  const list = root.querySelector('.bars');
  const buttons = [...root.querySelectorAll('[data-operation]')];
  let dataview = null;
  let operation = 'count';

  for (const button of buttons) {
    button.addEventListener('click', () => {
      operation = button.dataset.operation;
      buttons.forEach((other) => other.setAttribute('aria-pressed', String(other === button)));
      dataview?.setOperation(operation);
    });
  }

  const draw = (data) => {
    const named = data.categories.filter((category) => !category.group);
    const rest = data.categories.find((category) => category.group);
    const top = Math.max(1, ...named.map((category) => category.value));
    const rows = named.map((category) => row(category.name ?? 'No country', category.value, category.value / top));
    if (rest) rows.push(row('All others', rest.value, null));
    list.replaceChildren(...rows);
    if (named.length) setState('loaded');
    else setState('empty', 'No city in this part of the map.');
  };

  return {
    get operation() { return operation; },
    clear(text) {
      list.replaceChildren();
      setState('empty', text);
    },
    follow(next) {
      dataview = next;
      const end = follow(next, setState, draw);
      setState('loading', 'loading…');
      return () => {
        end();
        dataview = null;
      };
    },
  };
}

function row(name, value, share) {
  const item = document.createElement('li');
  item.className = share === null ? 'bar bar-rest' : 'bar';
  item.dataset.testid = share === null ? 'category-rest' : 'category-row';
  item.dataset.name = name;
  item.dataset.value = String(value);
  const label = document.createElement('span');
  label.className = 'bar-name';
  label.textContent = name;
  const figure = document.createElement('span');
  figure.className = 'bar-value';
  figure.textContent = value < 100000 ? whole.format(value) : short.format(value);
  figure.title = whole.format(value);
  item.append(label, figure);
  if (share !== null) {
    const track = document.createElement('span');
    track.className = 'bar-track';
    // Through the object model, which a content security policy allows where it forbids a style attribute.
    track.style.setProperty('--share', String(Math.max(share, 0.004)));
    item.append(track);
  }
  return item;
}
