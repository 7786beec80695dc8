/** What the WebAssembly side asks of JavaScript: regular expressions, numbers and letters of styles, and text in the browser's fonts. */

/** Whether a pattern matches a whole text: 0, 1, or 2 when it is no pattern. */
export function matches(pattern: string, text: string): number {
  try {
    // As it is first: in parentheses it could close them.
    new RegExp(pattern, 'u');
    return Number(new RegExp(`^(?:${pattern})$`, 'u').test(text));
  } catch {
    return 2;
  }
}

/** The number that a text stands for. */
export const number = (text: string): number => Number(text);

/** A text in large letters. */
export const large = (text: string): string => text.toUpperCase();

/** A text in small letters. */
export const small = (text: string): string => text.toLowerCase();

/** A number as text. */
export const text = (number: number): string => String(number);

/** What is left of a number by a division. In an object, because the WebAssembly side would import it past the glue otherwise. */
export const numbers = { rest: (number: number, divisor: number): number => number % divisor };

/** What the server's font is replaced by. */
const FONTS = '"DejaVu Sans","Bitstream Vera Sans",Verdana,sans-serif';
/** Pixels of letters that are measured. */
const MEASURED = 100;
/** Pixels of letters whose places may be whole pixels. */
const SMALL = 9;
/** Radians of text that looks level. */
const LEVEL = 6e-4;
/** Letters of texts whose width is remembered. */
const MOST_MEASURED = 500_000;

type Context = OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D;

let pen: Context | null | undefined;
let widths = new Map<string, number>();
let measured = 0;
let fine: boolean | undefined;

/** Where text is drawn; nothing where there is no such place. */
function context(): Context | null {
  if (pen === undefined) {
    const canvas = globalThis.OffscreenCanvas ? new OffscreenCanvas(1, 1) : globalThis.document?.createElement('canvas');
    pen = (canvas?.getContext('2d', { willReadFrequently: true }) as Context | null | undefined) ?? null;
  }
  return pen;
}

function setFont(on: Context, bold: boolean, size = MEASURED): void {
  on.font = `${bold ? 'bold ' : ''}${size}px ${FONTS}`;
  // Letters are as far apart at any size.
  on.textRendering = 'geometricPrecision';
}

/** Whether small letters are as far apart as large ones. */
function isFine(on: Context): boolean {
  if (fine === undefined) {
    const [small, large] = [SMALL, MEASURED].map((size) => {
      setFont(on, false, size);
      return on.measureText('Stuttgart').width / size;
    }) as [number, number];
    fine = Math.abs(small - large) < 0.01 * large;
  }
  return fine;
}

/** How wide a text is in a font of one pixel; 0 where there are no fonts. */
export function width(text: string, bold: boolean): number {
  const key = `${bold}${text}`;
  let width = widths.get(key);
  if (width === undefined) {
    const on = context();
    if (!on) return 0;
    setFont(on, bold);
    width = on.measureText(text).width / MEASURED;
    measured += key.length;
    if (measured > MOST_MEASURED) {
      widths = new Map();
      measured = key.length;
    }
    widths.set(key, width);
  }
  return width;
}

/** How much texts, or lines around their letters, cover of each pixel of an image. */
export function cover(texts: string, places: Float32Array, bold: boolean, size: number, line: number, width: number, height: number): Uint8Array {
  const on = context();
  if (!on) return new Uint8Array();
  const { canvas } = on;
  // A canvas of another size takes longer than all the rest.
  if (canvas.width < width) canvas.width = width;
  if (canvas.height < height) canvas.height = height;
  on.resetTransform();
  on.clearRect(0, 0, width, height);
  on.save();
  on.beginPath();
  on.rect(0, 0, width, height);
  // What is beyond it, nobody would clear.
  on.clip();
  // Where small letters are on whole pixels, large ones are made smaller.
  const drawn = isFine(on) ? size : MEASURED;
  setFont(on, bold, drawn);
  const scale = size / drawn;
  // All is black: white letters would be drawn bolder than the server's.
  on.lineJoin = 'round';
  on.lineWidth = line / scale;
  texts.split('\n').forEach((text, index) => {
    const [x, y, angle] = places.subarray(3 * index) as unknown as [number, number, number];
    // Not quite level: of letters that are, the baseline would be moved to a whole pixel.
    const [cosine, sine] = [scale * Math.cos(angle || LEVEL), scale * Math.sin(angle || LEVEL)];
    on.setTransform(cosine, sine, -sine, cosine, x, y);
    if (line) on.strokeText(text, 0, 0);
    else on.fillText(text, 0, 0);
  });
  on.restore();
  const { data } = on.getImageData(0, 0, width, height);
  const covered = new Uint8Array(width * height);
  for (let pixel = 0; pixel < covered.length; pixel++) covered[pixel] = data[4 * pixel + 3]!;
  return covered;
}
