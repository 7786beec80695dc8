/** The way to the map: a worker's, or where there can be none, the page's own thread. */
import { start, packed } from 'carto-engine-text';
import { unpack } from '../unpack.js';
import type { Question, Told } from './engine.js';

interface Waiting {
  done(value: unknown): void;
  failed(reason: Error): void;
}

/** What runs in the worker: the first message is the module, as it is packed. */
const WORKER = `const unpack=${unpack};const start=(${start})();let receive;onmessage=({data})=>{if(receive)receive(data);else{receive=start(new WebAssembly.Module(unpack(data)),(told,handed)=>postMessage(told,handed));postMessage(0)}}`;

/** A worker that has begun to work. Pages may forbid workers of this kind. */
function begun(): Promise<Worker> {
  return new Promise((done, failed) => {
    const url = URL.createObjectURL(new Blob([WORKER], { type: 'text/javascript' }));
    const worker = new Worker(url);
    worker.onmessage = () => {
      URL.revokeObjectURL(url);
      done(worker);
    };
    worker.onerror = (event) => {
      URL.revokeObjectURL(url);
      event.preventDefault();
      failed(new Error(event.message));
    };
    worker.postMessage(packed);
  });
}

/** The worker of the first map: unpacking takes a while, in which the page asks for its map. */
let early = typeof document === 'object' && typeof Worker === 'function' ? begun() : undefined;
// Whoever takes it hears of it.
early?.catch(() => undefined);

export class Link {
  #last = 0;
  readonly #waiting = new Map<number, Waiting>();
  #worker?: Worker;
  #isOver = false;
  readonly #send: Promise<(question: Question) => void>;

  constructor() {
    this.#send = this.#connect();
    // Each question tells it.
    this.#send.catch(() => undefined);
  }

  /** Asks; the number of the question is told before. */
  async ask<T>(name: string, args: unknown[] = [], numbered?: (number: number) => void): Promise<T> {
    const number = ++this.#last;
    numbered?.(number);
    const send = await this.#send;
    if (this.#isOver) throw new Error('The client is disposed.');
    return new Promise<T>((done, failed) => {
      this.#waiting.set(number, { done: done as (value: unknown) => void, failed });
      send([number, name, ...args]);
    });
  }

  /** Asks for something that has no answer. */
  tell(name: string, args: unknown[]): void {
    this.ask(name, args).catch(() => undefined);
  }

  /** Ends the map; whoever waits is told. */
  end(): void {
    this.#isOver = true;
    this.#worker?.terminate();
    for (const { failed } of this.#waiting.values()) failed(new Error('The client is disposed.'));
    this.#waiting.clear();
  }

  async #connect(): Promise<(question: Question) => void> {
    const told = ([number, isDone, value]: Told): void => {
      const waiting = this.#waiting.get(number);
      this.#waiting.delete(number);
      if (isDone) waiting?.done(value);
      else waiting?.failed(new Error(String(value)));
    };
    try {
      const beginning = early ?? begun();
      early = undefined;
      const worker = (this.#worker = await beginning);
      if (this.#isOver) worker.terminate();
      worker.onmessage = ({ data }: MessageEvent<Told>) => told(data);
      return (question) => worker.postMessage(question);
    } catch {
      return start()(await WebAssembly.compile(unpack(packed)), told);
    }
  }
}
