// A page of a browser that Playwright does not drive, with the members of Playwright's pages that the core tests use.
import { EventEmitter } from 'node:events';
import { inspect } from 'node:util';

// JSON has no undefined, no NaN and no infinities; tests compare them.
const MARK = 'not in JSON';
const UNWRITTEN = { undefined, NaN, Infinity, '-Infinity': -Infinity };
// What WebDriver calls keys that are no character: https://w3c.github.io/webdriver/#keyboard-actions
const KEYS = { Tab: '\ue004', Enter: '\ue007', Escape: '\ue00c', ArrowLeft: '\ue012', ArrowUp: '\ue013', ArrowRight: '\ue014', ArrowDown: '\ue015' };

/** Runs in the page: calls a function of the test and gives its result as text. */
async function call(run, text, mark) {
  const plain = (key, value) => (value === undefined || (typeof value === 'number' && !Number.isFinite(value)) ? { [mark]: String(value) } : value);
  return JSON.stringify(await run(JSON.parse(text)), plain);
}

function restored(value) {
  if (typeof value !== 'object' || value === null) return value;
  if (MARK in value) return UNWRITTEN[value[MARK]];
  for (const [key, member] of Object.entries(value)) value[key] = restored(member);
  return value;
}

/**
 * What a browser's protocol must offer is the tab: `navigate(url)`, `run(source)`, which awaits an expression that gives text,
 * `perform(actions)` of pointer and keyboard, `screenshot()` as base64, and `close()`. With `answer(url, html)` it goes to an address and
 * gives the answer itself.
 */
export class Page extends EventEmitter {
  #tab;

  constructor(tab) {
    super();
    this.#tab = tab;
  }

  goto(url) {
    return this.#tab.navigate(url);
  }

  /** Runs a function of the test in the page; argument and result travel as JSON. */
  async evaluate(run, argument = null) {
    const source = `(${call})(${run}, ${JSON.stringify(JSON.stringify(argument))}, ${JSON.stringify(MARK)})`;
    const text = await this.#tab.run(source);
    return restored(JSON.parse(text));
  }

  /** Shows a document in place of the one that is there, at the same address. */
  async setContent(html) {
    const text = this.#tab.prepared?.(html) ?? html;
    if (this.#tab.answer) return this.#tab.answer(await this.evaluate(() => location.href), text);
    await this.evaluate((text) => {
      document.open();
      document.write(text);
      document.close();
    }, text);
    return this.waitForFunction(() => document.readyState === 'complete');
  }

  async waitForFunction(run, argument) {
    for (const end = Date.now() + 30_000; !(await this.evaluate(run, argument)); await new Promise((resolve) => setTimeout(resolve, 20))) {
      if (Date.now() > end) throw new Error(`waited in vain for ${inspect(String(run))}`);
    }
  }

  mouse = {
    move: (x, y) => this.#pointer({ type: 'pointerMove', x: Math.round(x), y: Math.round(y), duration: 0 }),
    down: () => this.#pointer({ type: 'pointerDown', button: 0 }),
    up: () => this.#pointer({ type: 'pointerUp', button: 0 }),
    click: async (x, y) => {
      await this.mouse.move(x, y);
      await this.mouse.down();
      await this.mouse.up();
    },
  };

  #pointer(...actions) {
    return this.#tab.perform([{ type: 'pointer', id: 'mouse', parameters: { pointerType: 'mouse' }, actions }]);
  }

  keyboard = {
    press: (key) => {
      const value = KEYS[key] ?? key;
      return this.#tab.perform([{ type: 'key', id: 'keyboard', actions: ['keyDown', 'keyUp'].map((type) => ({ type, value })) }]);
    },
  };

  async screenshot() {
    return Buffer.from(await this.#tab.screenshot(), 'base64');
  }

  async close() {
    await this.#tab.close();
    this.emit('close');
  }
}
