/**
 * Requests, as `gloo-net` builds them in the glue and as they are sent. It needs the classes that are here only to hold what it
 * was given, and pages have others by these names; `fetch` takes the parts as they are.
 */

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
export function fetch({ url, init }: Request): Promise<Response> {
  const headers = Object.assign(Object.create(null) as Record<string, string>, init.headers as Record<string, string>);
  const parts = Object.assign(Object.create(null) as RequestInit, init);
  if (init.headers) parts.headers = headers;
  const { fetch: late } = globalThis;
  return (typeof late === 'function' ? late : (early ?? old))(url, parts);
}

/** Where there is no `fetch`. */
function old(url: string, { method, headers, body, signal }: RequestInit): Promise<Response> {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open(method ?? 'GET', url);
    const names = Object.keys(headers ?? {});
    for (let at = 0; at < names.length; at++) request.setRequestHeader(names[at]!, (headers as Record<string, string>)[names[at]!]!);
    request.onload = () => {
      const { status, statusText, responseText } = request;
      done({ status, statusText, headers: { get: (name: string) => request.getResponseHeader(name) }, text: () => responseText } as unknown as Response);
    };
    request.onerror = () => failed(new TypeError('Failed to fetch'));
    signal?.addEventListener('abort', () => request.abort());
    request.send(body as string);
  });
}
