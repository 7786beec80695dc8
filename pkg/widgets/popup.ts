/** `<carto-popup>`: the data of the features under a click or under the pointer, on a map of any library. */
import { type CSSResultGroup, html, LitElement, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { FeatureEvent, LatLng, Layer, Position } from '../types/layer.js';
import { languageOf } from './locale.js';
import { type MapView, viewOf } from './popup-map.js';
import { MARGIN, placeFor, seenArea } from './popup-place.js';
import { POPUP_STYLES } from './popup-styles.js';
import { filled, TEXTS, type Texts } from './texts.js';
import { theme } from './theme.js';
import { valueText } from './value-text.js';

/** A feature that a popup shows. */
export interface PopupFeature {
  data: Record<string, unknown>;
  layer: Layer;
}

/** What `carto-popup-open` tells. */
export interface PopupDetail extends PopupFeature {
  /** All features at the place, the top one first. */
  features: PopupFeature[];
  /** Which of them is shown. */
  index: number;
  latLng: LatLng;
}

/** How far a popup is from what it points to, in pixels. */
const GAP = { click: 12, hover: 16 };
/** What is shown for so many milliseconds is being read. */
const READING = 1000;

const isSamePlace = (one: FeatureEvent, other: FeatureEvent): boolean =>
  one.latLng.lat === other.latLng.lat && one.latLng.lng === other.latLng.lng && one.position.x === other.position.x && one.position.y === other.position.y;

/** Whether two features say the same: the pointer moves over one for a while. */
function isSameData(one: PopupFeature | undefined, other: PopupFeature | undefined): boolean {
  if (!one || !other || one.layer !== other.layer) return one === other;
  const [names, others] = [Object.keys(one.data), Object.keys(other.data)];
  return names.length === others.length && names.every((name) => one.data[name] === other.data[name]);
}

export class PopupWidget extends LitElement {
  static override properties: PropertyDeclarations = {
    layer: { attribute: false },
    layers: { attribute: false },
    map: { attribute: false },
    on: {},
    columns: {},
    titleColumn: { attribute: 'title-column' },
    labels: { attribute: false },
    format: { attribute: false },
    project: { attribute: false },
    texts: { attribute: false },
    theme: { reflect: true },
    _features: { state: true },
    _index: { state: true },
    _hasOwn: { state: true },
  };

  static override styles: CSSResultGroup[] = [theme, POPUP_STYLES];

  declare layer?: Layer | null;
  declare layers?: readonly Layer[] | null;
  declare map?: unknown;
  declare on?: 'click' | 'hover';
  declare columns?: string | readonly string[];
  declare titleColumn?: string;
  declare labels?: Record<string, string>;
  declare format?: (value: unknown, column: string) => string | null | undefined;
  declare texts?: Partial<Texts>;
  declare theme?: 'auto' | 'light' | 'dark';
  /** Where a position is on a map of a library that this element does not know. */
  declare project?: (latLng: LatLng) => Position | null | undefined;
  declare _features: PopupFeature[];
  declare _index: number;
  declare _hasOwn: boolean;

  #event?: FeatureEvent;
  #clickedAt = 0;
  #clicks = 0;
  #isTold = false;
  #told?: PopupFeature;
  #view?: MapView;
  #stops: (() => void)[] = [];
  #before?: Element | null;
  readonly #sizes = typeof ResizeObserver === 'function' ? new ResizeObserver(() => this.place()) : undefined;

  constructor() {
    super();
    this._features = [];
    this._index = 0;
    this._hasOwn = false;
  }

  /** Whether it shows something. */
  get isOpen(): boolean {
    return this._features.length > 0;
  }

  /** Closes it; the focus goes back to where it was. */
  close(): void {
    if (!this.isOpen) return;
    const hasFocus = this.contains((this.getRootNode() as Document | ShadowRoot).activeElement);
    this._features = [];
    this.#event = undefined;
    if (hasFocus && this.#before?.isConnected) (this.#before as HTMLElement).focus({ preventScroll: true });
    this.#before = undefined;
  }

  /** Puts it where its position is now: for maps that cannot say that they moved. */
  place(): void {
    const [view, box, event] = [this.#view, this.#box, this.#event];
    if (!view || !box || !event) return;
    const { container } = view;
    const isHover = this.on === 'hover';
    const at = (isHover ? undefined : (this.project ?? view.project)(event.latLng)) ?? event.position;
    const { left, top } = container.getBoundingClientRect();
    const area = seenArea(container);
    box.style.setProperty('--_most-width', `${area.right - area.left - 2 * MARGIN}px`);
    box.style.setProperty('--_most-height', `${area.bottom - area.top - 2 * MARGIN}px`);
    const anchor = { x: left + container.clientLeft + at.x, y: top + container.clientTop + at.y };
    const place = placeFor(anchor, box.offsetWidth, box.offsetHeight, area, isHover ? GAP.hover : GAP.click);
    // What scrolls is within reach of the keyboard.
    const body = box.lastElementChild as HTMLElement;
    body.tabIndex = !isHover && body.scrollHeight > body.clientHeight ? 0 : -1;
    box.toggleAttribute('data-gone', !place);
    if (!place) return;
    box.style.left = `${place.x}px`;
    box.style.top = `${place.y}px`;
    box.toggleAttribute('data-below', place.isBelow);
    box.style.setProperty('--_tip', `${place.tip}px`);
  }

  get #box(): HTMLElement | null | undefined {
    return this.renderRoot?.querySelector<HTMLElement>('.box');
  }

  get #layers(): Layer[] {
    return [...(this.layer ? [this.layer] : []), ...(this.layers ?? [])];
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  override willUpdate(changed: PropertyValues<PopupWidget>): void {
    const isOther = ['layer', 'layers', 'map', 'on'].some((name) => changed.has(name as keyof PopupWidget));
    if (isOther && this.isConnected) this.#start();
  }

  #stop(): void {
    for (const stop of this.#stops.splice(0)) stop();
    this.#view = undefined;
    this.close();
  }

  #start(): void {
    this.#stop();
    const layers = this.#layers;
    if (!this.map || !layers.length) return;
    const view = (this.#view = viewOf(this.map));
    const place = (): void => this.place();
    this.#stops.push(view.listen(place, () => this.#mapClicked()));
    for (const layer of layers) {
      const gone = (): void => this.#out(layer);
      const listeners = {
        visibilityChanged: (isVisible: boolean) => isVisible || gone(),
        ...(this.on === 'hover'
          ? { featureOver: (event: FeatureEvent) => this.#over(layer, event), featureOut: gone }
          : { featureClicked: (event: FeatureEvent) => this.#clicked(layer, event) }),
      };
      layer.on(listeners);
      this.#stops.push(() => layer.off(listeners));
    }
    const keyed = (event: KeyboardEvent): void => {
      if (event.key === 'Escape' && !event.defaultPrevented) this.close();
    };
    for (const [target, name, listener] of [
      [document, 'keydown', keyed],
      [window, 'resize', place],
      [window, 'scroll', place],
    ] as const) {
      target.addEventListener(name, listener as EventListener, name === 'scroll');
      this.#stops.push(() => target.removeEventListener(name, listener as EventListener, name === 'scroll'));
    }
  }

  /** A click closes, unless it is one on a feature: that is told by the same task, before this or after. */
  #mapClicked(): void {
    if (this.#isTold) return;
    const count = this.#clicks;
    setTimeout(() => {
      if (count === this.#clicks) this.close();
    });
  }

  #clicked(layer: Layer, event: FeatureEvent): void {
    const now = performance.now();
    const isMore = this.#event && isSamePlace(this.#event, event) && !this._features.some((feature) => feature.layer === layer);
    // A feature that comes later does not take the place of one that is being read.
    const read = isMore && now - this.#clickedAt > READING ? this.#told : undefined;
    if (!isMore) this.#clickedAt = now;
    this.#clicks += 1;
    this.#isTold = true;
    setTimeout(() => (this.#isTold = false));
    if (!this.isOpen) this.#before = document.activeElement;
    this.#put(event, [...(isMore ? this._features : []), { data: event.data, layer }]);
    this._index = Math.max(0, read ? this._features.indexOf(read) : 0);
  }

  #over(layer: Layer, event: FeatureEvent): void {
    const others = this._features.filter((feature) => feature.layer !== layer);
    this.#put(event, [...others, { data: event.data, layer }]);
    if (isSameData(this.#told, this._features[0])) this.place();
  }

  #out(layer: Layer): void {
    if (!this._features.some((feature) => feature.layer === layer)) return;
    const left = this._features.filter((feature) => feature.layer !== layer);
    if (!left.length) return this.close();
    this._features = left;
    this._index = Math.min(this._index, left.length - 1);
  }

  /** Takes features, those of the upper layers first. */
  #put(event: FeatureEvent, features: PopupFeature[]): void {
    const layers = this.#layers;
    this.#event = event;
    this._features = features.sort((one, other) => layers.indexOf(other.layer) - layers.indexOf(one.layer));
  }

  override updated(): void {
    const [box, feature] = [this.#box, this._features[this._index]];
    this.#sizes?.disconnect();
    if (box && feature) {
      const isNew = !this.#told;
      // In the top layer nothing of the page or of the map lies over it or cuts it off.
      if (!box.matches('[popover]:popover-open')) box.showPopover?.();
      this.#sizes?.observe(box);
      if (!isSameData(this.#told, feature)) this.#tell(feature);
      this.place();
      if (isNew && this.on !== 'hover') box.focus({ preventScroll: true });
    } else if (this.#told) {
      this.dispatchEvent(new CustomEvent('carto-popup-close', { bubbles: true, composed: true }));
    }
    this.#told = feature;
  }

  #tell(feature: PopupFeature): void {
    const detail: PopupDetail = { ...feature, features: this._features, index: this._index, latLng: this.#event!.latLng };
    this.dispatchEvent(new CustomEvent('carto-popup-open', { detail, bubbles: true, composed: true }));
  }

  override render(): TemplateResult | typeof nothing {
    const feature = this._features[this._index];
    if (!feature) return nothing;
    const texts = { ...TEXTS, ...this.texts };
    const lang = languageOf(this);
    const text = (column: string): string => {
      const value = Object.hasOwn(feature.data, column) ? feature.data[column] : undefined;
      return this.format?.(value, column) ?? valueText(value, lang) ?? texts.noValue;
    };
    const isHover = this.on === 'hover';
    const title = this.titleColumn ? text(this.titleColumn) : '';
    const count = this._features.length;
    return html`<div
      class="box"
      part="box"
      popover="manual"
      role=${isHover ? 'tooltip' : 'dialog'}
      aria-label=${title || texts.feature}
      tabindex=${isHover ? nothing : -1}
      ?data-hover=${isHover}
    >
      ${title || count > 1 || !isHover
        ? html`<div class="head">
            <strong part="title">${title}</strong>
            ${count > 1 ? this.#pager(count, texts, isHover) : nothing}
            ${isHover ? nothing : html`<button part="close" aria-label=${texts.close} title=${texts.close} @click=${this.close}>${'✕'}</button>`}
          </div>`
        : nothing}
      <div class="body" part="body">
        <slot @slotchange=${this.#slotted}></slot>
        ${this._hasOwn ? nothing : this.#list(feature, text)}
      </div>
    </div>`;
  }

  #pager(count: number, texts: Texts, isHover: boolean): TemplateResult {
    const words = filled(texts.place, { index: String(this._index + 1), count: String(count) });
    if (isHover) return html`<span part="count">${words}</span>`;
    const to = (step: number) => () => (this._index = (this._index + step + count) % count);
    return html`<span class="pager" part="pager">
      <button aria-label=${texts.previous} title=${texts.previous} @click=${to(-1)}>${'‹'}</button>
      <span part="count" aria-live="polite">${words}</span>
      <button aria-label=${texts.next} title=${texts.next} @click=${to(1)}>${'›'}</button>
    </span>`;
  }

  #list({ data }: PopupFeature, text: (column: string) => string): TemplateResult | typeof nothing {
    const given = typeof this.columns === 'string' ? this.columns.split(/[\s,]+/).filter(Boolean) : this.columns;
    const columns = given ?? Object.keys(data).filter((column) => column !== 'cartodb_id' && column !== this.titleColumn);
    if (!columns.length) return nothing;
    const label = (column: string): string => (this.labels && Object.hasOwn(this.labels, column) ? this.labels[column]! : column);
    return html`<dl part="list">${columns.map((column) => html`<div part="row"><dt part="name">${label(column)}</dt><dd part="value">${text(column)}</dd></div>`)}</dl>`;
  }

  /** What the page puts into the element takes the place of the list; blanks between tags are nothing. */
  #slotted({ target }: Event): void {
    this._hasOwn = (target as HTMLSlotElement).assignedNodes().some((node) => node instanceof Element || node.textContent?.trim());
  }
}
