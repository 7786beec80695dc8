/** What belongs to an account beside its maps: queries, and the check of a key. The WebAssembly side asks and explains. */
import { type Account, AccountApi, fill, RequestVerb } from '../glue/carto.js';
import { type Abortable, abortable } from './abort.js';
import { cartoError, type CartoError } from './error.js';
import { keyOf, PATH, type ServerKey } from './key.js';
import { listed } from './list.js';
import { read } from './natives.js';

/** The error of a check that failed. */
export function refused(type: string, code: string, message: string): CartoError {
  const originalError = { origin: 'validation', type, message: code };
  return cartoError({ message, origin: 'validation', type, errorCode: `validation:${type}:${code}`, forbidden: false, originalError });
}

export interface QueryOptions extends Abortable {
  format?: string;
  params?: Record<string, unknown>;
}

interface Rows {
  rows?: unknown[];
  fields?: object;
  time?: number;
  total_rows?: number;
}

/** Asks the SQL API: by GET while the query is short, which caches keep; else as a form, which needs no preflight. */
export function query(account: Account, sql: string, options?: QueryOptions): Promise<unknown> {
  if (typeof sql !== 'string' || !sql.trim()) throw refused('sql', 'query-string', 'The query must be a text with something in it.');
  const format = read(options, 'format') ?? 'json';
  if (format !== 'json' && format !== 'geojson' && format !== 'csv') throw refused('sql', 'invalid-format', "The format must be 'json', 'geojson' or 'csv'.");
  const params = read(options, 'params') as Record<string, unknown> | undefined;
  const own = (name: string): unknown => (Object.hasOwn(params!, name) ? params![name] : undefined);
  const q = params ? fill(sql, own) : sql;
  const form = `q=${encodeURIComponent(q)}${format === 'json' ? '' : `&format=${format}`}`;
  return abortable(options, async () => {
    const answer: unknown = await account.ask(AccountApi.Sql, RequestVerb.Get, '/api/v2/sql', form, format === 'csv');
    if (format !== 'json') return answer;
    const { rows = [], fields = {}, time, total_rows: totalRows } = answer as Rows;
    return { rows, fields, time, totalRows };
  });
}

export interface Problem {
  reason: string;
  hint: string;
  api?: string;
  dataset?: string;
}

export interface KeyCheck {
  ok: boolean;
  user: string | null;
  key: { type: string | null; apis: string[]; datasets: string[] };
  problems: Problem[];
}

export interface CheckOptions extends Abortable {
  datasets?: string[];
  apis?: string[];
}

/** What is looked at of an error. */
interface Refused {
  reason?: string;
  hint?: string;
  forbidden?: boolean;
  message?: string;
}

const WORDS = ['maps', 'sql'];
const EMPTY = 'SELECT NULL::geometry AS the_geom_webmercator, 1 AS cartodb_id';

/** Whether the Auth API can be asked from here: CORS of original servers lets only pages of their own ask. */
function canManage(base: string): boolean {
  const { origin } = (globalThis as { location?: { origin: string } }).location ?? {};
  return !origin || /^http:\/\/(localhost|127\.0\.0\.1)\b/.test(base) || `${base}/`.startsWith(`${origin}/`);
}

/**
 * Finds out what the key of an account is good for, with the fewest questions that decide it.
 *
 * The form of the key needs none. The Auth API, where it can be asked, tells all by itself. Else a query tells whether user
 * and key are known, and of all datasets at once whether they may be read; a map tells whether maps are granted; and only a
 * key without SQL needs a map for each dataset.
 */
