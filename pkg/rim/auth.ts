/** `carto.auth.ApiKeys`: the API keys of an account at `/api/v3/api_keys`. */
import { Account, AccountApi, RequestVerb } from '../glue/carto.js';
import { type Abortable, abortable } from './abort.js';
import { refused } from './account.js';
import { at, Held } from './held.js';
import { type ApiKey, keyOf, PATH, type ServerKey } from './key.js';
import { API_KEYS } from './kind.js';
import { read } from './natives.js';

export interface NewKey extends Abortable {
  name: string;
  apis: string[];
  datasets?: Record<string, string[]>;
  schemas?: Record<string, string[]>;
  dataservices?: string[];
  schema?: string;
  tableMetadata?: boolean;
}

export interface PageOptions extends Abortable {
  page?: number;
  perPage?: number;
  order?: string;
  type?: string | string[];
}

/** Options that the page itself said. */
function own<T extends object>(options: T, ...names: (keyof T & string)[]): T {
  const said = Object.create(null) as T;
  for (let at = 0; at < names.length; at++) said[names[at]!] = read(options, names[at]!) as T[keyof T & string];
  return said;
}

function invalid(code: string, message: string): never {
  throw refused('auth', code, message);
}

/** Whether something is a list of allowed words only. */
const words = (list: unknown, ...allowed: string[]): list is string[] => Array.isArray(list) && list.every((word) => allowed.includes(word as string));

/** A name as servers find keys by it: in the path, where a slash ends it and dots climb. */
function pathOf(name: unknown): string {
  if (typeof name !== 'string' || !name.trim() || /\/|^\.\.?$/.test(name)) return invalid('name-required', 'The name of an API key is a text with something in it and no slash.');
  return `${PATH}/${encodeURIComponent(name)}`;
}

/** The lists of an object, without empty ones. */
function lists(object: unknown, code: string, ...allowed: string[]): [string, string[]][] {
  if (object === undefined || object === null) return [];
  const entries = typeof object === 'object' && !Array.isArray(object) ? Object.entries(object as Record<string, string[]>) : [];
  if (!entries.length && JSON.stringify(object) !== '{}') invalid(code, `An object of lists of '${allowed.join("', '")}' by name is needed.`);
  for (const [name, list] of entries) {
    if (!name || !words(list, ...allowed)) invalid(code, `"${name}" needs a list of '${allowed.join("', '")}'.`);
  }
  return entries.filter(([, list]) => list.length);
}

/** The body that creates a key, by the server's own rules. */
function bodyOf(options: NewKey): object {
  const { name, apis, datasets, schemas, dataservices, schema = 'public', tableMetadata } = own(options, 'name', 'apis', 'datasets', 'schemas', 'dataservices', 'schema', 'tableMetadata');
  pathOf(name);
  if (['Master', 'Default public'].includes(name)) invalid('name-reserved', 'No API key can be created with the name Master or Default public.');
  if (!words(apis, 'maps', 'sql', 'do')) invalid('invalid-apis', "apis is a list of 'maps', 'sql' and 'do'.");
  const tables = lists(datasets, 'invalid-datasets', 'select', 'insert', 'update', 'delete').map(([dataset, permissions]) => {
    const dot = dataset.indexOf('.');
    return { schema: dot < 0 ? schema : dataset.slice(0, dot), name: dataset.slice(dot + 1), permissions };
  });
  const places = lists(schemas, 'invalid-schemas', 'create').map(([place, permissions]) => ({ name: place, permissions }));
  if (dataservices && !words(dataservices, 'geocoding', 'routing', 'isolines', 'observatory'))
    invalid('invalid-dataservices', "dataservices is a list of 'geocoding', 'routing', 'isolines' and 'observatory'.");
  const database = { type: 'database', tables, schemas: places, ...(tableMetadata && { table_metadata: [] }) };
  return { name, grants: [{ type: 'apis', apis }, database, ...(dataservices ? [{ type: 'dataservices', services: dataservices }] : [])] };
}

/** The query of a page. */
function pageOf(options: PageOptions): string {
  const { page, perPage, order, type } = own(options, 'page', 'perPage', 'order', 'type');
  let query = '';
  const set = (name: string, value: string): void => {
    query += `${query && '&'}${name}=${encodeURIComponent(value)}`;
  };
  for (const [name, value] of [['page', page], ['per_page', perPage]] as const) {
    if (value === undefined) continue;
    if (!Number.isInteger(value) || value < 1) invalid('invalid-page', 'page and perPage are whole numbers from 1 on.');
    set(name, `${value}`);
  }
  if (order !== undefined) {
    if (!words([order], 'type', 'name', 'updated_at')) invalid('invalid-order', "order is 'type', 'name' or 'updated_at'.");
    set('order', order);
  }
  if (type !== undefined) {
    const types = [type].flat();
    if (!words(types, 'master', 'default', 'regular')) invalid('invalid-type', "type is one of 'master', 'default' and 'regular', or a list of them.");
    set('type', types.join());
  }
  return query;
}

async function ask(account: Account, verb: RequestVerb, tail: string, body = ''): Promise<ApiKey> {
  return keyOf((await account.ask(AccountApi.Auth, verb, tail, body, false)) as ServerKey);
}

export class ApiKeys extends Held {
  constructor(settings: unknown) {
    super(API_KEYS, () => new Account(settings));
  }

  list(options: PageOptions = {}): Promise<{ total: number; count: number; keys: ApiKey[] }> {
    const account = at(this, API_KEYS);
    const query = pageOf(options);
    return abortable(options, async () => {
      const { total, count, result } = (await account.ask(AccountApi.Auth, RequestVerb.Get, `${PATH}?${query}`, '', false)) as { total: number; count: number; result?: ServerKey[] };
      return { total, count, keys: (result ?? []).map(keyOf) };
    });
  }

  get(name: string, options?: Abortable): Promise<ApiKey> {
    const account = at(this, API_KEYS);
    const path = pathOf(name);
    return abortable(options, () => ask(account, RequestVerb.Get, path));
  }

  create(options: NewKey): Promise<ApiKey> {
    const account = at(this, API_KEYS);
    const body = JSON.stringify(bodyOf(options ?? {}));
    return abortable(options, () => ask(account, RequestVerb.Json, PATH, body));
  }

  regenerate(name: string, options?: Abortable): Promise<ApiKey> {
    const account = at(this, API_KEYS);
    const path = pathOf(name);
    return abortable(options, () => ask(account, RequestVerb.Form, `${path}/token/regenerate`));
  }

  delete(name: string, options?: Abortable): Promise<void> {
    const account = at(this, API_KEYS);
    const path = pathOf(name);
    return abortable(options, async () => void (await account.ask(AccountApi.Auth, RequestVerb.Delete, path, '', false)));
  }

  /** The account's datasets. */
  datasets(options: PageOptions = {}): Promise<{ total: number; count: number; datasets: object[] }> {
    const account = at(this, API_KEYS);
    const query = pageOf(options);
    return abortable(options, async () => {
      const { total, count, result } = (await account.ask(AccountApi.Auth, RequestVerb.Get, `/api/v4/datasets?${query}`, '', false)) as { total: number; count: number; result?: object[] };
      return { total, count, datasets: result ?? [] };
    });
  }
}
