import { svg, type TemplateResult } from 'lit';

const icon = (path: TemplateResult): TemplateResult => svg`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true">${path}</svg>`;

export const CROSS = icon(svg`<path d="M4 4l8 8M12 4l-8 8"/>`);
export const LOCKED = icon(svg`<path d="M3.5 7.5h9v6h-9zM5.5 7.5V5a2.5 2.5 0 0 1 5 0v2.5"/>`);
export const UNLOCKED = icon(svg`<path d="M3.5 7.5h9v6h-9zM5.5 7.5V5a2.5 2.5 0 0 1 4.8-1"/>`);
export const ZOOM = icon(svg`<path d="M11 11l3 3M7 4.8v4.4M4.8 7h4.4"/><circle cx="7" cy="7" r="4.6"/>`);
export const WHOLE = icon(svg`<path d="M2 8h12M5 5L2 8l3 3M11 5l3 3-3 3"/>`);
export const PLAY = icon(svg`<path d="M5 3.2v9.6L13 8z"/>`);
export const PAUSE = icon(svg`<path d="M5.5 3.5v9M10.5 3.5v9"/>`);
