/**
 * The map behind the messages. It runs in a worker, or in the page where there is none; the build makes a function of this
 * file, whose text a worker is made from.
 */
import { initSync, VectorMap } from '../../glue-vector/carto.js';

/** A part of a tile: pixels, or an image of the server's. */
export type Part = Uint8ClampedArray<ArrayBuffer> | ImageBitmap;

/** What is asked of the map: a number for the answer, a name, and arguments. */
export type Question = [number, string, ...unknown[]];

/** The answer: the question's number, whether it could be done, and the value or the reason. */
export type Told = [number, boolean, unknown];

/** What is known of the layers that are shown. */
export interface Shown {
  look: string;
  /** How layers are drawn, by their identifiers as JSON. */
  modes: Record<string, string>;
}

/** A map of vector tiles to be asked for: the number of the source, the columns, and the map. */
export type Wanted = [number, string[], string];

/** What is told of the pointer: events of layers by their identifiers, whether a feature is there, and all under a click. */
export interface Met {
  events: [unknown, string, unknown?][];
  hand: boolean;
  features?: [unknown, unknown][];
}

/** Where a question is answered: an answer, or the address to ask the server by. */
export interface Answered {
  text?: string;
  address: string;
}

type Post = (told: Told, handed: Transferable[]) => void;

/** What is put around this file takes what it makes. */
declare function hand(start: (module: WebAssembly.Module, post: Post) => (question: Question) => void): void;

/** Milliseconds until an answer must have come. */
const TIMEOUT = 30_000;
/** Milliseconds in which the tiles of a new view are asked for, after the dataviews of it. */
const SOON = 60;
const MOST_CANCELLED = 1000;

class Engine {
  readonly #map = new VectorMap();
  /** Vector tiles that are under way, by their addresses. */
  readonly #loading = new Map<string, Promise<void>>();
  /** Tiles that nobody waits for any more. */
  readonly #cancelled = new Set<number>();
  /** The address of images, while it is not of a map that is known here. */
  #images: string | null = null;
  /** Where maps are made. */
  #maps = '';
  /** The server's map of what is shown, while it is made. */
  #twin?: { config: string; made: Promise<void> };

  answer(_: number, config: string): string | undefined {
    return this.#map.answer(config);
  }

  asked(_: number, config: string, address: string): string {
    this.#maps = address;
    return VectorMap.asked(config);
  }

  take(_: number, config: string, answer: string): void {
    this.#map.take(config, answer);
  }

