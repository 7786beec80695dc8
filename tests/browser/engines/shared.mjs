// One browser for all core tests of a run: its start takes longer than most of them.
let started;
let users = 0;

/** A browser as Playwright gives one, with pages of its own; the last user to close it ends the program. */
export async function launch(engine) {
  users += 1;
  started ??= import(`./${engine}.mjs`).then((driver) => driver.launch());
  const pages = new Set();
  return {
    async newPage(options) {
      const page = await (await started).newPage(options);
      pages.add(page);
      page.once('close', () => pages.delete(page));
      return page;
    },
    async close() {
      users -= 1;
      if (users > 0) {
        for (const page of pages) await page.close();
        return;
      }
      const browser = started;
      started = undefined;
      await (await browser).close();
    },
  };
}
