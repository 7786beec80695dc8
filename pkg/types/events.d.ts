/** A listener of one event. */
export type Listener<Args extends unknown[]> = (...args: Args) => void;

/** Listeners by event name, the form that `on` accepts in place of a name. */
export type ListenerMap<E extends EventMap> = { [N in keyof E]?: Listener<E[N]> };

/** The events of a class: name and arguments. */
export type EventMap = Record<string, unknown[]>;

/**
 * The events of every public object, with the rules of Backbone 1.2.3.
 *
 * A listener that throws is reported to the page (`reportError`) and does not stop the others.
 */
export interface Events<E extends EventMap> {
  /**
   * Calls back for every event of a name. Several names may be given, separated by blanks; `all` stands for every event.
   *
   * ```js
   * layer.on('featureClicked', (event) => console.log(event.data));
   * ```
   */
  on<N extends keyof E>(name: N, listener: Listener<E[N]>, context?: unknown): this;
  on(name: 'all', listener: (name: keyof E, ...args: unknown[]) => void, context?: unknown): this;
  on(listeners: ListenerMap<E>, context?: unknown): this;
  on(names: string, listener: Listener<never[]>, context?: unknown): this;
  /** Like {@link on}, once. */
  once<N extends keyof E>(name: N, listener: Listener<E[N]>, context?: unknown): this;
  once(listeners: ListenerMap<E>, context?: unknown): this;
  once(names: string, listener: Listener<never[]>, context?: unknown): this;
  /** Removes listeners: all, those of a name, of a callback, of a context. */
  off(name?: keyof E | string | ListenerMap<E> | null, listener?: Listener<never[]> | null, context?: unknown): this;
  /** Calls the listeners of an event. */
  trigger<N extends keyof E>(name: N, ...args: E[N]): this;
  trigger(names: string, ...args: unknown[]): this;
  /** Listens to another object, with this one as `this` of the callback. */
  listenTo<F extends EventMap, N extends keyof F>(other: Events<F>, name: N, listener: Listener<F[N]>): this;
  listenTo<F extends EventMap>(other: Events<F>, listeners: ListenerMap<F>): this;
  /** Like {@link listenTo}, once. */
  listenToOnce<F extends EventMap, N extends keyof F>(other: Events<F>, name: N, listener: Listener<F[N]>): this;
  listenToOnce<F extends EventMap>(other: Events<F>, listeners: ListenerMap<F>): this;
  /** Ends what {@link listenTo} began. */
  stopListening<F extends EventMap>(other?: Events<F>, name?: keyof F | null, listener?: Listener<never[]>): this;
  /** The same as {@link on}. */
  bind: Events<E>['on'];
  /** The same as {@link off}. */
  unbind: Events<E>['off'];
}
