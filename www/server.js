// Where the server is that the pages talk to.

/** Where the demo's server is and which keys it hands out; every part of it may be missing. */
export async function findServer() {
  // CARTO.js wants a dot in the host, so the name "localhost" will not do.
  const host = location.hostname.includes('.') ? location.hostname : '127.0.0.1';
  const config = await json('/config.json') ?? {};
  const serverUrl = config.serverUrl ?? `http://${host}:8182/user/{username}`;
  const keys = config.keys ?? await json(new URL('/demo/keys.json', serverUrl)) ?? {};
  return { serverUrl, username: config.username ?? keys.username ?? 'demo', keys };
}

async function json(address) {
  try {
    const answer = await fetch(address);
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}
