// Vector mode: tiles drawn in the browser look as the server's do, and restyling asks nobody.
/* global client, native, large, unheard */
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import { blankPage, launch, SERVER, until } from './browser.mjs';
import { difference, vectorPage } from './vector-page.mjs';

const CITIES = 'SELECT * FROM cities WHERE pop_max > 300000';
const POINTS = '#layer { marker-width: 9; marker-fill: #ee4d5a; marker-line-color: #fff; marker-line-width: 1; marker-allow-overlap: true; [pop_max > 2000000] { marker-fill: #1d4f60; marker-width: 15; } }';
const AREAS = "#layer { polygon-fill: #ddd; line-color: #777; line-width: 1.5; [iso_a2 = 'EG'] { polygon-fill: rgba(200,120,40,0.6); } [name =~ 'S.*'] { polygon-fill: #447755; polygon-opacity: 0.7; } }";

/** How many dark pixels two screens have, and how many of each are not near one of the other. */
function ink(page, one, other) {
  return page.evaluate(async (pictures) => {
    const NEAR = 2;
    const darks = [];
    let width, height;
    for (const picture of pictures) {
      const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
      ({ width, height } = image);
      const context = new OffscreenCanvas(width, height).getContext('2d');
      context.drawImage(image, 0, 0);
      const { data } = context.getImageData(0, 0, width, height);
      darks.push(Array.from({ length: width * height }, (_, pixel) => data[4 * pixel + 1] < 128));
    }
    const missed = darks.map((dark, index) => {
      const far = (_, pixel) => {
        if (!dark[pixel]) return false;
        for (let y = -NEAR; y <= NEAR; y++) for (let x = -NEAR; x <= NEAR; x++) if (darks[1 - index][pixel + y * width + x]) return false;
        return true;
      };
      return dark.filter(far).length;
    });
    return { dark: darks.map((dark) => dark.filter(Boolean).length), missed };
  }, [one, other]);
}

