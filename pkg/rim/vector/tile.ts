/** A tile that is drawn here: a canvas that can be asked for again as an image can. */
import type { Part } from './engine.js';
import type { Link } from './link.js';

/** Pixels of a tile's side. */
const SIDE = 256;

export class CanvasTile {
  readonly canvas = document.createElement('canvas');
  readonly #scale = devicePixelRatio > 1 ? 2 : 1;
  #question = 0;
  #isGone = false;

  /** `ended` is called whenever it was drawn, or could not be. */
  constructor(
    private readonly link: Link,
    private readonly place: [z: number, x: number, y: number],
    address: string,
    private readonly ended: (error: Error | null) => void,
    private readonly removed: () => void,
  ) {
    const { canvas } = this;
    canvas.width = canvas.height = SIDE * this.#scale;
    canvas.setAttribute('role', 'presentation');
    // Whoever loads lost images again gives them their address; Leaflet takes off tiles that are not complete.
    Object.defineProperty(canvas, 'src', { get: () => address, set: () => void this.draw() });
    Object.defineProperty(canvas, 'complete', { value: true });
  }

  async draw(): Promise<void> {
    if (this.#question) this.link.tell('cancel', [this.#question]);
    let asked = 0;
    try {
      const parts = await this.link.ask<Part[]>('draw', [...this.place, this.#scale], (number) => (asked = this.#question = number));
      // Another question may have been asked meanwhile, whose answer counts.
      if (asked === this.#question && !this.#isGone) this.#paint(parts);
    } catch (error) {
      if (asked === this.#question && !this.#isGone) this.ended(error as Error);
    } finally {
      if (asked === this.#question) this.#question = 0;
    }
  }

  /** Nobody sees it any more. */
  remove(): void {
    this.#isGone = true;
    this.removed();
    if (this.#question) this.link.tell('cancel', [this.#question]);
  }

  #paint(parts: Part[]): void {
    const side = SIDE * this.#scale;
    const context = this.canvas.getContext('2d')!;
    // What was there goes when what replaces it is there.
    context.clearRect(0, 0, side, side);
    for (const part of parts) {
      if (!('buffer' in part)) context.drawImage(part, 0, 0, side, side);
      else if (parts.length === 1) context.putImageData(new ImageData(part, side, side), 0, 0);
      else context.drawImage(layered(part, side), 0, 0);
    }
    this.ended(null);
  }
}

/** Pixels that can be put over others. */
function layered(pixels: Uint8ClampedArray<ArrayBuffer>, side: number): HTMLCanvasElement {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = side;
  canvas.getContext('2d')!.putImageData(new ImageData(pixels, side, side), 0, 0);
  return canvas;
}
