import { type CSSResultGroup, html, nothing, type PropertyDeclarations, type PropertyValues, type TemplateResult } from 'lit';
import type { Category, CategoryData, CategoryItem } from '../types/dataview-category.js';
import { categoryStyles } from './category-styles.js';
import { CROSS, LOCKED, UNLOCKED } from './icons.js';
import { SelectingWidget } from './selecting-widget.js';
import { vars } from './vars.js';

type Name = string | number | boolean;

/** How many categories are asked for while the visitor looks for one. */
const SEARCHED = 500;
/** How many of those that are found are shown. */
const SHOWN = 100;

/** A value in SQL, as text that no setting of the database reads in another way. */
const quoted = (name: Name): string => (typeof name === 'number' ? String(name) : `E'${String(name).replaceAll('\\', '\\\\').replaceAll("'", "''")}'`);

/** One line of the list. */
interface Row {
  name: Name | null;
  text: string;
  /** Undefined where the data has no row of it. */
  value: number | undefined;
  isRest: boolean;
}

/** `<carto-category>`: bars, largest first. */
export class CategoryWidget extends SelectingWidget<CategoryData, Category, Name[]> {
  static override styles: CSSResultGroup[] = [...super.styles, categoryStyles];
  static override properties: PropertyDeclarations = {
    searchable: { type: Boolean },
    locked: { type: Boolean, reflect: true },
    query: { state: true },
    focused: { state: true },
  };

  declare searchable: boolean;
  declare locked: boolean;
  /** What the visitor looks for. */
  declare protected query: string;
  /** The line that Tab leads to. */
  declare protected focused: number;

  /** The dataview's own limit, while more is asked for. */
  #limit: { dataview: Category; before: number } | undefined;

  constructor() {
    super('Category', []);
    this.searchable = false;
    this.locked = false;
    this.query = '';
    this.focused = 0;
  }

