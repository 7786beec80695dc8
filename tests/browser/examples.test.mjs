// Every example of www/examples, used as a reader does: under CARTO.js 4.2.2 and under this library, side by side.
// With CARTO_PICTURES=1 it also writes the pictures of the index page.
import assert from 'node:assert/strict';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { launch, PAGE, until, watchedPage, WEBGL } from './browser.mjs';
import { GOOGLE_PAGES, OWN_PAGES, PAGES, VECTOR_PAGES } from './examples.mjs';

const ROOT = new URL('../../', import.meta.url);
const PICTURES = new URL('www/examples/pictures/', ROOT);
const VIEWPORT = { width: 800, height: 600 };
/** Share of the pixels of two screenshots that may differ by more than 32 of 255: attributions do, letters at their edges. */
const FAR = 0.002;
/** Milliseconds without a request after which a page is still, and for which a difference may go on. */
const QUIET = 300;
const PATIENCE = 30_000;

if (!process.env.CARTO_REFERENCE) throw new Error('CARTO_REFERENCE is the carto.min.js of CARTO.js 4.2.2: `cargo xtask test` sets it');

describe('the examples', { timeout: 600_000 }, () => {
  let browser, reference, standIn;
  const asked = { theirs: 0, ours: 0 };

  before(async () => {
    browser = await launch();
    reference = await readFile(process.env.CARTO_REFERENCE, 'utf8');
    standIn = await readFile(new URL('tests/parity/google-maps.js', ROOT), 'utf8');
    if (process.env.CARTO_PICTURES) await mkdir(PICTURES, { recursive: true });
  });
  after(() => browser?.close());

  /** Opens an example under one of the libraries. */
  async function open(name, side, prepare, on = browser) {
    const { page, seen } = await watchedPage(on, { viewport: VIEWPORT });
    seen.running = new Set();
    page.on('request', (request) => seen.running.add(request));
    for (const end of ['requestfinished', 'requestfailed']) page.on(end, (request) => seen.running.delete(request));
    if (side === 'reference') {
      await page.route(/\/pkg\/carto(\.core)?\.js/, (route) => route.fulfill({ contentType: 'text/javascript', body: reference }));
    }
    await prepare?.(page);
    await page.goto(`${PAGE}/examples/${name}.html`);
    return { page, seen };
  }

  /** Waits until nothing is asked for, and all tiles are painted. */
  async function still(page, seen) {
    const settled = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('img.leaflet-tile')].every((tile) => tile.complete && getComputedStyle(tile).opacity === '1'),
      );
    let [count, since] = [-1, 0];
    await until(async () => {
      const isStill = count === seen.requests.length && seen.running.size === 0 && (await settled());
      if (!isStill) [count, since] = [seen.requests.length, Date.now()];
      return isStill && Date.now() - since > QUIET;
    }, 'the page to be still');
  }

  /** Does what a reader does; `look` tells what is there then. */
  async function play(name, steps, side) {
    const { page, seen } = await open(name, side);
    await still(page, seen);
    if (process.env.CARTO_PICTURES && side === 'ours') await picture(page, name);
    for (const step of steps) {
      await step(page, () => still(page, seen));
      await still(page, seen);
    }
    const look = async () => {
      await still(page, seen);
      // What widgets show is in shadow roots, which innerText leaves out.
      const text = await page.locator('main').evaluate((main) =>
        [main.innerText, ...[...main.querySelectorAll('*')].flatMap(({ shadowRoot }) => [...(shadowRoot?.querySelectorAll('section') ?? [])].map((section) => section.innerText))].join('\n'),
      );
      const popup = (await page.locator('.leaflet-popup-content').allInnerTexts()).join();
      // The browser's own words for a refusal are in its console whatever the page does.
      const complaints = seen.console.filter((line) => /^(error|warning)/.test(line) && !/Failed to load resource/.test(line));
      const names = (url) => /\/(map\?|sql\?|map\/[^/]+\/dataview\/)/.exec(new URL(url).pathname + new URL(url).search)?.[1].split('/')[0];
      const asked = seen.requests.filter(({ url }) => names(url)).length;
      return { text, popup, errors: seen.errors, complaints, asked, screenshot: await page.screenshot() };
    };
    return { look, close: () => page.close() };
  }

  /** Plays an example under both libraries, and looks until they are alike, or for a while. */
  async function playBoth(name, steps, isGood) {
    const players = await Promise.all([play(name, steps, 'reference'), play(name, steps, 'ours')]);
    for (const end = Date.now() + PATIENCE; ; ) {
      const [theirs, ours] = await Promise.all(players.map((player) => player.look()));
      const seen = { theirs, ours, far: await difference(theirs.screenshot, ours.screenshot) };
      if (isGood(seen) || Date.now() > end) {
        await Promise.all(players.map((player) => player.close()));
        return seen;
      }
    }
  }

  /** Share of pixels that differ by more than 32 of 255 in a channel. */
  async function difference(one, other) {
    const page = await browser.newPage();
    try {
      return await page.evaluate(async (images) => {
        const pixels = async (data) => {
          const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
          const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
          context.drawImage(image, 0, 0);
          return context.getImageData(0, 0, image.width, image.height).data;
        };
        const [a, b] = await Promise.all(images.map(pixels));
        let far = 0;
        for (let at = 0; at < a.length; at += 4) {
          if ([0, 1, 2].some((channel) => Math.abs(a[at + channel] - b[at + channel]) > 32)) far += 1;
        }
        return far / (a.length / 4);
      }, [one, other].map((image) => image.toString('base64')));
    } finally {
      await page.close();
    }
  }

  /** A small picture for the index: the map beside the panel, or the panel where there is no map. */
  async function picture(page, name) {
    const hasMap = (await page.locator('#map').count()) > 0;
    const clip = hasMap ? { x: 60, y: 100, width: 400, height: 250 } : { x: 120, y: 20, width: 560, height: 350 };
    const large = (await page.screenshot({ clip })).toString('base64');
    const small = await page.evaluate(async (data) => {
      const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
      const canvas = new OffscreenCanvas(320, 200);
      const context = canvas.getContext('2d');
      context.imageSmoothingQuality = 'high';
      context.drawImage(image, 0, 0, 320, 200);
      const blob = await canvas.convertToBlob({ type: 'image/webp', quality: 0.8 });
      return btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())));
    }, large);
    await writeFile(new URL(`${name.replace('/', '-')}.webp`, PICTURES), Buffer.from(small, 'base64'));
  }

  describe('under both libraries', { concurrency: 3 }, () => {
    for (const [number, [name, steps, see, popup]] of PAGES.entries()) {
      test(`${name}, ${number}`, async (t) => {
        // Errors of CARTO.js have no hint, which widgets show first.
        const hasHint = name === 'dataviews/error-handling';
        const isSame = hasHint || name.includes('boilerplate') ? () => true : (theirs, ours) => ours.text === theirs.text && ours.popup === theirs.popup;
        // A picture that moves is never the same twice.
        const limit = hasHint ? 0.1 : name.includes('video') ? 0.02 : FAR;
        const isGood = ({ theirs, ours, far }) =>
          far <= limit && isSame(theirs, ours) && see.test(ours.text) && (!popup || (popup.test(theirs.popup) && popup.test(ours.popup)));
        // On a slow machine an answer may come after the next click: what differs is played again.
        let seen;
        for (let tries = 3; tries > 0 && !(seen && isGood(seen)); tries -= 1) seen = await playBoth(name, steps, isGood);
        const { theirs, ours, far } = seen;
        for (const [side, { text, popup: shown, errors, complaints }] of Object.entries({ theirs, ours })) {
          assert.match(text, see, side);
          if (popup) assert.match(shown, popup, side);
          assert.deepEqual([errors, complaints], [[], []], side);
        }
        if (!isSame(theirs, ours)) assert.deepEqual([ours.text, ours.popup], [theirs.text, theirs.popup]);
        asked.theirs += theirs.asked;
        asked.ours += ours.asked;
        t.diagnostic(`${(100 * far).toFixed(3)} % of the pixels differ`);
        assert.ok(far <= limit, `${(100 * far).toFixed(2)} % of the pixels differ`);
      });
    }
  });

  test('all of them together ask for no more than under CARTO.js', (t) => {
    t.diagnostic(`${asked.theirs} requests under CARTO.js, ${asked.ours} under this library`);
    assert.ok(asked.ours > 0 && asked.ours <= asked.theirs, `${asked.ours} requests for ${asked.theirs}`);
  });

  describe('on other map libraries', () => {
    let drawing;
    before(async () => {
      drawing = await launch(WEBGL);
    });
    after(() => drawing?.close());

    for (const [name, steps, see, popup] of OWN_PAGES) {
      test(name, async () => {
        const { page, seen } = await open(name, 'ours', undefined, drawing);
        try {
          await still(page, seen);
          if (process.env.CARTO_PICTURES) await picture(page, name);
          await until(async () => see.test(await page.evaluate(() => document.querySelector('carto-legend').shadowRoot.textContent)), 'the legend');
          await until(async () => {
            for (const step of steps) await step(page, () => still(page, seen));
            return popup.test(await page.evaluate(() => document.querySelector('carto-popup').shadowRoot.textContent));
          }, 'the popup');
          assert.deepEqual(seen.errors, []);
        } finally {
          await page.close();
        }
      });
    }
  });

  for (const [name, steps, see] of VECTOR_PAGES) {
    test(`${name}: ${see}`, async () => {
      const { look, close } = await play(name, steps, 'ours');
      try {
        let seen;
        await until(async () => see.test((seen = await look()).text), `${see}`);
        assert.deepEqual([seen.errors, seen.complaints], [[], []]);
      } finally {
        await close();
      }
    });
  }

  describe('on Google Maps', { concurrency: 3 }, () => {
    for (const name of GOOGLE_PAGES) {
      test(name, async () => {
        const more = `
          google.maps.InfoWindow = class { setContent() {} setPosition() {} open() {} close() {} };
          google.maps.Map.prototype.setCenter = google.maps.Map.prototype.setZoom = () => {};`;
        const { page, seen } = await open(name, 'ours', (opened) => opened.addInitScript(`${standIn}${more}`));
        try {
          await still(page, seen);
          assert.deepEqual(seen.errors, []);
          assert.deepEqual(seen.console.filter((line) => /^(error|warning)/.test(line)), []);
          const maps = seen.requests.filter(({ url }) => new URL(url).pathname.endsWith('/api/v1/map'));
          assert.ok(maps.length >= (name.includes('boilerplate') ? 1 : 2), `${maps.length} map requests`);
        } finally {
          await page.close();
        }
      });
    }
  });

  test('a page for Google Maps without a key says where to go', async () => {
    const { page, seen } = await open('layers/single-layer-gmaps', 'ours');
    await page.getByRole('alert').getByRole('link').click();
    await page.waitForURL('**/layers/single-layer-leaflet.html');
    await still(page, seen);
    assert.deepEqual(seen.errors, []);
    await page.close();
  });

  test('the index has all examples, each with a picture', async () => {
    const { page, seen } = await watchedPage(browser, { viewport: { width: 1000, height: 4000 } });
    await page.goto(`${PAGE}/examples/index.html`);
    await page.evaluate(() => Promise.all([...document.images].map((image) => image.decode())));
    const links = await page.locator('.cards a').evaluateAll((all) => [...new Set(all.map((link) => new URL(link.href).pathname.replace('/examples/', '')))]);
    const files = [];
    for (const group of ['dataviews', 'filters', 'layers', 'misc']) {
      files.push(...(await readdir(new URL(`www/examples/${group}`, ROOT))).map((file) => `${group}/${file}`));
    }
    assert.deepEqual(links.toSorted(), files.toSorted());
    const known = [...new Set([...[...PAGES, ...OWN_PAGES, ...VECTOR_PAGES].map(([name]) => name), ...GOOGLE_PAGES])].map((name) => `${name}.html`);
    assert.deepEqual(known.toSorted(), files.toSorted());
    assert.deepEqual(seen.errors, []);
    await page.close();
  });
});