  wanted(_: number, config?: string): Wanted[] {
    return JSON.parse(this.#map.wanted(config)) as Wanted[];
  }

  takeTiles(_: number, source: number, columns: string[], answer: string): void {
    this.#map.takeTiles(source, JSON.stringify(columns), answer);
  }

  show(_: number, address: string, subdomains: string[], ids: string[]): Shown {
    const isKnown = this.#map.show(address, JSON.stringify(subdomains));
    this.#images = isKnown ? null : address.replace('{s}', subdomains[0] ?? '');
    return this.look(_, ids);
  }

  look(_: number, ids: string[]): Shown {
    const modes: Record<string, string> = {};
    for (const id of ids) modes[id] = (!this.#images && this.#map.mode(id)) || 'image';
    return { look: this.#images ?? this.#map.look(), modes };
  }

  async grid(_: number, address: string): Promise<Answered> {
    return { address: await this.#onServer(address) };
  }

  /** Answers a dataview; tiles of its area that are under way are waited for. */
  async dataview(_: number, address: string): Promise<Answered> {
    let text = this.#map.dataview(address);
    if (text === '') {
      await new Promise((done) => setTimeout(done, SOON));
      await Promise.allSettled(this.#loading.values());
      text = this.#map.dataview(address);
    }
    return text ? { text, address } : { address: await this.#onServer(address) };
  }

  pointer(_: number, click: boolean, zoom: number, x: number, y: number, ids: string[]): Met | null {
    const met = this.#images ? undefined : this.#map.pointer(click, zoom, x, y, JSON.stringify(ids));
    return met ? (JSON.parse(met) as Met) : null;
  }

  leave(): unknown[] {
    return JSON.parse(this.#map.leave()) as unknown[];
  }

  cancel(_: number, question: number): void {
    // Some were drawn before it was known.
    if (this.#cancelled.size > MOST_CANCELLED) this.#cancelled.clear();
    this.#cancelled.add(question);
  }

  /** A tile, bottom first. */
  async draw(question: number, z: number, x: number, y: number, scale: number): Promise<Part[]> {
    try {
      if (this.#images) return [await this.#image(this.#images.replace('{z}', `${z}`).replace('{x}', `${x}`).replace('{y}', `${y}`))];
      const missing = JSON.parse(this.#map.missing(z, x, y)) as [number, string][];
      await Promise.all(missing.map(([number, url]) => this.#load(number, url, z, x, y)));
      if (this.#cancelled.has(question)) return [];
      let written = this.#map.runs(z, x, y, scale);
      if (!written) {
        await this.#doubled();
        written = this.#map.runs(z, x, y, scale);
      }
      const runs = JSON.parse(written ?? '[]') as (string | [number, number])[];
      return await Promise.all(
        runs.map((run) => (typeof run === 'string' ? this.#image(run) : new Uint8ClampedArray(this.#map.paint(...run, z, x, y, scale).buffer as ArrayBuffer))),
      );
    } finally {
      this.#cancelled.delete(question);
    }
  }

  /** An address on the server, which has to have the map that is shown. */
  async #onServer(address: string): Promise<string> {
    const known = this.#map.serverAddress(address);
    if (known) return known;
    await this.#doubled();
    return this.#map.serverAddress(address) ?? address;
  }

  /** Lets the server have the map that is shown, where it was answered here. */
  async #doubled(): Promise<void> {
    const config = this.#map.twin();
    if (!config) return;
    if (this.#twin?.config !== config) {
      const make = async (): Promise<void> => {
        const answer = await asked(this.#maps, { method: 'POST', headers: { 'content-type': 'application/json' }, body: config });
        const text = await answer.text();
        // Another map may be shown by now.
        if (this.#map.twin() === config) this.#map.takeTwin(text);
      };
      const twin = { config, made: make() };
      this.#twin = twin;
      twin.made.catch(() => {
        if (this.#twin === twin) this.#twin = undefined;
      });
    }
    await this.#twin.made;
  }

  /** Reads a vector tile, once however many tiles wait for it. */
  #load(number: number, url: string, z: number, x: number, y: number): Promise<void> {
    const load = async (): Promise<void> => {
      const answer = await asked(url);
      this.#map.put(number, z, x, y, new Uint8Array(await answer.arrayBuffer()));
    };
    const loading = this.#loading.get(url) ?? load().finally(() => this.#loading.delete(url));
    this.#loading.set(url, loading);
    return loading;
  }

  async #image(url: string): Promise<ImageBitmap> {
    const answer = await asked(url);
    return createImageBitmap(await answer.blob());
  }
}

async function asked(url: string, parts?: RequestInit): Promise<Response> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), TIMEOUT);
  const answer = await fetch(url, { ...parts, signal: controller.signal }).finally(() => clearTimeout(timer));
  if (!answer.ok) throw new Error(`${answer.status}`);
  return answer;
}

hand((module, post) => {
  initSync({ module });
  const engine = new Engine() as unknown as Record<string, (question: number, ...args: unknown[]) => unknown>;
  return ([number, name, ...args]) => {
    const told = async (): Promise<void> => {
      try {
        const value = await engine[name]!(number, ...args);
        const parts = name === 'draw' ? (value as Part[]) : [];
        post([number, true, value], parts.map((part) => ('buffer' in part ? part.buffer : part)));
      } catch (error) {
        post([number, false, String(error)], []);
      }
    };
    void told();
  };
});
