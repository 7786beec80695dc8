/** What a class of a legend looks like: a colour, a size, an opacity or a picture. */
import { html, type TemplateResult } from 'lit';

/** The side of a symbol that has no size of its own, in pixels. */
const SIDE = 14;
/** The largest circle and the thickest line: more would be the page, not a legend. */
const LARGEST = 48;
const THICKEST = 16;
const PICTURE = 24;

/** The colour that a value says, if it says that alone: it goes into a style. */
export function colourOf(value: unknown): string | undefined {
  return typeof value === 'string' && CSS.supports('color', value) ? value : undefined;
}

/** The address of a picture that may be loaded: by https, or inside the address itself. */
export function pictureOf(value: unknown): string | undefined {
  const [, address = ''] = (typeof value === 'string' && /^\s*(?:url\()?\s*["']?(.*?)["']?\s*\)?\s*$/.exec(value)) || [];
  return /^https:\/\/|^data:image\/(png|jpeg|gif|webp|svg\+xml)[;,]/i.test(address) ? address : undefined;
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? Math.max(0, number) : undefined;
}

const isPicture = (property: string): boolean => property.endsWith('-file');
const isThickness = (property: string): boolean => /^(.*-)?line-width$/.test(property);
const isSize = (property: string): boolean => /-(width|height|size|radius)$/.test(property);

/** The room that a value needs, in pixels. */
export function sideOf(property: string, value: unknown): number {
  if (isPicture(property)) return PICTURE;
  const number = numberOf(value);
  return number !== undefined && isSize(property) && !isThickness(property) ? Math.max(SIDE, Math.min(number, LARGEST)) : SIDE;
}

/**
 * Draws a value of a CartoCSS property; nothing where it cannot be drawn. Styles are set by the object model, which a content
 * security policy allows.
 */
export function symbol(property: string, value: unknown): TemplateResult | undefined {
  if (isPicture(property)) {
    const picture = pictureOf(value);
    return picture ? html`<img src=${picture} alt="" referrerpolicy="no-referrer" loading="lazy" />` : undefined;
  }
  const number = numberOf(value);
  if (number === undefined) {
    const colour = colourOf(value);
    const shape = /^(line|polygon|building)-/.exec(property)?.[1] ?? 'disc';
    return colour ? html`<i class=${shape} .style=${`color: ${colour}`}></i>` : undefined;
  }
  if (property.endsWith('-opacity')) return html`<i class="plain" .style=${`opacity: ${Math.min(number, 1)}`}></i>`;
  if (isThickness(property)) return html`<i class="line plain" .style=${`height: ${Math.min(number, THICKEST)}px`}></i>`;
  if (!isSize(property)) return undefined;
  const side = Math.min(number, LARGEST);
  return html`<i class="disc plain" .style=${`width: ${side}px; height: ${side}px`}></i>`;
}
