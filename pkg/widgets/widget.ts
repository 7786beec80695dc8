import { type CSSResultGroup, html, LitElement, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import { languageOf, numberText, shortNumberText } from './locale.js';
import { filled, TEXTS, type Texts } from './texts.js';
import { theme } from './theme.js';

/** Where a widget stands: the attribute `state`. */
export type State = 'idle' | 'loading' | 'loaded' | 'empty' | 'error';

/** What is shown of an error: `carto.CartoError` has both. */
export interface Failure {
  readonly message?: string;
  readonly hint?: string;
}

/**
 * What all widgets have: the frame with heading, actions and body, the states, the theme, and the language.
 *
 * A widget says by `body()` what it shows, sets `state` (with `failure` for errors), and is drawn again by lit when a property
 * changes.
 */
export abstract class Widget extends LitElement {
  static override styles: CSSResultGroup[] = [theme];
  static override properties: PropertyDeclarations = {
    heading: {},
    theme: { reflect: true },
    texts: { attribute: false },
    format: { attribute: false },
    state: { reflect: true },
    failure: { state: true },
  };

  declare heading: string;
  declare theme: 'auto' | 'light' | 'dark';
  declare texts: Partial<Texts>;
  declare format: ((value: number, lang?: string) => string) | undefined;
  declare state: State;
  declare protected failure: Failure | undefined;

  /** Draws again when the page changes its language or direction. */
  #page?: MutationObserver;
  /** The language, looked up once for each drawing. */
  #lang?: string | undefined;

  constructor() {
    super();
    this.heading = '';
    this.theme = 'auto';
    this.texts = {};
    this.state = 'idle';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#page = new MutationObserver(() => this.requestUpdate());
    this.#page.observe(document.documentElement, { attributes: true, attributeFilter: ['lang', 'dir'] });
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#page?.disconnect();
  }

  protected override willUpdate(changed: PropertyValues): void {
    super.willUpdate(changed);
    this.#lang = languageOf(this);
  }

  /** What is shown, once there is data. */
  protected abstract body(): unknown;

  /** Buttons beside the heading. */
  protected actions(): unknown {
    return nothing;
  }

  /** What a screen reader calls the widget when it has no heading. */
  protected get label(): string {
    return '';
  }

  /** One of the widget's texts, as the page gives it, with its places filled. */
  protected say(name: keyof Texts, values: Record<string, string> = {}): string {
    return filled(this.texts[name] ?? TEXTS[name], values);
  }

  protected get language(): string | undefined {
    return this.#lang;
  }

  /** Whether text runs from right to left. */
  protected get isRightToLeft(): boolean {
    return getComputedStyle(this).direction === 'rtl';
  }

  /** A number as the page formats it, else in its language. */
  protected number(value: number): string {
    return this.format ? this.format(value, this.#lang) : numberText(value, this.#lang);
  }

  /** A number where there is little room. */
  protected shortNumber(value: number): string {
    return this.format ? this.format(value, this.#lang) : shortNumberText(value, this.#lang);
  }

  /** What is told in place of the body: an error, or that there is nothing. */
  #note(): TemplateResult | string {
    if (this.state === 'error') {
      const { message, hint } = this.failure ?? {};
      const first = hint || message || this.say('error');
      return html`<strong part="hint">${first}</strong>${message && message !== first ? html`<span part="message">${message}</span>` : nothing}`;
    }
    return this.state === 'empty' ? this.say('empty') : '';
  }

  protected override render(): TemplateResult {
    const actions = this.actions();
    const isBare = !this.heading && actions === nothing && !this.querySelector('[slot]');
    const isShown = this.state !== 'error' && this.state !== 'empty';
    const label = this.heading || this.label;
    return html`<section class="widget" part="widget" role="group" aria-label=${label || nothing} aria-busy=${this.state === 'loading'}>
      <div class="wait" aria-hidden="true"></div>
      <div class="head" part="head" ?hidden=${isBare}>
        <div class="heading" part="heading"><slot name="heading">${this.heading}</slot></div>
        <div class="actions" part="actions">${actions}<slot name="actions"></slot></div>
      </div>
      <div class="body" part="body">${isShown ? this.body() : nothing}</div>
      <p class=${this.state === 'error' ? 'note error' : 'note'} part=${this.state === 'error' ? 'note error' : 'note'} role="status">${this.#note()}</p>
    </section>`;
  }
}
