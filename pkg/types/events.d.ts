/** The events of a class: what each name's listeners are called with. */
export type EventMap = Record<string, unknown[]>;

/** A listener of one event; `this` is the object that has the event, or the context that was given. */
export type Listener<Args extends unknown[], Context = unknown> = (this: Context, ...args: Args) => void;

/** Listeners by event name: the form that `on` accepts in place of a name. */
export type ListenerMap<E extends EventMap, Context = unknown> = object & { [Name in keyof E & string]?: Listener<E[Name], Context> };

/** The words of a text, which blanks separate: the names of events. */
export type EventWords<Text extends string> = Text extends `${infer Name} ${infer Rest}` ? Name | EventWords<Rest> : Text;

/** `all`, or a text with several names, all of them known; a text that is known only when the program runs is accepted, too. */
export type EventNames<E extends EventMap, Text extends string> = string extends Text
  ? Text
  : Text extends 'all' | `${string} ${string}`
    ? [Exclude<EventWords<Text>, keyof E | 'all' | ''>] extends [never] ? Text : never
    : never;

/** What listeners of `all` or of several names are called with: the arguments of any of them. */
export type EventArguments<E extends EventMap, Text extends string> = string extends Text
  ? never[]
  : Text extends 'all'
    ? [name: EventName<E>, ...args: unknown[]]
    : 'all' extends EventWords<Text> ? unknown[] : E[EventWords<Text> & keyof E];

/** The name of any event; of a union of events, those of all of its types. */
export type EventName<E extends EventMap> = E extends unknown ? keyof E : never;

/** The key under which the types keep the events of an object. */
declare const EVENTS: unique symbol;

/**
 * The events of an object. Of a union of objects it is the union of their events: a name is known when each of them has it,
 * and listeners get what any of them tells.
 */
export type EventsOf<Target extends Events<EventMap>> = NonNullable<Target[typeof EVENTS]>;

/**
 * The events of every public object, with the rules of Backbone 1.2.3: listeners are called at once, in the order in
 * which they were added. One that throws is reported to the page (`reportError`) and does not stop the others.
 */
export interface Events<E extends EventMap> {
  /** For the types alone: no object has it. Methods find the events here, so that all objects have the same methods, and unions too. */
  readonly [EVENTS]?: E;
  /**
   * Calls back for every event of a name. Several names may be given, separated by blanks; `all` stands for every event
   * and calls back with its name first. Of an object that is one of several classes, the events that all of them have.
   *
   * @param name the event
   * @param listener what is called
   * @param context `this` of the listener, in place of this object
   * @example
   * ```js
   * layer.on('featureClicked', ({ data, latLng }) => console.log(data.name, latLng.lat));
   * layer.on('featureOver featureOut', ({ data }) => { document.title = data ? String(data.name) : ''; });
   * layer.on('all', (name, ...args) => console.debug(name, args));
   * for (const each of client.getDataviews()) each.on('error', (error) => console.warn(error.message));
   * ```
   */
  on<This extends Events<EventMap>, Name extends keyof EventsOf<This>, Context = This>(this: This, name: Name, listener: Listener<EventsOf<This>[Name], Context>, context?: Context): This;
  on<This extends Events<EventMap>, Context = This>(this: This, listeners: ListenerMap<EventsOf<This>, Context>, context?: Context): This;
  on<This extends Events<EventMap>, Text extends string, Context = This>(this: This, names: EventNames<EventsOf<This>, Text>, listener: Listener<EventArguments<EventsOf<This>, Text>, Context>, context?: Context): This;
  /**
   * Like {@link on}, once: the listener is removed before it is called.
   *
   * @example
   * ```js
   * client.once('success', () => console.log('the map is ready'));
   * ```
   */
  once<This extends Events<EventMap>, Name extends keyof EventsOf<This>, Context = This>(this: This, name: Name, listener: Listener<EventsOf<This>[Name], Context>, context?: Context): This;
  once<This extends Events<EventMap>, Context = This>(this: This, listeners: ListenerMap<EventsOf<This>, Context>, context?: Context): This;
  once<This extends Events<EventMap>, Text extends string, Context = This>(this: This, names: EventNames<EventsOf<This>, Text>, listener: Listener<EventArguments<EventsOf<This>, Text>, Context>, context?: Context): This;
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
  off<This extends Events<EventMap>>(this: This, name?: keyof EventsOf<This> | null, listener?: Listener<never[], never> | null, context?: unknown): This;
  off<This extends Events<EventMap>>(this: This, listeners: ListenerMap<EventsOf<This>, never>, context?: unknown): This;
  off<This extends Events<EventMap>, Text extends string>(this: This, names: EventNames<EventsOf<This>, Text>, listener?: Listener<never[], never> | null, context?: unknown): This;
  /**
   * Calls the listeners of an event, as if it had happened.
   *
   * @example
   * ```js
   * layer.trigger('visibilityChanged', layer.isVisible());
   * ```
   */
  trigger<This extends Events<EventMap>, Name extends keyof EventsOf<This>>(this: This, name: Name, ...args: EventsOf<This>[Name]): This;
  trigger<This extends Events<EventMap>, Text extends string>(this: This, names: EventNames<EventsOf<This>, Text>, ...args: unknown[]): This;
  /**
   * Listens to another object, so that {@link stopListening} ends all of it at once; `this` of the listener is this object.
   *
   * @example
   * ```js
   * layer.listenTo(cities, 'tableNameChanged', (name) => console.log(name));
   * ```
   */
  listenTo<This extends Events<EventMap>, Other extends Events<EventMap>, Name extends keyof EventsOf<Other>>(this: This, other: Other, name: Name, listener: Listener<EventsOf<Other>[Name], This>): This;
  listenTo<This extends Events<EventMap>, Other extends Events<EventMap>>(this: This, other: Other, listeners: ListenerMap<EventsOf<Other>, This>): This;
  /**
   * Like {@link listenTo}, once.
   *
   * @example
   * ```js
   * layer.listenToOnce(style, 'contentChanged', (content) => console.log(content.length));
   * ```
   */
  listenToOnce<This extends Events<EventMap>, Other extends Events<EventMap>, Name extends keyof EventsOf<Other>>(this: This, other: Other, name: Name, listener: Listener<EventsOf<Other>[Name], This>): This;
  listenToOnce<This extends Events<EventMap>, Other extends Events<EventMap>>(this: This, other: Other, listeners: ListenerMap<EventsOf<Other>, This>): This;
  /**
   * Ends what {@link listenTo} began: with every object, or with one, one of its events, one listener.
   *
   * @example
   * ```js
   * layer.stopListening(cities);
   * layer.stopListening();
   * ```
   */
  stopListening<This extends Events<EventMap>, Other extends Events<EventMap>>(this: This, other?: Other | null, name?: keyof EventsOf<Other> | null, listener?: Listener<never[], never>): This;
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
