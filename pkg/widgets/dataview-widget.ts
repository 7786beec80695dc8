import type { PropertyDeclarations, PropertyValues } from 'lit';
import { type Failure, Widget } from './widget.js';

/** What a widget uses of a dataview, of this library or of CARTO.js. */
export interface DataviewLike {
  getStatus(): string;
  getData(): unknown;
  getColumn(): string;
  on(name: string, listener: (...args: never[]) => void): unknown;
  off(name: string, listener: (...args: never[]) => void): unknown;
}

/**
 * A widget that shows what a dataview says. It listens as long as it is on the page: what is taken off the page keeps nothing
 * of the dataview busy.
 */
export abstract class DataviewWidget<Data, Dataview extends DataviewLike> extends Widget {
  static override properties: PropertyDeclarations = { dataview: { attribute: false }, data: { state: true } };

  declare dataview: Dataview | null | undefined;
  /** The latest data that has rows or says that there are none. */
  declare protected data: Data | undefined;

  #followed: Dataview | undefined;

  readonly #onStatus = (status: string): void => this.#take(status);
  readonly #onData = (): void => this.#take('loaded');
  readonly #onError = (error: Failure): void => {
    this.failure = error;
    this.state = 'error';
  };

  /** Whether data has nothing to show. */
  protected abstract isEmpty(data: Data): boolean;

  protected override get label(): string {
    return this.dataview?.getColumn() ?? '';
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.dataview) this.#follow(this.dataview);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#follow(undefined);
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('dataview') && this.isConnected) this.#follow(this.dataview ?? undefined);
    super.willUpdate(changed);
  }

  #follow(dataview: Dataview | undefined): void {
    const before = this.#followed;
    if (before === dataview) return;
    for (const [name, listener] of [['statusChanged', this.#onStatus], ['dataChanged', this.#onData], ['error', this.#onError]] as const) {
      before?.off(name, listener);
      dataview?.on(name, listener);
    }
    this.#followed = dataview;
    // What is off the page keeps showing what it showed, for when it comes back.
    if (!dataview && this.dataview) return;
    if (this.#shown !== dataview) {
      this.data = undefined;
      this.state = 'idle';
      this.changedDataview();
    }
    this.#shown = dataview;
    if (dataview) this.#take(dataview.getStatus());
  }

  /** The dataview that `data` is of. */
  #shown: Dataview | undefined;

  /** Called when another dataview was set. */
  protected changedDataview(): void {}

  #take(status: string): void {
    if (status === 'loading') this.state = 'loading';
    if (status === 'error' && this.state !== 'error') {
      // Its reason comes with the event, or was told before the widget listened.
      this.failure = undefined;
      this.state = 'error';
    }
    if (status !== 'loaded') return;
    const data = (this.#followed?.getData() ?? undefined) as Data | undefined;
    if (!data) return;
    this.failure = undefined;
    this.data = data;
    this.state = this.isEmpty(data) ? 'empty' : 'loaded';
  }
}
