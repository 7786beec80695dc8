import type { Abortable } from './abort';
import type { ClientSettings } from './client';

/** What a key may do with a dataset. */
export type Permission = 'select' | 'insert' | 'update' | 'delete';

export interface DatasetGrant {
  schema: string;
  name: string;
  permissions: Permission[];
  /** Whether the key made the dataset. */
  owner?: boolean;
}

export interface SchemaGrant {
  name: string;
  permissions: 'create'[];
}

/** An API key. */
export interface ApiKey {
  name: string;
  /** The account. */
  user?: string;
  type: 'master' | 'default' | 'regular';
  /** The secret that pages and programs show. */
  token: string;
  /** The APIs that it may use. */
  apis: ('maps' | 'sql' | 'do')[];
  /** What it may do with which dataset; empty for master keys, which may do everything, and default ones, which see public data. */
  datasets: DatasetGrant[];
  schemas: SchemaGrant[];
  dataservices: ('geocoding' | 'routing' | 'isolines' | 'observatory')[];
  createdAt?: Date;
  updatedAt?: Date;
}

export interface NewApiKey extends Abortable {
  /** What it is called: any text without a slash that no other key of the account has. It cannot be changed. */
  name: string;
  /** The APIs that it may use. */
  apis: ('maps' | 'sql' | 'do')[];
  /** What it may do with which dataset (`name` or `schema.name`); without any it sees public data. */
  datasets?: Record<string, Permission[]>;
  /** Schemas in which it may make datasets. */
  schemas?: Record<string, 'create'[]>;
  dataservices?: ('geocoding' | 'routing' | 'isolines' | 'observatory')[];
  /** The schema of datasets that are named without one (`public`; accounts of organizations have their user's name). */
  schema?: string;
  /** Whether it may list the account's datasets. */
  tableMetadata?: boolean;
}

export interface PageOptions extends Abortable {
  /** Which page, from 1 on (1). */
  page?: number;
  /** How many on a page (20). */
  perPage?: number;
  /** What they are ordered by, after their type (`updated_at`). */
  order?: 'type' | 'name' | 'updated_at';
}

export interface ListOptions extends PageOptions {
  /** Only keys of these types. */
  type?: ApiKey['type'] | ApiKey['type'][];
}

/**
 * The API keys of an account, which its master key manages. For servers, scripts and Node: most servers let no page of
 * another host ask, and a master key belongs into no page.
 *
 * ```js
 * const keys = new carto.auth.ApiKeys({ apiKey: process.env.CARTO_MASTER_KEY, username: 'demo' });
 * const { token } = await keys.create({ name: 'map of cities', apis: ['maps'], datasets: { cities: ['select'] } });
 * ```
 */
export class ApiKeys {
  /** @throws {CartoError} `validation:client:*` */
  constructor(settings: ClientSettings);
  /** A page of keys. Another key than the master key sees itself only. @throws {CartoError} `validation:auth:*` */
  list(options?: ListOptions): Promise<{ total: number; count: number; keys: ApiKey[] }>;
  /** A key by its name. Rejects with `auth:key-not-found`. */
  get(name: string, options?: Abortable): Promise<ApiKey>;
  /** Makes a key. What it may do cannot be changed afterwards. Rejects with `auth:name-taken`, `auth:invalid-grants`, `auth:quota`, … @throws {CartoError} `validation:auth:*` */
  create(key: NewApiKey): Promise<ApiKey>;
  /** Gives a key a new token; the old one stops at once. */
  regenerate(name: string, options?: Abortable): Promise<ApiKey>;
  /** Ends a key at once; what it made goes to the account. Rejects with `auth:fixed-key` for the two that every account has. */
  delete(name: string, options?: Abortable): Promise<void>;
  /** A page of the account's datasets. */
  datasets(options?: PageOptions): Promise<{ total: number; count: number; datasets: { name: string; privacy?: string }[] }>;
}
