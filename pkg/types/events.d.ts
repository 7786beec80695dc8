/** The events of a class: what each name's listeners are called with. */
export type EventMap = Record<string, unknown[]>;

/** A listener of one event; `this` is the object that has the event, or the context that was given. */
export type Listener<Args extends unknown[], Context = unknown> = (this: Context, ...args: Args) => void;

/** Listeners by event name: the form that `on` accepts in place of a name. */
export type ListenerMap<E extends EventMap, Context = unknown> = { [Name in keyof E]?: Listener<E[Name], Context> };

/** The words of a text, which blanks separate: the names of events. */
export type EventWords<Text extends string> = Text extends `${infer Name} ${infer Rest}` ? Name | EventWords<Rest> : Text;

/** A text with several names, all of them known; a text that is known only when the program runs is accepted, too. */
export type EventNames<E extends EventMap, Text extends string> = string extends Text
  ? Text
  : Text extends `${string} ${string}`
    ? [Exclude<EventWords<Text>, keyof E | 'all' | ''>] extends [never] ? Text : never
    : never;

/** What listeners of several names are called with: the arguments of any of them. */
export type EventArguments<E extends EventMap, Text extends string> = string extends Text
  ? never[]
  : 'all' extends EventWords<Text> ? unknown[] : E[EventWords<Text> & keyof E];

/**
 * The events of every public object, with the rules of Backbone 1.2.3: listeners are called at once, in the order in
 * which they were added. One that throws is reported to the page (`reportError`) and does not stop the others.
 */
export interface Events<E extends EventMap> {
  /**
   * Calls back for every event of a name. Several names may be given, separated by blanks; `all` stands for every event
   * and calls back with its name first.
   *
   * @param name the event
   * @param listener what is called
   * @param context `this` of the listener, in place of this object
   * @example
   * ```js
   * layer.on('featureClicked', ({ data, latLng }) => console.log(data.name, latLng.lat));
   * layer.on('featureOver featureOut', ({ data }) => { document.title = data ? String(data.name) : ''; });
   * layer.on('all', (name, ...args) => console.debug(name, args));
   * ```
   */
  on<Name extends keyof E, Context = this>(name: Name, listener: Listener<E[Name], Context>, context?: Context): this;
  on<Context = this>(name: 'all', listener: Listener<[name: keyof E, ...args: unknown[]], Context>, context?: Context): this;
  on<Context = this>(listeners: ListenerMap<E, Context>, context?: Context): this;
  on<Text extends string, Context = this>(names: EventNames<E, Text>, listener: Listener<EventArguments<E, Text>, Context>, context?: Context): this;
  /**
   * Like {@link on}, once: the listener is removed before it is called.
   *
   * @example
   * ```js
   * client.once('success', () => console.log('the map is ready'));
   * ```
   */
  once<Name extends keyof E, Context = this>(name: Name, listener: Listener<E[Name], Context>, context?: Context): this;
  once<Context = this>(name: 'all', listener: Listener<[name: keyof E, ...args: unknown[]], Context>, context?: Context): this;
  once<Context = this>(listeners: ListenerMap<E, Context>, context?: Context): this;
  once<Text extends string, Context = this>(names: EventNames<E, Text>, listener: Listener<EventArguments<E, Text>, Context>, context?: Context): this;
  /**
   * Removes listeners: all of them, or those of a name, of a function, of a context. What was not there is no error.
   *
   * @example
   * ```js
   * const listener = () => console.log('ready');
   * client.on('success', listener);
   * client.off('success', listener); // this one
   * client.off('success');           // all of an event
   * client.off(null, listener);      // of every event
   * client.off();                    // all
   * ```
   */
  off(name?: keyof E | 'all' | null, listener?: Listener<never[], never> | null, context?: unknown): this;
  off(listeners: ListenerMap<E, never>, context?: unknown): this;
  off<Text extends string>(names: EventNames<E, Text>, listener?: Listener<never[], never> | null, context?: unknown): this;
  /**
   * Calls the listeners of an event, as if it had happened.
   *
   * @example
   * ```js
   * layer.trigger('visibilityChanged', layer.isVisible());
   * ```
   */
  trigger<Name extends keyof E>(name: Name, ...args: E[Name]): this;
  trigger<Text extends string>(names: EventNames<E, Text>, ...args: unknown[]): this;
  /**
   * Listens to another object, so that {@link stopListening} ends all of it at once; `this` of the listener is this object.
   *
   * @example
   * ```js
   * layer.listenTo(cities, 'tableNameChanged', (name) => console.log(name));
   * ```
   */
  listenTo<F extends EventMap, Name extends keyof F>(other: Events<F>, name: Name, listener: Listener<F[Name], this>): this;
  listenTo<F extends EventMap>(other: Events<F>, listeners: ListenerMap<F, this>): this;
  /**
   * Like {@link listenTo}, once.
   *
   * @example
   * ```js
   * layer.listenToOnce(style, 'contentChanged', (content) => console.log(content.length));
   * ```
   */
  listenToOnce<F extends EventMap, Name extends keyof F>(other: Events<F>, name: Name, listener: Listener<F[Name], this>): this;
  listenToOnce<F extends EventMap>(other: Events<F>, listeners: ListenerMap<F, this>): this;
  /**
   * Ends what {@link listenTo} began: with every object, or with one, one of its events, one listener.
   *
   * @example
   * ```js
   * layer.stopListening(cities);
   * layer.stopListening();
   * ```
   */
  stopListening<F extends EventMap>(other?: Events<F> | null, name?: keyof F | null, listener?: Listener<never[], never>): this;
  /**
   * The same as {@link on}.
   *
   * @example
   * ```js
   * client.bind('success', () => console.log('ready'));
   * ```
   */
  bind: this['on'];
  /**
   * The same as {@link off}.
   *
   * @example
   * ```js
   * client.unbind('success');
   * ```
   */
  unbind: this['off'];
}
