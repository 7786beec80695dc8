// A page with the library and its widgets, and a checker of accessibility.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { pageFor } from './answers.mjs';

let axe;

/** A page of the library with the elements of `carto-wasm/widgets`. */
export async function widgetsPage(browser, answers) {
  const { page, seen } = await pageFor(browser, answers, { hasElements: true });
  await page.addScriptTag({ url: '/pkg/carto.widgets.js' });
  await page.evaluate(() => {
    document.documentElement.lang = 'en';
    document.title = 'Widgets';
  });
  return { page, seen };
}

/** The rules of axe that the page, or a part of it, breaks, in light and in dark. */
export async function complaints(page, selector) {
  axe ??= await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
  const found = [];
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate((part) => window.axe.run(part), selector);
    if (passes.length < 3) throw new Error(`axe looked at too little: ${passes.length} rules`);
    found.push(...violations.map(({ id, nodes }) => `${colorScheme} ${id}: ${nodes[0].html}`));
  }
  await page.emulateMedia({ colorScheme: null });
  return found;
}