async function check(account: Account, options?: CheckOptions): Promise<KeyCheck> {
  const datasets = listed((read(options, 'datasets') ?? []) as string[]);
  const apis = listed((read(options, 'apis') ?? ['maps']) as string[]);
  const { username, base, isPublic, malformed } = account;
  const result: KeyCheck = { ok: false, user: null, key: { type: isPublic ? 'default' : null, apis: [], datasets: [] }, problems: [] };
  const { key, problems } = result;
  const found = (reason: string, api: AccountApi, detail: string, dataset?: string): void => {
    problems.push({ reason, hint: account.hint(reason, api, detail), api: WORDS[api], dataset });
  };
  const done = (): KeyCheck => ({ ...result, ok: !problems.length });
  if (malformed) {
    found('malformed-key', AccountApi.Maps, malformed);
    return done();
  }

  let open = datasets;
  const list = canManage(base) ? ((await account.ask(AccountApi.Auth, RequestVerb.Get, `${PATH}?per_page=2`, '', false).catch(() => undefined)) as { result?: ServerKey[] } | undefined) : undefined;
  // A key that is not the master key sees itself only.
  const own = list?.result?.length === 1 ? list.result[0]! : list?.result?.find(({ type }) => type === 'master');
  const shown = own && keyOf(own);
  if (shown) {
    result.user = username;
    key.type = shown.type;
    key.apis = shown.apis.filter((api) => WORDS.includes(api));
    for (const api of apis) if (!key.apis.includes(api)) found('api-not-granted', WORDS.indexOf(api), '');
    for (const { schema, name, permissions } of shown.datasets) {
      if (!permissions.includes('select')) continue;
      const whole = `${schema}.${name}`;
      key.datasets.push(datasets.includes(whole) ? whole : name);
      open = open.filter((dataset) => dataset !== name && dataset !== whole);
    }
    if (!open.length) return done();
  }

  /** What an API says to the key. */
  const ask = async (api: AccountApi, tail: string, form = ''): Promise<{ error?: Refused; answer?: unknown }> => {
    try {
      return { answer: await account.ask(api, form ? RequestVerb.Form : RequestVerb.Get, tail, form, false) };
    } catch (error) {
      // That is no news of the key.
      if ((error as Refused).reason === 'disposed') throw error;
      return { error: error as Refused };
    }
  };
  /** Notes what an API said; tells whether the key may use it. */
  const through = (api: AccountApi, error?: Refused): boolean => {
    const { reason, hint, forbidden } = error ?? {};
    const word = WORDS[api]!;
    if (!reason || ['dataset-not-granted', 'invalid-query'].includes(reason)) {
      result.user = username;
      if (!key.apis.includes(word)) key.apis.push(word);
      return true;
    }
    if (reason === 'api-not-granted') result.user = username;
    // A server need not have every API, nor a key: the other one decides.
    const isMissed = apis.includes(word) || (forbidden && reason !== 'api-not-granted');
    if (isMissed && !problems.some((problem) => problem.reason === reason)) problems.push({ reason, hint: hint ?? '', api: word });
    return false;
  };

  const names = fill(':names', () => open);
  // What the Auth API told need not be asked for.
  const rows: Awaited<ReturnType<typeof ask>> = shown && !key.apis.includes('sql') ? {} : await ask(AccountApi.Sql, '/api/v2/sql', `q=${encodeURIComponent(
    `SELECT name, to_regclass(name) IS NOT NULL AS there, coalesce(has_table_privilege(to_regclass(name)::oid, 'SELECT'), false) AS granted FROM unnest(${names}::text[]) AS name`,
  )}`);
  const hasSql = shown ? key.apis.includes('sql') : through(AccountApi.Sql, rows.error);
  if (problems.some(({ reason }) => /unknown-(key|user)/.test(reason))) return done();
  const map = (sql: string): ReturnType<typeof ask> => {
    const options = { cartocss: '#layer{marker-width:1}', cartocss_version: '2.1.0', source: { id: 's' } };
    const config = { layers: [{ type: 'mapnik', options }], analyses: [{ id: 's', type: 'source', params: { query: sql } }] };
    return ask(AccountApi.Maps, `/api/v1/map?config=${encodeURIComponent(JSON.stringify(config))}`);
  };
  const hasMaps = shown ? key.apis.includes('maps') : through(AccountApi.Maps, (await map(`${EMPTY} LIMIT 0`)).error);

  const note = (dataset: string, isThere: boolean, isGranted: boolean): void => {
    if (isGranted) key.datasets.push(dataset);
    else if (isThere) found('dataset-not-granted', AccountApi.Maps, `the dataset ${dataset}`, dataset);
    else found('dataset-not-found', AccountApi.Maps, `dataset ${dataset}`, dataset);
  };
  const told = (rows.answer as { rows?: { name: string; there: boolean; granted: boolean }[] } | undefined)?.rows;
  if (hasSql && told) {
    for (const { name, there, granted } of told) note(name, there, granted);
  } else if (hasMaps) {
    for (const dataset of open) {
      const { error } = await map(`${EMPTY} FROM ${fill(':"name"', () => dataset.split('.'))} LIMIT 0`);
      const { reason, hint, message } = error ?? {};
      const isThere = reason === 'dataset-not-granted';
      // Any other failure says nothing of the dataset.
      if (!error || isThere || reason === 'dataset-not-found') note(dataset, isThere, !error);
      else problems.push({ reason: reason ?? 'invalid-query', hint: hint ?? message ?? '', api: 'maps', dataset });
    }
  }
  return done();
}

/** `client.checkKey`. */
export function checkKey(account: Account, options?: CheckOptions): Promise<KeyCheck> {
  return abortable(options, () => check(account, options));
}
