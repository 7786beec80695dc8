import type { PropertyDeclarations, PropertyValues } from 'lit';
import { type DataviewLike, DataviewWidget } from './dataview-widget.js';
import { type ExceptingDataview, SourceFilter, type SourceLike } from './source-filter.js';

/** A widget in which one selects, and whose selection filters a source. */
export abstract class SelectingWidget<Data, Dataview extends DataviewLike & ExceptingDataview, Selection> extends DataviewWidget<Data, Dataview> {
  static override properties: PropertyDeclarations = {
    filters: { attribute: false },
    selectable: { type: Boolean },
    selection: { attribute: false },
  };

  declare filters: SourceLike | null | undefined;
  declare selectable: boolean;
  declare selection: Selection;

  readonly #filter: SourceFilter;

  constructor(kind: 'Category' | 'Range', none: Selection) {
    super();
    this.#filter = new SourceFilter(kind);
    this.selectable = false;
    this.selection = none;
  }

  /** The conditions that the selection is; null when nothing is selected. */
  protected abstract conditions(): Record<string, unknown> | null;

  /** Whether the widget shows what is not selected, too. */
  protected get showsAll(): boolean {
    return true;
  }

  /** Whether the visitor can select. */
  protected get isSelectable(): boolean {
    return this.selectable || !!this.filters;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#apply();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    // An element that is moved comes back in the same turn; one that is gone must not go on filtering.
    queueMicrotask(() => {
      if (!this.isConnected) this.#filter.release();
    });
  }

  protected override updated(changed: PropertyValues): void {
    super.updated(changed);
    this.#apply();
  }

  #apply(): void {
    if (!this.isConnected) return;
    this.#filter.apply({ source: this.filters, dataview: this.dataview, conditions: this.conditions(), isLeftOut: this.showsAll });
  }

  /** The visitor selected something else. */
  protected select(selection: Selection): void {
    this.selection = selection;
    this.dispatchEvent(new CustomEvent('carto-selection', { detail: { selection }, bubbles: true, composed: true }));
  }
}