describe('vector mode', { timeout: 300_000 }, () => {
  let browser, page, seen, begin, screen;

  before(async () => {
    browser = await launch();
  });
  beforeEach(async () => {
    await page?.close();
    ({ page, seen, begin, screen } = await vectorPage(browser));
  });
  after(() => browser?.close());

  const problems = async () => {
    assert.deepEqual(await page.evaluate(() => window.problems), []);
    assert.deepEqual(seen.errors, []);
    assert.deepEqual(seen.console.filter((line) => !line.startsWith('log')), []);
  };

  for (const [name, layers] of [
    ['points', [[CITIES, POINTS]]],
    ['areas and points', [['SELECT * FROM world_countries', AREAS], [CITIES, POINTS]]],
  ]) {
    test(`${name} look as the server draws them`, async () => {
      await begin('vector', layers);
      const here = await screen();
      assert.ok(await page.evaluate(() => document.querySelectorAll('.leaflet-tile-container canvas').length > 1));
      const urls = seen.requests.map(({ url }) => new URL(url).pathname);
      assert.ok(urls.some((path) => path.endsWith('.mvt')) && !urls.some((path) => path.endsWith('.png')), urls.join('\n'));
      await begin('raster', layers);
      const there = await screen();
      const { share, coloured } = await difference(page, there, here);
      assert.ok(coloured > 3000, `${coloured} coloured`);
      assert.ok(share < 0.004, `${share} differ`);
      await problems();
    });
  }

  const mapRequests = () => seen.requests.filter(({ url }) => url.startsWith(SERVER)).length;

  test('another style, hidden layers and another order ask nobody, and look as the server draws them', async () => {
    const layers = [['SELECT * FROM world_countries', AREAS], [CITIES, POINTS]];
    await begin('vector', layers);
    await screen();
    const before = mapRequests();
    const changed = await page.evaluate(async () => {
      const [areas, points] = client.getLayers();
      const told = [];
      points.on('metadataChanged', () => told.push('metadata'));
      points.on('styleChanged', () => told.push('style'));
      await points.getStyle().setContent('#layer { marker-width: 12; marker-fill: #0a7; marker-allow-overlap: true; }');
      await points.setStyle(new carto.style.CartoCSS('#layer { marker-width: 14; marker-fill: #07a; marker-line-width: 0; marker-allow-overlap: true; }'));
      areas.hide();
      areas.show();
      await points.bringToBack();
      return { told, order: client.getLayers()[1] === areas, modes: client.getLayers().map((layer) => layer.getRenderMode()) };
    });
    assert.ok(changed.order);
    assert.ok(changed.told.includes('style'), changed.told.join());
    assert.deepEqual(changed.modes, ['vector', 'vector']);
    const here = await screen();
    assert.equal(mapRequests(), before);
    const restyled = '#layer { marker-width: 14; marker-fill: #07a; marker-line-width: 0; marker-allow-overlap: true; }';
    await begin('raster', [[CITIES, restyled], ['SELECT * FROM world_countries', AREAS]]);
    const { share } = await difference(page, await screen(), here);
    assert.ok(share < 0.004, `${share} differ`);
    await problems();
  });

  const modes = () => page.evaluate(() => client.getLayers().map((layer) => layer.getRenderMode()));

  test('labels of points are written where the server writes them, and restyling them asks nobody', async () => {
    // Of two labels that overlap the first one stays.
    const query = `${CITIES} ORDER BY cartodb_id`;
    const plain = "#layer { text-name: [name]; text-size: 12; text-fill: #222; text-face-name: 'DejaVu Sans Book'; }";
    const rich = "#layer { text-name: [name]; text-size: 13; text-fill: #a00; text-face-name: 'Open Sans Bold'; text-halo-radius: 2; text-halo-fill: #ffd; text-transform: uppercase; text-wrap-width: 50; text-dy: 6; text-character-spacing: 1; }";
    await begin('vector', [[query, plain]]);
    const here = { plain: await screen() };
    assert.deepEqual(await modes(), ['vector']);
    const before = mapRequests();
    await page.evaluate((css) => client.getLayers()[0].getStyle().setContent(css), rich);
    here.rich = await screen();
    assert.equal(mapRequests(), before);
    assert.deepEqual(await modes(), ['vector']);
    for (const [name, css] of Object.entries({ plain, rich })) {
      await begin('raster', [[query, css]]);
      const { dark, missed } = await ink(page, await screen(), here[name]);
      // The letters are the same where the browser has the server's font, or one like it.
      assert.ok(dark.every((count) => count > 1500), `${name}: ${dark} dark pixels`);
      assert.ok(missed.every((count, index) => count < 0.03 * dark[index]), `${name}: ${missed} of ${dark} dark pixels are elsewhere`);
    }
    await problems();
  });

  test('without a worker labels are written by the page, and by the server where nobody may read what is drawn', async () => {
    const LABELS = "#layer { text-name: [name]; text-size: 12; text-face-name: 'DejaVu Sans Book'; }";
    await page.evaluate(() => {
      window.Worker = class {
        constructor() {
          throw new Error('refused');
        }
      };
    });
    const layers = [[`${CITIES} ORDER BY cartodb_id`, LABELS]];
    await begin('vector', layers);
    const here = await screen();
    assert.deepEqual(await modes(), ['vector']);
    await begin('raster', layers);
    const { dark, missed } = await ink(page, await screen(), here);
    assert.ok(dark.every((count) => count > 1500), `${dark} dark pixels`);
    assert.ok(missed.every((count, index) => count < 0.03 * dark[index]), `${missed} of ${dark} dark pixels are elsewhere`);
    // As browsers do it that hide what could tell people apart.
    await page.evaluate(() => {
      OffscreenCanvasRenderingContext2D.prototype.getImageData = (x, y, width, height) => ({ data: new Uint8ClampedArray(4 * width * height).fill(255) });
    });
    await begin('vector', layers);
    await screen();
    assert.deepEqual(await modes(), ['image']);
    await problems();
  });

  test('what cannot be drawn here is the server\'s image: labels of areas, and nothing else', async () => {
    const LABELS = "#layer { text-name: [name]; text-size: 12; text-fill: #333; text-face-name: 'DejaVu Sans Book'; }";
    await begin('vector', [['SELECT * FROM world_countries', AREAS], ['SELECT * FROM world_countries', LABELS]]);
    const here = await screen();
    assert.deepEqual(await modes(), ['vector', 'image']);
    await begin('raster', [['SELECT * FROM world_countries', AREAS], ['SELECT * FROM world_countries', LABELS]]);
    const { share } = await difference(page, await screen(), here);
    assert.ok(share < 0.004, `${share} differ`);
    await problems();
  });

  test('styles that ask for the data go to the server, and wrong ones are refused as ever', async () => {
    await begin('vector', [[CITIES, POINTS]]);
    await screen();
    const result = await page.evaluate(async () => {
      const [points] = client.getLayers();
      const rules = new Promise((done) => points.on('metadataChanged', ({ styles }) => done(styles.length)));
      const ramp = '#layer { marker-width: ramp([pop_max], range(4, 20), quantiles(4)); marker-allow-overlap: true; }';
      await points.getStyle().setContent(ramp);
      const styles = await rules;
      await points.getStyle().setContent('#layer { marker-width: 5; marker-allow-overlap: true; }');
      const error = await points.getStyle().setContent('#layer { marker-wdth: 5; }').catch(({ message }) => message);
      const refused = [];
      for (const rule of ['marker-smooth: 0.5;', "marker-transform: 'scale(2)';", 'dot-width: 8;', 'image-filters: invert();', 'shield-size: 9;', 'line-smooth: 1;', 'building-height: 9;']) {
        refused.push(await points.getStyle().setContent(`#layer { marker-width: 5; ${rule} }`).then(() => rule, () => ''));
      }
      window.problems = [];
      return { styles, error, refused, mode: points.getRenderMode() };
    });
    assert.equal(result.styles, 1);
    assert.match(result.error, /marker-wdth/);
    assert.deepEqual(result.refused.filter(Boolean), [], 'taken here, and refused by the server');
    assert.equal(result.mode, 'vector');
    // The browser itself says that a style was refused.
    assert.deepEqual(seen.console.splice(0).filter((line) => !line.includes('status of 400')), []);
    const before = mapRequests();
    await page.evaluate(() => client.getLayers()[0].getStyle().setContent('#layer { marker-width: ramp([pop_max], range(4, 20), quantiles(4)); marker-allow-overlap: true; }'));
    await screen();
    assert.equal(mapRequests(), before, 'it is known what the server made of it');
    await problems();
  });

  test('other colours and sizes over classes that the server has told ask nobody, and are told as the server tells them', async () => {
    const points = (rules) => `#layer { marker-width: 8; marker-fill: #555; marker-allow-overlap: true; ${rules} }`;
    const [told, changed] = [
      ['marker-width: ramp([pop_max], range(4, 20), quantiles(4));', 'marker-fill: ramp([pop_max], (#fee, #f99, #c33, #600), quantiles(4), >=); [pop_max > 5000000] { marker-width: ramp([pop_max], (9, 12, 15, 28), quantiles(4)); }'],
      ['marker-fill: ramp([adm0name], cartocolor(Bold), category(5));', 'marker-fill: ramp([adm0name], (#111, #333, #555, #777, #999, #ccc), category(5), "=");'],
      ['marker-fill: ramp([pop_max], cartocolor(Sunset), jenks(5));', 'marker-fill: ramp([pop_max], cartocolor(Sunset), jenks(5), >=); marker-width: ramp([pop_max], range(2, 22), jenks(5));'],
      ['marker-fill: ramp([pop_max], (red, lime, blue), equal);', 'marker-fill: ramp([pop_max], (#300, #030, #003), equal);'],
    ].reduce(([one, other], [before, after]) => [[...one, points(before)], [...other, points(after)]], [[], []]);
    const styled = (styles) =>
      page.evaluate(async (all) => {
        const [layer] = client.getLayers();
        const heard = [];
        layer.on('metadataChanged', ({ styles }) => heard.push(styles));
        for (const style of all) {
          // Each of the two must have another look, or nothing is told.
          await layer.getStyle().setContent('#layer { marker-width: 3; }');
          heard.length = 0;
          await layer.getStyle().setContent(style);
          heard.splice(0, heard.length - 1);
          window.told = [...(window.told ?? []), JSON.parse(JSON.stringify(heard[0] ?? null))];
        }
        return window.told.splice(0);
      }, styles);
    await begin('vector', [[CITIES, points('')]]);
    await screen();
    await styled(told);
    const before = mapRequests();
    const here = await styled(changed);
    const look = await screen();
    assert.equal(mapRequests(), before);
    await begin('raster', [[CITIES, points('')]]);
    const there = await styled(changed);
    assert.deepEqual(here, there);
    assert.ok(here.every((styles) => styles?.length > 0), JSON.stringify(here));
    const { share, coloured } = await difference(page, await screen(), look);
    assert.ok(coloured > 2000, `${coloured} coloured`);
    assert.ok(share < 0.004, `${share} differ`);
    await problems();
  });

  test('features under the pointer are found without the server', async () => {
    await begin('vector', [[CITIES, POINTS, { featureOverColumns: ['name'], featureClickColumns: ['name', 'pop_max'] }]], { zoom: 5, at: [30, 31] });
    await screen();
    const before = mapRequests();
    const found = await page.evaluate(async () => {
      const [points] = client.getLayers();
      const clicked = new Promise((done) => points.on('featureClicked', ({ data }) => done(data)));
      const latlng = L.latLng(30.05, 31.25);
      native._map.fire('click', { latlng, containerPoint: native._map.latLngToContainerPoint(latlng) });
      return clicked;
    });
    assert.equal(found.name, 'Cairo');
    assert.ok(found.pop_max > 1e6);
    assert.equal(mapRequests(), before);
    await problems();
  });

  const paths = () => seen.requests.filter(({ url }) => url.startsWith(SERVER)).map(({ url }) => new URL(url).pathname + new URL(url).search);

  /** Rows with columns for all dataviews, from rows of a number `i` and a geometry in metres. */
  const counted = (rows) => `SELECT i AS cartodb_id, (i * 7919 % 1000)::int AS pop_max, i * 7919 % 1000 / 7.0 AS part, chr(65 + (i * 31 % 9)::int) AS adm0name,
    timestamp '2001-01-01' + i * interval '9 hours' AS at, ST_SetSRID(g, 3857) AS the_geom_webmercator FROM (${rows}) AS rows`;
  // As random as can be, and the same each time: x, y and r are from 0 to 1.
  const part = (what) => `(('x' || substr(md5('${what}' || i), 1, 7))::bit(28)::int / 268435456.0)`;
  const places = (count, first) => `(SELECT i, ${part('x')} AS x, ${part('y')} AS y, ${part('r')} AS r, ST_MakePoint(-900000 + 3800000 * ${part('x')}, 4900000 + 2400000 * ${part('y')}) AS p FROM generate_series(${first}, ${first + count - 1}) AS i) AS places`;
  const SHAPES = {
    // Smaller than a pixel; thinner than one, and long; in parts, some of them tiny; rings; and each of them at borders of tiles.
    areas: counted(`SELECT i, ST_Buffer(p, 10 ^ (1 + 3 * r), 2) AS g FROM ${places(900, 1)}
      UNION ALL SELECT i, ST_Buffer(ST_MakeLine(p, ST_Translate(p, 250000 * (r - 0.5), 200000 * (x - 0.5))), 40) FROM ${places(40, 1001)}
      UNION ALL SELECT i, ST_Union(ARRAY[ST_Buffer(p, 20000 * r, 3), ST_Translate(ST_Buffer(p, 900, 1), 90000 * x, 70000), ST_Translate(ST_Buffer(p, 30, 1), -60000, 50000 * y)]) FROM ${places(60, 2001)}
      UNION ALL SELECT i, ST_Difference(ST_Buffer(p, 300000 * r, 6), ST_Translate(ST_Buffer(p, 270000 * r, 6), 9000 * r, 0)) FROM ${places(12, 3001)}
      UNION ALL SELECT 4000 + cartodb_id, ST_SetSRID(the_geom_webmercator, 0) FROM world_countries`),
    lines: counted(`SELECT i, ST_MakeLine(ARRAY[p, ST_Translate(p, 20000 * r * r, 9000 * x), ST_Translate(p, 30000 * r * r, -9000 * y)]) AS g FROM ${places(800, 1)}
      UNION ALL SELECT i, ST_MakeLine(p, ST_Translate(p, 10 ^ (1 + 4 * r), 0)) FROM ${places(60, 1001)}
      UNION ALL SELECT i, ST_Collect(ST_MakeLine(p, ST_Translate(p, 30, 30)), ST_MakeLine(ST_Translate(p, 50000 * x, 0), ST_Translate(p, 50000 * x, 80000 * r))) FROM ${places(60, 2001)}`),
  };

  const compareDataviews = async (query, css, zoom) => {
    await begin('vector', [[query, css]], { zoom, at: [48, 9] });
    await screen();
    const compared = await page.evaluate(async ([server, sql]) => {
      const views = (source) => [
        new carto.dataview.Formula(source, 'pop_max', { operation: carto.operation.AVG }),
        new carto.dataview.Formula(source, 'part', { operation: carto.operation.SUM }),
        new carto.dataview.Category(source, 'adm0name', { limit: 4 }),
        new carto.dataview.Category(source, 'adm0name', { limit: 6, operation: carto.operation.SUM, operationColumn: 'pop_max' }),
        new carto.dataview.Histogram(source, 'pop_max', { bins: 7 }),
        new carto.dataview.TimeSeries(source, 'at', { aggregation: carto.dataview.timeAggregation.YEAR }),
      ];
      const plain = new carto.Client({ apiKey: 'default_public', username: 'demo', serverUrl: `${server}/user/{username}` });
      const source = new carto.source.SQL(sql);
      await plain.addLayer(new carto.layer.Layer(source, new carto.style.CartoCSS('#layer { marker-width: 9; }')));
      const mine = views(client.getLayers()[0].getSource()), theirs = views(source);
      const boxes = [new carto.filter.BoundingBox(), new carto.filter.BoundingBox()];
      [mine, theirs].forEach((all, index) => all.forEach((view) => view.addFilter(boxes[index])));
      const set = async (bounds) => {
        const all = [...mine, ...theirs];
        const loaded = Promise.all(all.map((view) => new Promise((done) => {
          const listen = (status) => { if (status !== 'loading') { view.off('statusChanged', listen); done(status); } };
          view.on('statusChanged', listen);
        })));
        boxes.forEach((box) => box.setBounds(bounds));
        await loaded;
      };
      const ready = Promise.all([client.addDataviews(mine), plain.addDataviews(theirs)]);
      await set({ west: 5, south: 45, east: 8, north: 49 });
      await ready;
      // The same boxes each time.
      let state = 7;
      const random = () => (state = (state * 16807) % 2147483647) / 2147483647;
      const shown = native._map.getBounds();
      const results = [];
      for (let count = 0; count < 12; count++) {
        const between = (low, high) => low + random() * (high - low);
        const [west, east] = [between(shown.getWest(), shown.getEast()), between(shown.getWest(), shown.getEast())].sort((one, other) => one - other);
        const [south, north] = [between(shown.getSouth(), shown.getNorth()), between(shown.getSouth(), shown.getNorth())].sort((one, other) => one - other);
        await set({ west, south, east, north });
        results.push(...mine.map((view, index) => [JSON.stringify(view.getData()), JSON.stringify(theirs[index].getData())]));
      }
      return results;
    }, [SERVER, query]);
    assert.equal(compared.length, 72);
    // Sums of fractions may differ in the last digit.
    const rounded = (json) => json.replace(/\d+\.\d{6,}/g, (number) => Number(number).toPrecision(12));
    for (const [mine, theirs] of compared) assert.equal(rounded(mine), rounded(theirs));
    assert.ok(compared.some(([mine]) => Number(JSON.parse(mine).result) > 0));
    const asked = paths().filter((path) => path.includes('/dataview/') && path.includes('bbox='));
    // The other client asks for 78; this one for what nobody could tell here.
    assert.ok(asked.length < 78 + 20, `${asked.length} asked`);
    await problems();
  };

  for (const [kind, query, css, zooms] of [
    ['points', "SELECT *, pop_max / 7.0 AS part, timestamp '2001-01-01' + geonameid * interval '1 hour' AS at FROM cities", POINTS, [5]],
    ['areas', SHAPES.areas, '#layer { polygon-fill: #a33; }', [5, 8]],
    ['lines', SHAPES.lines, '#layer { line-color: #a33; line-width: 2; }', [4, 7]],
  ]) {
    for (const zoom of zooms) {
      test(`dataviews over boxes are those of the server, and most ask nobody: ${kind} at zoom ${zoom}`, () => compareDataviews(query, css, zoom));
    }
  }

  test('where the server refuses boxes around rows, it counts, and the map is drawn here', async () => {
    let refused = 0;
    await page.route(`${SERVER}/**`, (route) => {
      if (!route.request().postData()?.includes('LATERAL')) return route.continue();
      refused++;
      return route.fulfill({ status: 400, headers: { 'access-control-allow-origin': '*' }, json: { errors: ['no'] } });
    });
    await begin('vector', [[SHAPES.lines, '#layer { line-color: #a33; }']], { zoom: 5, at: [48, 9] });
    const count = await page.evaluate(() => new Promise((done) => {
      const view = new carto.dataview.Formula(client.getLayers()[0].getSource(), 'pop_max', { operation: carto.operation.COUNT });
      view.addFilter(new carto.filter.BoundingBoxLeaflet(native._map));
      view.on('dataChanged', ({ result }) => done(result));
      void client.addDataview(view);
    }));
    await screen();
    assert.ok(count > 100, `${count} rows`);
    assert.equal(refused, 1);
    assert.deepEqual(await modes(), ['vector']);
    assert.ok(paths().some((path) => path.includes('/dataview/') && path.includes('bbox=')));
  });

  test('boxes around rows are not seen: maps with dataviews look as those without, and tell the same features', async () => {
    const layers = [[SHAPES.areas, AREAS.replaceAll('iso_a2', 'adm0name').replaceAll('name =~', 'adm0name =~'), { featureClickColumns: ['cartodb_id', 'pop_max'] }]];
    await begin('vector', layers, { zoom: 5, at: [48, 9] });
    const before = await screen();
    const count = await page.evaluate(() => new Promise((done) => {
      const view = new carto.dataview.Formula(client.getLayers()[0].getSource(), 'pop_max', { operation: carto.operation.COUNT });
      view.addFilter(new carto.filter.BoundingBoxLeaflet(native._map));
      view.on('dataChanged', ({ result }) => done(result));
      void client.addDataview(view);
    }));
    assert.ok(count > 100, `${count} rows`);
    assert.deepEqual(await modes(), ['vector']);
    const { share, coloured } = await difference(page, await screen(), before);
    assert.ok(share === 0 && coloured > 3000, `${share} differ of ${coloured}`);
    const asked = seen.requests.filter(({ method, url }) => method === 'POST' && url.startsWith(SERVER)).length;
    assert.ok(asked <= 5, `${asked} maps`);
    const features = await page.evaluate(() => new Promise((done) => {
      client.on('featuresClicked', ({ features }) => done(features.map(({ data }) => data.cartodb_id)));
      native._map.fire('click', { latlng: native._map.getCenter(), containerPoint: native._map.getSize().divideBy(2), originalEvent: new MouseEvent('click') });
    }));
    assert.equal(new Set(features).size, features.length);
    await problems();
  });

  test('filters ask nobody, and what is left looks as the server draws it', async () => {
    await begin('vector', [['SELECT * FROM cities', POINTS, { featureOverColumns: ['adm0name', 'pop_max'] }]], { zoom: 4, at: [48, 9] });
    await screen();
    const before = mapRequests();
    await page.evaluate(async () => {
      const source = client.getLayers()[0].getSource();
      window.large = new carto.filter.Range('pop_max', { gte: 400000 });
      window.here = new carto.filter.Category('adm0name', { in: ['Germany', 'France', 'Italy'] });
      source.addFilter(new carto.filter.AND([large, new carto.filter.OR([here, new carto.filter.Category('adm0name', { eq: 'Spain' })])]));
      large.setFilters({ gt: 300000 });
      here.setFilters({ in: ['Germany', 'France', 'Poland'] });
    });
    const here = await screen();
    assert.deepEqual(paths().slice(before), []);
    assert.equal(await page.evaluate(() => client.getLayers()[0].getRenderMode()), 'vector');
    const filtered = "SELECT * FROM cities WHERE pop_max > 300000 AND adm0name IN ('Germany', 'France', 'Poland', 'Spain')";
    await begin('raster', [[filtered, POINTS]], { zoom: 4, at: [48, 9] });
    const { share, coloured } = await difference(page, await screen(), here);
    assert.ok(coloured > 1000 && share < 0.004, `${coloured} coloured, ${share} differ`);
    await problems();
  });

  test('all features under the pointer are told, where they are and not where others hide them', async () => {
    const twice = "SELECT cartodb_id, the_geom_webmercator, 'a' || cartodb_id AS label FROM cities WHERE name = 'Cairo' UNION ALL SELECT 1000000, the_geom_webmercator, 'b' FROM cities WHERE name = 'Cairo' AND pop_max > 1e6";
    const columns = { featureOverColumns: ['label'], featureClickColumns: ['label'] };
    await begin('vector', [['SELECT * FROM world_countries', AREAS, { featureClickColumns: ['name'] }], [twice, '#layer { marker-width: 20; marker-allow-overlap: true; }', columns]], { zoom: 5, at: [30, 31] });
    await screen();
    const before = mapRequests();
    const told = await page.evaluate(async () => {
      const [areas, points] = client.getLayers();
      const events = [];
      for (const [name, layer] of [['areas', areas], ['points', points]]) {
        for (const event of ['featureOver', 'featureOut', 'featureClicked']) layer.on(event, ({ data, latLng }) => events.push(`${name} ${event} ${data ? JSON.stringify(data) : '-'} ${latLng ? 'there' : '-'}`));
      }
      const place = L.latLng(30.05, 31.25);
      const fire = (type, [x, y]) => {
        const point = native._map.latLngToContainerPoint(place).add([x, y]);
        native._map.fire(type, { latlng: native._map.containerPointToLatLng(point), containerPoint: point });
      };
      const all = new Promise((done) => client.on('featuresClicked', ({ features, position }) => done({ count: features.map(({ layer, data }) => [client.getLayers().indexOf(layer), data.label ?? data.name]), position: position.x > 0 })));
      fire('click', [0, 0]);
      const clicked = await all;
      const heard = events.splice(0);
      const cursor = () => native._map.getContainer().style.cursor;
      const over = new Promise((done) => points.once('featureOver', done));
      fire('mousemove', [7, 6]);
      await over;
      const hand = cursor();
      // Within the box of the marker, and not in it.
      const out = new Promise((done) => points.once('featureOut', done));
      fire('mousemove', [9, 9]);
      await out;
      return { clicked, heard, hand, moved: events };
    });
    const labels = told.clicked.count.filter(([layer]) => layer === 1).map(([, label]) => label);
    assert.equal(told.clicked.count.length, 3, JSON.stringify(told));
    assert.equal(labels.at(-1), 'b');
    assert.deepEqual(told.clicked.count[0], [0, 'Egypt']);
    assert.ok(told.clicked.position);
    assert.equal(told.heard.filter((line) => line.startsWith('points featureClicked {"cartodb_id":1000000,"label":"b"}')).length, 1, told.heard.join('\n'));
    assert.equal(told.hand, 'pointer');
    assert.equal(told.moved.filter((line) => line.startsWith('points')).at(-1), 'points featureOut - -');
    assert.deepEqual(paths().slice(before), []);
    await problems();
  });

  test('where a tile cannot be had, the server draws the style of now', async () => {
    await page.route('**/*.mvt*', (route) => route.fulfill({ status: 200, body: Buffer.from([0x1a, 0xff, 0xff]) }));
    await begin('vector', [[CITIES, POINTS]]);
    await screen();
    const restyled = '#layer { marker-width: 14; marker-fill: #07a; marker-line-width: 0; marker-allow-overlap: true; }';
    await page.evaluate((css) => client.getLayers()[0].getStyle().setContent(css), restyled);
    const here = await screen();
    await page.unroute('**/*.mvt*');
    await begin('raster', [[CITIES, restyled]]);
    const { share } = await difference(page, await screen(), here);
    assert.ok(share < 0.0001, `${share} differ`);
    await problems();
  });

  test('it is said once which layers the server draws', async () => {
    const LABELS = "#layer { text-name: [name]; text-size: 12; text-face-name: 'DejaVu Sans Book'; }";
    await begin('vector', [['SELECT * FROM world_countries', AREAS]]);
    await screen();
    const told = await page.evaluate(async ([labels, areas]) => {
      const told = [];
      client.on('renderModeChanged', ({ layer, mode }) => told.push(`${client.getLayers().indexOf(layer)} ${mode} ${layer.getRenderMode()}`));
      const style = client.getLayers()[0].getStyle();
      for (const css of [labels, `${labels} `, areas]) await style.setContent(css);
      return told;
    }, [LABELS, AREAS]);
    await until(() => page.evaluate(() => client.getLayers()[0].getRenderMode() === 'vector'), 'the layer being drawn again');
    assert.deepEqual(told, ['0 image image', '0 vector vector']);
    await problems();
  });

  test('damaged tiles are errors, and the map goes on', async () => {
    await page.route('**/*.mvt*', async (route) => {
      const answer = await route.fetch();
      const bytes = await answer.body();
      for (let at = 7; at < bytes.length; at += 97) bytes[at] ^= 1 << at % 8;
      await route.fulfill({ response: answer, body: bytes });
    });
    await begin('vector', [[CITIES, POINTS]]);
    await screen();
    assert.equal(await page.evaluate(() => client.getLayers()[0].getStyle().setContent('#layer { marker-width: 5; marker-fill: #f00; marker-allow-overlap: true; }').then(() => 'done')), 'done');
    assert.deepEqual(seen.errors, []);
  });

  test('a client that ends while its tiles are drawn says nothing more', async () => {
    await begin('vector', [[CITIES, POINTS, { featureOverColumns: ['name'] }]]);
    await screen();
    await page.evaluate(async () => {
      window.unheard = [];
      addEventListener('unhandledrejection', ({ reason }) => unheard.push(String(reason)));
      native._map.setView([10, 10], 4, { animate: false });
      const latlng = L.latLng(10, 10);
      native._map.fire('mousemove', { latlng, containerPoint: native._map.latLngToContainerPoint(latlng) });
      const styled = client.getLayers()[0].getStyle().setContent('#layer { marker-width: 5; }').catch(() => 'refused');
      client.dispose();
      await Promise.race([styled, new Promise((done) => setTimeout(done, 2000))]);
      await new Promise((done) => setTimeout(done, 300));
    });
    assert.deepEqual(await page.evaluate(() => window.unheard), []);
    await problems();
  });

  test('without the script it is said what to load', async () => {
    const { page: bare } = await blankPage(browser);
    const message = await bare.evaluate((server) => {
      const client = new carto.Client({ apiKey: 'default_public', username: 'demo', serverUrl: `${server}/user/{username}` });
      try { client.getLeafletLayer({ render: 'vector' }); } catch (error) { return error.message; }
    }, SERVER);
    assert.match(message, /carto\.vector\.js/);
    await bare.close();
  });
});
