// Features under the pointer on Leaflet (spec 5.3).
const setUp = `
  const shown = client();
  const place = map();
  const told = [];
  const cursor = () => place.getContainer().style.cursor;
  const interactive = (id, options) => {
    const one = layer(id, options);
    for (const name of ['featureOver', 'featureOut', 'featureClicked']) {
      one.on(name, (event) => told.push([id, name, event.data, event.latLng && [event.latLng.lat.toFixed(6), event.latLng.lng.toFixed(6)], event.position && [Math.round(event.position.x), Math.round(event.position.y)]]));
    }
    return one;
  };
  const fire = async (name, lat, lng) => {
    // As of a real pointer: whole pixels decide.
    const containerPoint = place.latLngToContainerPoint([lat, lng]).round();
    place.fire(name, { latlng: place.containerPointToLatLng(containerPoint), containerPoint, layerPoint: place.containerPointToLayerPoint(containerPoint) });
    await idle(500);
    log(name, lat, lng, told.splice(0), cursor());
  };
  shown.getLeafletLayer().addTo(place);
`;

/** A page that begins with the tools above. */
const withTools = (body) => ({ toString: () => `async page({ client, layer, map, log, idle }) { ${setUp} ${body} }` });

export default [
  {
    name: 'moves and clicks are told to a layer with columns, out before clicked, with all its columns',
    rows: ['C-150…C-152', 'C-482', 'C-484', 'C-488…C-493', 'C-495', 'C-496'],
    page: withTools(`
      const one = interactive('click', { featureClickColumns: ['name'] });
      await shown.addLayer(one);
      await idle(500);
      for (const [name, lat, lng] of [['mousemove', 10, 10], ['mousemove', 10, 10], ['mousemove', 11, 11], ['click', 11, 11], ['mousemove', 10, 80], ['mousemove', 10, 81], ['click', 10, 80], ['mousemove', 10, 10]]) await fire(name, lat, lng);
    `),
  },
  {
    name: 'a layer with columns for hovering only is told clicks too',
    rows: ['C-484', 'C-482'],
    page: withTools(`
      await shown.addLayers([interactive('over', { featureOverColumns: ['name'] }), interactive('mute')]);
      await idle(500);
      for (const [name, lat, lng] of [['mousemove', 10, 10], ['click', 10, 10], ['mousemove', 10, 80]]) await fire(name, lat, lng);
    `),
  },
  {
    name: 'all layers under the pointer are told, bottom first, hidden ones left out; the cursor follows',
    rows: ['C-482', 'C-483', 'C-486', 'C-496'],
    // The grids have to be there: CARTO.js tells of those that come late in the order in which they come.
    page: withTools(`
      const [low, high] = [interactive('low', { featureClickColumns: ['a'] }), interactive('high', { featureOverColumns: ['b'] })];
      await shown.addLayers([low, high]);
      await idle(1500);
      await fire('mousemove', 10, 10);
      await fire('mousemove', 10, 11);
      await fire('click', 10, 11);
      low.hide();
      await idle(1500);
      await fire('mousemove', 10, 12);
      await fire('mousemove', 10, 13);
      low.show();
      await idle(1500);
      await fire('mousemove', 10, 14);
      await fire('mousemove', 10, 80);
    `),
  },
  {
    name: 'cells are found by their code, on both sides of what JSON would escape',
    rows: ['C-485'],
    answers: ({ kind }) => {
      if (kind !== 'grid') return undefined;
      const keys = Array.from({ length: 70 }, (_, index) => (index ? String(index) : ''));
      // The codes of the keys one after the other, each four cells wide.
      const code = (index) => { const raw = index + 32; const past = raw >= 34 ? raw + 1 : raw; return String.fromCharCode(past >= 92 ? past + 1 : past); };
      const row = Array.from({ length: 64 }, (_, column) => code(column)).join('');
      return { body: { grid: Array(64).fill(row), keys, data: Object.fromEntries(keys.slice(1).map((key) => [key, { cartodb_id: Number(key) }])) } };
    },
    page: withTools(`
      await shown.addLayer(interactive('one', { featureClickColumns: ['name'] }));
      await idle(500);
      place.setView([0, 0], 0, { animate: false });
      await idle(500);
      for (const x of [2, 6, 9, 11, 13, 15, 200, 230, 236, 240, 244, 250, 255]) {
        const { lat, lng } = place.unproject([x, 100], 0);
        await fire('mousemove', Math.round(lat * 1000) / 1000, lng);
      }
    `),
  },
  {
    name: 'a grid is asked for once for each tile and map, and moves while it comes are not lost or told twice',
    rows: ['C-486', 'C-487'],
    page: withTools(`
      const one = interactive('one', { featureClickColumns: ['name'] });
      await shown.addLayer(one);
      await idle(500);
      await fire('mousemove', 10, 10);
      await fire('mousemove', 12, 12);
      await fire('mousemove', -10, 10);
      await one.getSource().setQuery('SELECT 5');
      await idle(500);
      await fire('mousemove', 10, 10);
      await fire('mousemove', 10, 10);
    `),
  },
  {
    name: 'features are found on other copies of the world',
    rows: ['C-497', 'C-493'],
    page: withTools(`
      await shown.addLayer(interactive('one', { featureClickColumns: ['name'] }));
      await idle(500);
      for (const lng of [10, 370, -350, 80, 440]) await fire('mousemove', 10, lng);
    `),
  },
  {
    name: 'positions are those of the container, also in a page that is scrolled',
    rows: ['C-494'],
    page: withTools(`
      document.body.style.height = '5000px';
      place.getContainer().style.marginTop = '300px';
      await shown.addLayer(interactive('one', { featureClickColumns: ['name'] }));
      await idle(500);
      window.scrollTo(0, 200);
      const box = place.getContainer().getBoundingClientRect();
      for (const kind of ['mousemove', 'click']) {
        place.getContainer().dispatchEvent(new MouseEvent(kind, { clientX: box.left + 270, clientY: box.top + 240, bubbles: true }));
        await idle(500);
        log(kind, told.splice(0));
      }
    `),
  },
  {
    name: 'a grid that cannot be read is told to its layer',
    rows: ['C-153'],
    answers: ({ kind }) => (kind === 'grid' ? { status: 400, body: { errors: ['You are over platform\'s limits'], errors_with_context: [{ type: 'limit', subtype: 'rate-limit', message: 'You are over platform\'s limits' }] } } : undefined),
    page: withTools(`
      const one = interactive('one', { featureClickColumns: ['name'] });
      one.on('featureError', (error) => told.push(error.errorCode));
      await shown.addLayer(one);
      await idle(500);
      await fire('mousemove', 10, 10);
      await fire('mousemove', 10, 11);
    `),
    differs: {
      quirks: ['Q-54'],
      check({ reference, ours, assert }) {
        const codes = ({ log }) => log.map((entry) => entry[3].filter((told) => typeof told === 'string'));
        assert.deepEqual(codes(reference), [[], []]);
        assert.deepEqual(codes(ours), [['windshaft:limit:over-platform-limits'], []]);
      },
    },
  },
];
