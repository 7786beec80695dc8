// A page with a small map that vector mode or the server draws, and how two pictures of it are compared.
/* global client, native, problems, shown */
import { blankPage, SERVER, until } from './browser.mjs';

/** What of all channels of two screens differs, in shares of one. */
export function difference(page, one, other) {
  return page.evaluate(async (pictures) => {
    const pixels = [];
    for (const picture of pictures) {
      const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${picture}`)).blob());
      const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
      context.drawImage(image, 0, 0);
      pixels.push(context.getImageData(0, 0, image.width, image.height).data);
    }
    const [first, second] = pixels;
    let sum = 0, coloured = 0;
    for (let at = 0; at < first.length; at++) {
      sum += Math.abs(first[at] - second[at]);
      coloured += Number(first[at] !== 255);
    }
    return { share: sum / 255 / first.length, coloured };
  }, [one, other]);
}

/**
 * Opens the page. `begin(render, layers, view)` shows layers of `[query, style, options]`, `screen()` gives the map as it looks when
 * nothing changes any more, as base64; it must show something unless it may be empty.
 */
export async function vectorPage(browser) {
  const { page, seen } = await blankPage(browser);
  await page.addScriptTag({ url: '/pkg/carto.vector.js' });
  await page.evaluate((server) => {
    window.begin = async (render, layers, { zoom = 3, at = [22, 40] } = {}) => {
      window.shown?.remove();
      document.querySelector('#map').outerHTML = '<div id="map" style="width:384px;height:256px;background:#fff"></div>';
      window.shown = L.map('map', { fadeAnimation: false, zoomAnimation: false, attributionControl: false, zoomControl: false }).setView(at, zoom);
      window.client = new carto.Client({ apiKey: 'default_public', username: 'demo', serverUrl: `${server}/user/{username}` });
      window.problems = [];
      client.on('error', (error) => problems.push(`${error.name} ${error.message}`));
      window.native = client.getLeafletLayer({ render, opacity: 1 });
      window.native.addTo(shown);
      const made = layers.map(([query, css, options]) => new carto.layer.Layer(new carto.source.SQL(query), new carto.style.CartoCSS(css), options));
      await client.addLayers(made);
    };
  }, SERVER);
  const look = async () => (await page.locator('#map').screenshot()).toString('base64');
  const empty = await look();
  const screen = async ({ mayBeEmpty = false } = {}) => {
    let [before, still] = [empty, 0];
    return until(async () => {
      const now = await look();
      still = now === before && (mayBeEmpty || now !== empty) && !(await page.evaluate(() => native.isLoading())) ? still + 1 : 0;
      before = now;
      return still > 3 && now;
    }, 'a picture that stays');
  };
  const begin = (...args) => page.evaluate((all) => window.begin(...all), args);
  return { page, seen, begin, screen };
}
