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
    return new Promise<T>((done, failed) => {
      this.#waiting.set(number, { done: done as (value: unknown) => void, failed });
      send([number, name, ...args]);
    });
  }

  end(): void {
    this.#isOver = true;
    this.#worker?.terminate();
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
      const worker = (this.#worker = await begun());
      if (this.#isOver) worker.terminate();
      worker.onmessage = ({ data }: MessageEvent<Told>) => told(data);
      return (question) => worker.postMessage(question);
    } catch {
      return start()(await WebAssembly.compile(unpack(packed)), told);
    }
  }
}
