// Firefox by WebDriver BiDi, which it speaks itself: https://w3c.github.io/webdriver-bidi/
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Page } from './page.mjs';
import { directory, Program } from './program.mjs';

// What a new profile asks the internet for on its own.
const SETTINGS = {
  'app.normandy.enabled': false,
  'app.update.disabledForTesting': true,
  'browser.safebrowsing.downloads.enabled': false,
  'browser.safebrowsing.malware.enabled': false,
  'browser.safebrowsing.phishing.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'extensions.getAddons.cache.enabled': false,
  'media.gmp-manager.updateEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'network.dns.disablePrefetch': true,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.server': 'data:,',
  // Its viewer of JSON has a policy that keeps scripts out.
  'devtools.jsonview.enabled': false,
};

/** One WebSocket: commands with numbers, and events. */
class Connection {
  #socket;
  #open = new Map();
  #last = 0;
  listeners = new Map();

  static async to(address) {
    if (typeof WebSocket !== 'function') throw new Error('Firefox is driven by WebSocket: Node.js 20 has it with --experimental-websocket');
    const connection = new Connection();
    const socket = new WebSocket(address);
    connection.#socket = socket;
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = () => reject(new Error(`Firefox does not answer at ${address}`));
    });
    socket.onmessage = ({ data }) => connection.#receive(JSON.parse(data));
    socket.onclose = () => {
      for (const { reject } of connection.#open.values()) reject(new Error('Firefox has closed the connection'));
    };
    return connection;
  }

  #receive({ id, type, method, params, result, error, message }) {
    if (type === 'event') return this.listeners.get(params.context ?? params.source?.context)?.(method, params);
    const { resolve, reject } = this.#open.get(id) ?? {};
    this.#open.delete(id);
    if (type === 'success') resolve?.(result);
    else reject?.(new Error(`${error}: ${message}`));
  }

  send(method, params = {}) {
    const id = ++this.#last;
    this.#socket.send(JSON.stringify({ id, method, params }));
    return new Promise((resolve, reject) => this.#open.set(id, { resolve, reject }));
  }
}

export async function launch() {
  const profile = await directory();
  const lines = Object.entries(SETTINGS).map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`);
  await writeFile(join(profile.path, 'user.js'), lines.join(''));
  const program = new Program(process.env.FIREFOX, ['--headless', '--no-remote', '--profile', profile.path, '--remote-debugging-port=0']);
  const close = async () => {
    await program.stop();
    await profile.remove();
  };
  try {
    const address = await program.line(/^WebDriver BiDi listening on (ws:.*)$/);
    const connection = await Connection.to(`${address}/session`);
    await connection.send('session.new', { capabilities: {} });
    await connection.send('session.subscribe', { events: ['log.entryAdded', 'network.beforeRequestSent'] });
    return { newPage: (options) => newPage(connection, options), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function newPage(connection, { viewport } = {}) {
  const { context } = await connection.send('browsingContext.create', { type: 'tab' });
  if (viewport) await connection.send('browsingContext.setViewport', { context, viewport });
  let given;
  const page = new Page({
    // Firefox stops now and then behind the first script of a document that is written by a script, for good.
    async answer(url, html) {
      const { intercept } = await connection.send('network.addIntercept', { phases: ['beforeRequestSent'], contexts: [context], urlPatterns: [{ type: 'string', pattern: url }] });
      given = html;
      await connection.send('browsingContext.navigate', { context, url, wait: 'complete' });
      await connection.send('network.removeIntercept', { intercept });
    },
    navigate: (url) => connection.send('browsingContext.navigate', { context, url, wait: 'complete' }),
    async run(expression) {
      const answer = await connection.send('script.evaluate', { expression, target: { context }, awaitPromise: true });
      if (answer.type === 'exception') throw new Error(answer.exceptionDetails.text);
      return answer.result.value;
    },
    perform: (actions) => connection.send('input.performActions', { context, actions }),
    screenshot: async () => (await connection.send('browsingContext.captureScreenshot', { context })).data,
    async close() {
      connection.listeners.delete(context);
      await connection.send('browsingContext.close', { context });
    },
  });
  connection.listeners.set(context, (event, { type, method, level, text, request, isBlocked }) => {
    if (isBlocked) {
      const headers = [{ name: 'content-type', value: { type: 'string', value: 'text/html; charset=utf-8' } }];
      void connection.send('network.provideResponse', { request: request.request, statusCode: 200, headers, body: { type: 'string', value: given } });
    } else if (event === 'network.beforeRequestSent') {
      // As in Chromium, preflights are the browser's own.
      if (request.method !== 'OPTIONS') page.emit('request', { method: () => request.method, url: () => request.url });
    } else if (type === 'javascript') page.emit('pageerror', text);
    else page.emit('console', { type: () => method ?? level, text: () => text });
  });
  return page;
}
