/**
 * Requests, as `gloo-net` builds them in the glue and as they are sent. It needs the classes that are here only to hold what it
 * was given, and pages have others by these names; `fetch` takes the parts as they are.
 */
import { requested } from './fallbacks.js';
import { answering } from './vector.js';

export class Headers {
  set(name: string, value: string): void {
    (this as unknown as Record<string, string>)[name] = value;
  }
}

export class URLSearchParams {
  toString(): string {
    return '';
  }
}

export class URL {
  search = '';
  constructor(readonly url: string) {}
  toString(): string {
    return this.url;
  }
}

export class Request {
  constructor(
    readonly url: string,
    readonly init: RequestInit = {},
  ) {}
}

const { fetch: early } = globalThis;

/** Sends a request by the page's `fetch`: one that a page puts in its place wants to know of requests. */
export function fetch({ url, init }: Request, native: number): Promise<Response> {
  const headers = Object.assign(Object.create(null) as Record<string, string>, init.headers as Record<string, string>);
  const parts = Object.assign(Object.create(null) as RequestInit, init);
  if (init.headers) parts.headers = headers;
  const send = (url: string, parts: RequestInit): Promise<Response> => {
    const { fetch: late } = globalThis;
    return (typeof late === 'function' ? late : (early ?? requested))(url, parts);
  };
  return (answering(native) ?? send)(url, parts, send);
}
