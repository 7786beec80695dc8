// What the datasets tab asks of a server: the key goes in a header or a body, never in an address, which logs keep.
const FORMATS = { csv: 'csv', geojson: 'geojson', gpkg: 'gpkg', shp: 'zip', kml: 'kml', svg: 'svg' };

/** A refusal or a failure, in the server's words where it has some. */
class ServerError extends Error {
  constructor(message, status, hint) {
    super(message);
    Object.assign(this, { status, hint });
  }
}

/** The requests of an account; `settings()` gives serverUrl, username and apiKey of whoever is signed in. */
export function accountApi(settings) {
  const address = (path) => {
    const { serverUrl, username } = settings();
    return serverUrl.replaceAll('{username}', encodeURIComponent(username)).replace(/\/+$/, '') + path;
  };
  const authorization = () => {
    const { username, apiKey } = settings();
    // Names of users are small letters.
    const bytes = new TextEncoder().encode(`${username.toLowerCase()}:${apiKey}`);
    return `Basic ${btoa(String.fromCharCode(...bytes))}`;
  };
  const dataset = (name) => `/api/v1/viz/${encodeURIComponent(name)}`;

  async function ask(path, { json, headers = { Authorization: authorization() }, ...options } = {}) {
    const body = json === undefined ? options.body : JSON.stringify(json);
    if (json !== undefined) headers['Content-Type'] = 'application/json';
    let answer;
    try {
      answer = await fetch(address(path), { ...options, headers, body, credentials: 'omit', cache: 'no-store' });
    } catch (error) {
      if (error.name === 'AbortError') throw error;
      throw unreachable();
    }
    if (!answer.ok) throw refused(answer.status, await answer.text());
    return answer;
  }
  const json = async (path, options) => (await ask(path, options)).json();

  return {
    /** A page of datasets by name, and how many there are. */
    async datasets({ page, perPage, like, signal }) {
      const query = new URLSearchParams({ type: 'table', page, per_page: perPage, ...(like && { q: like }) });
      const { visualizations, total_entries: total } = await json(`/api/v1/viz?${query}`, { signal });
      return { datasets: visualizations.map(ofVisualization), total };
    },
    rename: async (name, now) => ofVisualization(await json(dataset(name), { method: 'PUT', json: { name: now } })),
    publish: async (name, isPublic) => ofVisualization(await json(dataset(name), { method: 'PUT', json: { privacy: isPublic ? 'PUBLIC' : 'PRIVATE' } })),
    delete: (name) => ask(dataset(name), { method: 'DELETE' }),
    /** The rows of a dataset in one of the SQL API's formats, as a file. */
    async download(name, format) {
      const { apiKey } = settings();
      const q = `SELECT * FROM "${name.replaceAll('"', '""')}"`;
      const body = new URLSearchParams({ q, format, filename: name, api_key: apiKey });
      return { blob: await (await ask('/api/v2/sql', { method: 'POST', body, headers: {} })).blob(), file: `${name}.${FORMATS[format]}` };
    },
    /** A small image of a dataset. */
    async picture(config, [west, south, east, north], { width, height }, signal) {
      const { layergroupid } = await json('/api/v1/map', { method: 'POST', json: config, signal });
      const image = `/api/v1/map/static/bbox/${layergroupid}/${west},${south},${east},${north}/${width}/${height}.png`;
      return (await ask(image, { signal })).blob();
    },
    importState: (id, signal) => json(`/api/v1/imports/${encodeURIComponent(id)}`, { signal }),
    /** Bytes that a file may have; the server refuses larger ones anyway. */
    async largestFile(signal) {
      return (await json('/api/v1/imports', { signal })).max_file_size ?? Infinity;
    },
    /** Sends a file; gives the name of its import. `progress` hears of the part that is sent. */
    upload(file, fields, progress, signal) {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) if (value) form.append(name, value);
      // Last: a server that reads as it comes knows the rest by then.
      form.append('file', file);
      const request = new XMLHttpRequest();
      return new Promise((resolve, reject) => {
        request.open('POST', address('/api/v1/imports'));
        request.setRequestHeader('Authorization', authorization());
        request.upload.addEventListener('progress', ({ loaded, total }) => progress(total ? loaded / total : 0));
        request.addEventListener('load', () => {
          const { status, responseText } = request;
          if (status < 200 || status > 299) reject(refused(status, responseText));
          else resolve(JSON.parse(responseText).item_queue_id);
        });
        request.addEventListener('error', () => reject(unreachable('The upload broke off.')));
        request.addEventListener('abort', () => reject(new DOMException('The upload was cancelled.', 'AbortError')));
        signal.addEventListener('abort', () => request.abort());
        request.send(form);
      });
    },
  };
}

/** What the page shows of a dataset. */
function ofVisualization({ name, privacy, updated_at: updatedAt, table = {} }) {
  return {
    name,
    isPublic: /^public$/i.test(privacy ?? ''),
    changedAt: updatedAt ? new Date(updatedAt) : undefined,
    rows: table.row_count ?? undefined,
    size: table.size ?? undefined,
    geometry: table.geometry_types ?? [],
    bounds: table.bbox ?? undefined,
  };
}

function unreachable(what = 'No answer that the browser may read.') {
  return new ServerError(what, undefined, `${what} The server is down, its address is wrong, or it lets no page of this host ask.`);
}

/** What APIs say of a refusal, each in its own shape. */
function refused(status, text) {
  let told;
  try {
    told = JSON.parse(text);
  } catch {
    told = {};
  }
  const words = told.errors ?? told.error;
  const sentence = typeof words === 'string' ? words : Object.values(words ?? {}).join(' ');
  const hint = status === 401 && !sentence ? 'The server does not take this key for the datasets of the account.' : undefined;
  return new ServerError(sentence || `HTTP ${status}`, status, hint);
}
