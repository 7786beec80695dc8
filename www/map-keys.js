// The map without a mouse: Enter opens the popup of the city nearest to its middle, then those of the next; Escape closes it.

const NEAREST = `SELECT name, adm0name, pop_max, ST_Y(the_geom) AS lat, ST_X(the_geom) AS lng FROM cities
  ORDER BY the_geom_webmercator <-> ST_Transform(ST_SetSRID(ST_MakePoint(:lng, :lat), 4326), 3857) LIMIT 10`;

/** `clientOf` gives the client of now, or nothing where no cities show; `open` gives the popup of one; `fail` hears of errors. */
export function openByKeyboard(map, { clientOf, open, fail }) {
  const container = map.getContainer();
  const spoken = document.querySelector('#map-spoken');
  let cities = [];
  let index = 0;
  let popup;

  function show() {
    const { lat, lng, ...data } = cities[index];
    // Opening it closes the one before, which must not end the tour.
    popup = undefined;
    const mine = open({ data, latLng: { lat, lng } });
    popup = mine;
    const words = [...mine.getContent().children].map(({ textContent }) => textContent);
    spoken.textContent = `${words.join(', ')}. ${index + 1} of ${cities.length}.`;
    mine.on('remove', () => {
      if (popup !== mine) return;
      popup = undefined;
      spoken.textContent = '';
    });
  }

  async function nearest() {
    const client = clientOf();
    // CARTO.js itself has no queries.
    if (!client?.sql) return;
    const { lat, lng } = map.getCenter().wrap();
    try {
      const { rows } = await client.sql(NEAREST, { params: { lat, lng } });
      if (client !== clientOf() || rows.length === 0) return;
      cities = rows;
      index = 0;
      show();
    } catch (error) {
      if (client === clientOf()) fail(error);
    }
  }

  container.setAttribute('aria-describedby', 'map-keys');
  container.addEventListener('keydown', (event) => {
    // Buttons on the map have an Enter of their own.
    if (event.target !== container || event.key !== 'Enter' || event.repeat) return;
    event.preventDefault();
    if (!popup) {
      nearest();
      return;
    }
    index = (index + 1) % cities.length;
    show();
  });
}
