// WebKitGTK's MiniBrowser by WebDriver, which WebKitWebDriver speaks: https://w3c.github.io/webdriver/
import { createServer } from 'node:net';
import { Page } from './page.mjs';
import { Program } from './program.mjs';

/** Runs first in every page: the protocol tells nothing of the console. */
function record() {
  const name = Symbol.for('what the console said');
  const said = (window[name] ??= []);
  for (const type of said.wrapped ? [] : ['error', 'warn', 'info', 'log', 'debug']) {
    const own = console[type];
    console[type] = function (...words) {
      said.push([type === 'warn' ? 'warning' : type, words.map(String).join(' ')]);
      return own.apply(this, words);
    };
  }
  said.wrapped = true;
  // Opening a document again takes listeners away; a handler that is there counts once.
  said.onError ??= (event) => said.push(['pageerror', String(event.error ?? event.message), event]);
  said.onRejection ??= (event) => said.push(['pageerror', String(event.reason), event]);
  addEventListener('error', said.onError);
  addEventListener('unhandledrejection', said.onRejection);
}

/** Runs in the page: waits for a script and brings along what the console said. */
function drained(script, done) {
  // What the page has prevented is told to nobody.
  const said = () =>
    (window[Symbol.for('what the console said')] ?? []).splice(0).filter(([, , event]) => !event?.defaultPrevented).map(([type, words]) => [type, words]);
  script.then((text) => done({ text, said: said() }), (error) => done({ error: String(error?.stack ? `${error}\n${error.stack}` : error), said: said() }));
}

class Session {
  #base;
  #current;
  #first;

  constructor(port) {
    this.#base = `http://127.0.0.1:${port}/session`;
  }

  async start() {
    const { sessionId } = await this.send('', { capabilities: { alwaysMatch: { browserName: 'MiniBrowser' } } });
    this.#base += `/${sessionId}`;
    this.#first = await this.send('/window', null);
  }

  /** A new window, asked for in the first one, which is never closed. */
  async open() {
    await this.to(this.#first);
    return (await this.send('/window/new', { type: 'window' })).handle;
  }

  /** Posts a command, or with `null` gets what has its name. */
  async send(path, body = {}, method = body === null ? 'GET' : 'POST') {
    const answer = await fetch(this.#base + path, { method, body: body && JSON.stringify(body) });
    const { value } = await answer.json();
    if (!answer.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  }

  /** Commands go to one window at a time. */
  async to(handle) {
    if (this.#current !== handle) await this.send('/window', { handle });
    this.#current = handle;
    return this;
  }
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

async function answers(port) {
  for (const end = Date.now() + 30_000; ; await new Promise((resolve) => setTimeout(resolve, 50))) {
    const status = await fetch(`http://127.0.0.1:${port}/status`).catch(() => null);
    if (status?.ok) return;
    if (Date.now() > end) throw new Error('WebKitWebDriver does not answer');
  }
}

export async function launch() {
  const programs = [];
  let session;
  const close = async () => {
    await session?.send('', null, 'DELETE').catch(() => {});
    for (const program of programs.reverse()) await program.stop();
  };
  try {
    const env = { ...process.env };
    const screen = new Program(process.env.XVFB, ['-displayfd', '3', '-nolisten', 'tcp', '-screen', '0', '1600x1200x24']);
    programs.push(screen);
    env.DISPLAY = `:${await screen.line(/^(\d+)$/, 3)}`;
    // A desktop's own would win.
    delete env.WAYLAND_DISPLAY;
    const port = await freePort();
    programs.push(new Program(process.env.WEBKIT_DRIVER, ['-p', String(port)], { env }));
    await answers(port);
    session = new Session(port);
    await session.start();
    return { newPage: (options) => newPage(session, options), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function newPage(session, { viewport } = {}) {
  const handle = await session.open();
  const send = async (...command) => (await session.to(handle)).send(...command);
  // With room for the window's own bar above.
  if (viewport) await send('/window/rect', { width: viewport.width, height: viewport.height + 50 });
  const page = new Page({
    prepared: (html) => html.replace(/^(<!doctype html>)?/i, `$1<script>(${record})();</script>`),
    async navigate(url) {
      await send('/url', { url });
      await send('/execute/sync', { script: `(${record})();`, args: [] });
    },
    async run(expression) {
      const script = `(${drained})(${expression}, arguments[arguments.length - 1]);`;
      const { text, error, said } = await send('/execute/async', { script, args: [] });
      for (const [type, words] of said) {
        if (type === 'pageerror') page.emit(type, words);
        else page.emit('console', { type: () => type, text: () => words });
      }
      if (error) throw new Error(error);
      return text;
    },
    perform: (actions) => send('/actions', { actions }),
    screenshot: () => send('/screenshot', null),
    close: () => send('/window', null, 'DELETE'),
  });
  return page;
}
