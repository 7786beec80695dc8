/** What stands in for natives of a page that has them not. The core does without (`core-fallbacks.ts`). */

export class Aborter {
  signal = undefined;
  abort(): void {}
}

export class Decoder {
  decode(bytes?: ArrayLike<number>): string {
    let text = '';
    for (let at = 0; at < (bytes?.length ?? 0); at++) text += `%${(256 + bytes![at]!).toString(16).slice(1)}`;
    return decodeURIComponent(text);
  }
}

export class Encoder {
  encode(text: string): Uint8Array {
    const bytes: number[] = [];
    const written = encodeURIComponent(text.replace(/[\ud800-\udfff]/gu, '\ufffd'));
    for (let at = 0; at < written.length; at++) bytes[bytes.length] = written[at] === '%' ? parseInt(written.slice(at + 1, (at += 2) + 1), 16) : written.charCodeAt(at);
    return Uint8Array.from(bytes);
  }
}

/** Where there is no `fetch`. */
export function requested(url: string, { method, headers, body, signal }: RequestInit): Promise<Response> {
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
