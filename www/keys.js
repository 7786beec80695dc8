// The account page: who is signed in, and how its parts play together. The key lives in this module's memory only.
import { tabList } from './account-tabs.js';
import { datasetsPanel } from './datasets.js';
import { closeConfirm, confirm, deleteQuestion, regenerateQuestion } from './keys-confirm.js';
import { createDialog } from './keys-create.js';
import { byId, forgetSecrets, keepSecret, say, tell } from './keys-dom.js';
import { keyList } from './keys-list.js';
import { signInForm } from './keys-signin.js';
import { usePanel } from './keys-use.js';
import { findServer } from './server.js';

// Who is signed in: `settings` with the key, `keys` (the Auth API), `replaced` (tokens before their regeneration).
let session = null;
let list, use, create, form, datasets, tabs;

start();

async function start() {
  const server = await findServer();
  if (!('carto' in window)) {
    tell(byId('sign-in-problem'), { message: 'The script with carto.auth did not load.', hint: 'Has the package been built? cargo xtask build does it.' });
    return;
  }
  use = usePanel(() => session);
  const actions = { use: (key) => choose(key, true), regenerate, remove };
  const invite = () => create.open(session.keys);
  list = keyList(actions, invite);
  create = createDialog(created);
  datasets = datasetsPanel(() => session);
  const panels = { 'keys-panel': byId('tab-keys'), 'datasets-panel': byId('tab-datasets') };
  tabs = tabList(panels, (id) => {
    for (const panel of Object.keys(panels)) byId(panel).hidden = panel !== id;
    if (session && id === 'datasets-panel') datasets.load();
  });
  form = signInForm(server, enter);
  byId('new-key').addEventListener('click', invite);
  byId('sign-out').addEventListener('click', leave);
  // A page that a browser keeps for the way back would keep the key with it.
  addEventListener('pagehide', () => { if (session) leave(); else form.reset(); });
}

// Whether a page may ask this server at all is found out with the key that everybody knows: browsers write the address
// of a request that CORS refuses into the console, and the key is in it.
const PROBE = 'default_public';
const NO_SERVER = ['unreachable', 'no-such-api', 'timeout', 'not-json'];

async function enter(settings) {
  const keys = new carto.auth.ApiKeys(settings);
  await new carto.auth.ApiKeys({ ...settings, apiKey: PROBE }).list({ perPage: 1 }).catch((error) => {
    if (NO_SERVER.includes(error.reason)) throw error;
  });
  const answer = await keys.list({ perPage: 20, order: 'name' });
  const mayManage = answer.keys[0]?.type === 'master';
  session = { settings, keys, mayManage, replaced: new Map() };
  for (const { token } of answer.keys) keepSecret(token);
  byId('account-user').textContent = settings.username;
  byId('account-server').textContent = hostOf(settings);
  byId('account').hidden = false;
  byId('sign-in').hidden = true;
  byId('manager').hidden = false;
  byId('read-only').hidden = mayManage;
  // Another key shows itself, and nothing of the account.
  byId('account-tabs').hidden = !mayManage;
  byId('list-title').textContent = mayManage ? 'Keys of the account' : 'This key';
  list.begin((options) => session.keys.list(options), answer, mayManage);
  const first = answer.keys.find(({ type }) => type === 'regular') ?? answer.keys.find(({ type }) => type !== 'master');
  if (first) choose(first);
  byId('list-title').focus({ preventScroll: true });
  scrollTo(0, 0);
  say(mayManage ? `Signed in as ${settings.username}.` : 'Signed in with a key that is not the master key: it shows itself only.');
}

function hostOf({ serverUrl, username }) {
  try {
    return new URL(serverUrl.replaceAll('{username}', username)).host;
  } catch {
    return serverUrl;
  }
}

function leave() {
  session = null;
  closeConfirm();
  create.end();
  use.end();
  list.end();
  datasets.end();
  tabs.choose('keys-panel');
  forgetSecrets();
  byId('account-user').textContent = byId('account-server').textContent = '';
  byId('account').hidden = byId('manager').hidden = true;
  byId('sign-in').hidden = false;
  form.reset();
  form.focus();
  say('Signed out; the key is forgotten.');
}

function choose(key, focus = false) {
  list.choose(key.name);
  use.begin(key, focus);
}

async function created(key) {
  keepSecret(key.token);
  const mine = session;
  choose(key, true);
  say(`Created ${key.name}.`);
  await list.load();
  if (mine === session) list.choose(key.name);
}

async function regenerate(key) {
  const mine = session;
  const done = await confirm({
    ...regenerateQuestion(key),
    run: async () => {
      const fresh = await mine.keys.regenerate(key.name);
      keepSecret(fresh.token);
      mine.replaced.set(key.name, key.token);
      if (key.type === 'master') {
        mine.settings = { ...mine.settings, apiKey: fresh.token };
        mine.keys = new carto.auth.ApiKeys(mine.settings);
      }
      return fresh;
    },
  });
  if (!done || mine !== session) return;
  if (use.name === key.name) use.begin(done.value);
  say(`${key.name} has a new token; the old one is refused from now on.`);
  await list.load();
  if (mine === session) list.focus(key.name, 'regenerate');
}

async function remove(key) {
  const mine = session;
  const done = await confirm({ ...deleteQuestion(key), run: () => mine.keys.delete(key.name) });
  if (!done || mine !== session) return;
  mine.replaced.delete(key.name);
  if (use.name === key.name) use.end();
  say(`Deleted ${key.name}.`);
  await list.load();
  if (mine === session) list.focus(key.name, 'delete');
}