  protected override conditions(): Record<string, unknown> | null {
    if (!this.selection.length) return null;
    // Lists know no truth values; the database reads the texts as such.
    const names = this.selection.map((name) => (typeof name === 'boolean' ? String(name) : name));
    // Filters write some letters in lists as CARTO.js does, and the database reads them as others.
    return { in: names.some((name) => /["\n\\]/.test(String(name))) ? { query: names.map(quoted).join(',') } : names };
  }

  protected override get showsAll(): boolean {
    return !this.locked;
  }

  protected override isEmpty({ categories }: CategoryData): boolean {
    return !categories.length && !this.selection.length;
  }

  protected override changedDataview(): void {
    this.#askForAll(false);
    this.query = '';
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#askForAll(false);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (this.locked && !this.selection.length) this.locked = false;
    super.willUpdate(changed);
  }

  /** Asks for as many categories as one can look through, or for those of before. */
  #askForAll(wanted: boolean): void {
    if (this.#limit) this.#limit.dataview.setLimit(this.#limit.before);
    this.#limit = undefined;
    const { dataview } = this;
    if (!wanted || !dataview) return;
    const before = dataview.getLimit();
    if (before >= SEARCHED) return;
    this.#limit = { dataview, before };
    dataview.setLimit(SEARCHED);
  }

  #text(name: CategoryItem['name']): string {
    return name === null || name === '' ? this.say('noValue') : typeof name === 'number' ? this.number(name) : String(name);
  }

  #rows(): Row[] {
    const { categories = [] } = this.data ?? {};
    const rows: Row[] = [];
    const chosen = new Set<unknown>(this.selection);
    for (const { name, value, group } of categories) {
      if (group ? this.locked || this.query : this.locked && !chosen.has(name)) continue;
      chosen.delete(name);
      rows.push({ name, text: group ? this.say('others') : this.#text(name), value, isRest: group });
    }
    // What is selected can be taken back, also where there is nothing of it now.
    for (const name of this.selection) if (chosen.has(name)) rows.push({ name, text: this.#text(name), value: undefined, isRest: false });
    const query = this.query.trim().toLocaleLowerCase(this.language);
    const found = query ? rows.filter(({ text }) => text.toLocaleLowerCase(this.language).includes(query)) : rows;
    return found.slice(0, this.#limit ? SHOWN : found.length);
  }

  #toggle(name: Name): void {
    const { selection } = this;
    this.select(selection.includes(name) ? selection.filter((one) => one !== name) : [...selection, name]);
  }

  /** Arrows, Home and End lead from line to line, so that Tab has one stop in the list. */
  readonly #onKey = (event: KeyboardEvent): void => {
    const list = event.currentTarget as HTMLElement;
    const buttons = Array.from(list.querySelectorAll<HTMLElement>('button.row'));
    const at = buttons.indexOf(event.target as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
    if (to === undefined || at < 0) return;
    event.preventDefault();
    const next = Math.min(Math.max(to, 0), buttons.length - 1);
    this.focused = next;
    buttons[next]?.focus();
  };

  #row({ name, text, value, isRest }: Row, most: number, index: number): TemplateResult {
    const inside = html`<span class="name" part="name" title=${text}>${text}</span>
      <span class="value" part="value" title=${value === undefined ? nothing : this.number(value)}>${value === undefined ? '–' : this.shortNumber(value)}</span>
      <span class="track" part="track"><span class="bar" part="bar" ${vars({ '--share': String(Math.abs(value ?? 0) / most) })}></span></span>`;
    if (isRest) return html`<li><div class="row rest" part="row rest">${inside}</div></li>`;
    if (!this.isSelectable || name === null) return html`<li><div class="row" part="row">${inside}</div></li>`;
    const isChosen = this.selection.includes(name);
    return html`<li>
      <button type="button" class="row" part=${isChosen ? 'row selected' : 'row'} aria-pressed=${isChosen} tabindex=${index === this.focused ? 0 : -1}
        @click=${() => this.#toggle(name)} @focus=${() => (this.focused = index)}>${inside}</button>
    </li>`;
  }

  protected override body(): TemplateResult {
    if (!this.data) return html`<div class="rows skeleton" aria-hidden="true">${[0, 1, 2, 3].map(() => html`<div class="row"><span class="name"></span><span class="track"></span></div>`)}</div>`;
    const rows = this.#rows();
    const most = Math.max(...rows.map(({ value, isRest }) => (isRest ? 0 : Math.abs(value ?? 0))), Number.MIN_VALUE);
    let buttons = 0;
    const count = this.selection.length;
    const all = rows.filter(({ name, isRest }) => !isRest && name !== null).length;
    if (this.focused >= all) this.focused = 0;
    const list = rows.map((row) => this.#row(row, Math.max(most, row.isRest ? Math.abs(row.value ?? 0) : 0), row.isRest || row.name === null ? -1 : buttons++));
    return html`${this.#search()}
      <ul class=${count ? 'rows chosen' : 'rows'} part="rows" aria-label=${this.heading || this.label} tabindex=${this.isSelectable ? nothing : 0} @keydown=${this.#onKey}>${list}</ul>
      ${rows.length ? nothing : html`<p class="note" role="status">${this.say('noMatch')}</p>`}
      ${this.isSelectable ? this.#foot(count) : nothing}`;
  }

  #search(): unknown {
    if (!this.searchable) return nothing;
    return html`<input class="search" part="search" type="search" autocomplete="off" aria-label=${this.say('search')} placeholder=${this.say('search')} .value=${this.query}
      @focus=${() => this.#limit ?? this.#askForAll(true)}
      @blur=${() => this.query || this.#askForAll(false)}
      @input=${(event: InputEvent) => (this.query = (event.target as HTMLInputElement).value)}>`;
  }

  #foot(count: number): TemplateResult {
    const { locked } = this;
    return html`<div class="foot" part="foot">
      <span class="count" role="status">${count ? this.say('selected', { count: this.number(count) }) : ''}</span>
      ${count
        ? html`<button type="button" part="button" @click=${() => (this.locked = !locked)}>${locked ? UNLOCKED : LOCKED}${this.say(locked ? 'unlock' : 'lock')}</button>
            <button type="button" part="button" @click=${() => this.select([])}>${CROSS}${this.say('clear')}</button>`
        : nothing}
    </div>`;
  }
}
