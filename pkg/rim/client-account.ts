/** What the SQL API and the check of a key add to clients. */
import { checkKey, type CheckOptions, type KeyCheck, query, type QueryOptions } from './account.js';
import { type Client, extendClients } from './client.js';
import { at } from './held.js';
import { CLIENT } from './kind.js';

extendClients({
  sql(this: Client, sql: string, options?: QueryOptions): Promise<unknown> {
    return query(at(this, CLIENT).__account(), sql, options);
  },

  checkKey(this: Client, options?: CheckOptions): Promise<KeyCheck> {
    return checkKey(at(this, CLIENT).__account(), options);
  },
});
