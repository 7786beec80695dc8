import type { Abortable } from './abort';
import type { ClientSettings } from './client';
import type { CartoError } from './error';

/** What a key may do with a dataset. */
export type Permission = 'select' | 'insert' | 'update' | 'delete';

/** An API that a key may grant. */
export type GrantedApi = 'maps' | 'sql' | 'do';

/** A data service that a key may grant. */
export type DataService = 'geocoding' | 'routing' | 'isolines' | 'observatory';

/** The kind of a key: every account has one master key and one default key. */
export type KeyType = 'master' | 'default' | 'regular';

/** What a key may do with one dataset. */
export interface DatasetGrant {
  /** The dataset's schema: `public`, or a user of the organization. */
  schema: string;
  /** The dataset's name. */
  name: string;
  /** What the key may do. */
  permissions: Permission[];
  /** Whether the key made the dataset. */
  owner?: boolean;
}

/** What a key may do with one schema. */
export interface SchemaGrant {
  /** The schema. */
  name: string;
  /** What the key may do: make datasets. */
  permissions: 'create'[];
}

/** An API key. */
export interface ApiKey {
  /** What it is called. */
  name: string;
  /** The account. */
  user?: string;
  /** What kind of key it is. */
  type: KeyType;
  /** The secret that pages and programs show. */
  token: string;
  /** The APIs that it may use. */
  apis: GrantedApi[];
  /** What it may do with which dataset; empty for master keys, which may do everything, and default ones, which see public data. */
  datasets: DatasetGrant[];
  /** Schemas in which it may make datasets. */
  schemas: SchemaGrant[];
  /** The data services that it may use. */
  dataservices: DataService[];
  /** When it was made. */
  createdAt?: Date;
  /** When it was changed. */
  updatedAt?: Date;
}

/** What {@link ApiKeys.create} makes a key of. */
export interface NewApiKey extends Abortable {
  /** What it is called: any text without a slash that no other key of the account has. It cannot be changed. */
  name: string;
  /** The APIs that it may use. */
  apis: GrantedApi[];
  /** What it may do with which dataset (`name` or `schema.name`); without any it sees public data. */
  datasets?: Record<string, Permission[]>;
  /** Schemas in which it may make datasets. */
  schemas?: Record<string, 'create'[]>;
  /** The data services that it may use. */
  dataservices?: DataService[];
  /** The schema of datasets that are named without one (`public`; accounts of organizations have their user's name). */
  schema?: string;
  /** Whether it may list the account's datasets (`false`). */
  tableMetadata?: boolean;
}

/** The options of lists. */
export interface PageOptions extends Abortable {
  /** Which page, from 1 on (1). */
  page?: number;
  /** How many on a page (20). */
  perPage?: number;
  /** What they are ordered by, after their type (`updated_at`). */
  order?: 'type' | 'name' | 'updated_at';
}

/** The options of {@link ApiKeys.list}. */
export interface ListOptions extends PageOptions {
  /** Only keys of these types. */
  type?: KeyType | KeyType[];
}

/** A page of keys. */
export interface KeyList {
  /** Keys that there are. */
  total: number;
  /** Keys of this page. */
  count: number;
  /** The keys. */
  keys: ApiKey[];
}

/** A dataset of the account. */
export interface DatasetEntry {
  /** Its name. */
  name: string;
  /** Who may see it: `public`, `private`, … */
  privacy?: string;
}

/** A page of datasets. */
export interface DatasetList {
  /** Datasets that there are. */
  total: number;
  /** Datasets of this page. */
  count: number;
  /** The datasets. */
  datasets: DatasetEntry[];
}

/**
 * The API keys of an account, which its master key manages. For servers, scripts and Node: most servers let no page of
 * another host ask, and a master key belongs into no page.
 *
 * Promises reject with a {@link CartoError} whose code is `auth:` and its `reason`: `auth:unknown-key`,
 * `auth:master-key-required`, `auth:no-such-api`, `auth:unreachable`, …
 *
 * @example
 * ```js
 * const keys = new carto.auth.ApiKeys({ apiKey: process.env.CARTO_MASTER_KEY ?? '', username: 'demo' });
 * const { token } = await keys.create({ name: 'map of cities', apis: ['maps'], datasets: { cities: ['select'] } });
 * ```
 */
export class ApiKeys {
  /**
   * @param settings those of a client, with the master key
   * @throws {@link CartoError} `validation:client:api-key-required`, `validation:client:api-key-string`,
   * `validation:client:username-required`, `validation:client:username-string`,
   * `validation:client:non-valid-server-url`, `validation:client:non-matching-server-url`
   * @example
   * ```js
   * const keys = new carto.auth.ApiKeys({ apiKey: process.env.CARTO_MASTER_KEY ?? '', username: 'demo' });
   * ```
   */
  constructor(settings: ClientSettings);
  /**
   * A page of keys. Another key than the master key sees itself only.
   *
   * @throws {@link CartoError} `validation:auth:invalid-page`, `validation:auth:invalid-order`, `validation:auth:invalid-type`
   * @example
   * ```js
   * const { total, keys: first } = await keys.list({ perPage: 50, order: 'name', type: 'regular' });
   * ```
   */
  list(options?: ListOptions): Promise<KeyList>;
  /**
   * A key by its name.
   *
   * @returns the key; rejects with `auth:key-not-found`
   * @throws {@link CartoError} `validation:auth:name-required`
   * @example
   * ```js
   * const { apis, datasets } = await keys.get('map of cities');
   * ```
   */
  get(name: string, options?: Abortable): Promise<ApiKey>;
  /**
   * Makes a key. What it may do cannot be changed afterwards.
   *
   * @returns the key; rejects with `auth:name-taken`, `auth:invalid-grants`, `auth:dataset-not-found`, `auth:quota`
   * @throws {@link CartoError} `validation:auth:name-required`, `validation:auth:name-reserved`,
   * `validation:auth:invalid-apis`, `validation:auth:invalid-datasets`, `validation:auth:invalid-schemas`,
   * `validation:auth:invalid-dataservices`
   * @example
   * ```js
   * const { token } = await keys.create({
   *   name: 'map of cities',
   *   apis: ['maps', 'sql'],
   *   datasets: { cities: ['select'], 'public.countries': ['select'] },
   * });
   * ```
   */
  create(key: NewApiKey): Promise<ApiKey>;
  /**
   * Gives a key a new token; the old one stops at once.
   *
   * @returns the key with its new token; rejects with `auth:key-not-found`
   * @throws {@link CartoError} `validation:auth:name-required`
   * @example
   * ```js
   * const { token } = await keys.regenerate('map of cities');
   * ```
   */
  regenerate(name: string, options?: Abortable): Promise<ApiKey>;
  /**
   * Ends a key at once; what it made goes to the account.
   *
   * @returns rejects with `auth:key-not-found`, and with `auth:fixed-key` for the two that every account has
   * @throws {@link CartoError} `validation:auth:name-required`
   * @example
   * ```js
   * await keys.delete('map of cities');
   * ```
   */
  delete(name: string, options?: Abortable): Promise<void>;
  /**
   * A page of the account's datasets.
   *
   * @throws {@link CartoError} `validation:auth:invalid-page`, `validation:auth:invalid-order`
   * @example
   * ```js
   * const { datasets } = await keys.datasets({ perPage: 100, order: 'name' });
   * ```
   */
  datasets(options?: PageOptions): Promise<DatasetList>;
}
