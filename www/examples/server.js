// Where the CARTO server is that the examples talk to: the one of `cargo xtask serve`, or that of ?server=.
import { findServer } from '../server.js';

/** The address of a server, with `{username}` in it: what `serverUrl` of `carto.Client` takes. */
export const serverUrl = new URLSearchParams(location.search).get('server') ?? (await findServer()).serverUrl;
