// Pages whose natives are not what engines give: what each does before the library comes, and after. Scripts as text.
import { readFileSync } from 'node:fs';

const module = (path) => readFileSync(new URL(`../../node_modules/${path}`, import.meta.url), 'utf8');
const broken = "function () { throw 'of the page'; }";

/** What Prototype.js 1.6 documents that it does to natives. */
const PROTOTYPE_JS = `
  const $A = (iterable) => { if (!iterable) return []; if (iterable.toArray) return iterable.toArray(); const results = []; for (let at = 0; at < iterable.length; at++) results.push(iterable[at]); return results; };
  const $break = {};
  Object.extend = (destination, source) => { for (const name in source) destination[name] = source[name]; return destination; };
  Object.keys = (object) => { const keys = []; for (const name in object) keys.push(name); return keys; };
  Object.values = (object) => { const values = []; for (const name in object) values.push(object[name]); return values; };
  Object.toJSON = (value) => (typeof value === 'string' ? '"' + value + '"' : value && value.toJSON ? value.toJSON() : String(value));
  Object.isArray = (object) => object !== null && typeof object === 'object' && 'splice' in object && 'join' in object;
  const each = function (iterator, context) { try { for (let at = 0; at < this.length; at++) iterator.call(context, this[at], at); } catch (error) { if (error !== $break) throw error; } return this; };
  const collect = function (iterator, context) { const results = []; this.each((value, index) => results.push((iterator || ((item) => item)).call(context, value, index))); return results; };
  const detect = function (iterator, context) { let result; this.each((value, index) => { if (iterator.call(context, value, index)) { result = value; throw $break; } }); return result; };
  const findAll = function (iterator, context) { const results = []; this.each((value, index) => { if (iterator.call(context, value, index)) results.push(value); }); return results; };
  const all = function (iterator, context) { let result = true; this.each((value, index) => { result = result && !!(iterator || ((item) => item)).call(context, value, index); if (!result) throw $break; }); return result; };
  const any = function (iterator, context) { let result = false; this.each((value, index) => { if ((result = !!(iterator || ((item) => item)).call(context, value, index))) throw $break; }); return result; };
  Object.extend(Array.prototype, { each, collect, map: collect, detect, find: detect, findAll, filter: findAll, select: findAll, all, every: all, any, some: any,
    include(item) { return this.indexOf(item) >= 0; }, first() { return this[0]; }, last() { return this[this.length - 1]; }, clone() { return [].concat(this); }, toArray() { return this.clone(); }, entries() { return this.toArray(); },
    size() { return this.length; }, compact() { return this.filter((value) => value !== null && value !== undefined); }, flatten() { return this; }, without() { return this; }, uniq() { return this; },
    _reverse: Array.prototype.reverse, reverse(inline) { return (inline !== false ? this : this.toArray())._reverse(); }, reduce() { return this.length > 1 ? this : this[0]; }, inspect() { return '[' + this.join(', ') + ']'; },
    toJSON() { const results = []; this.each((object) => results.push(Object.toJSON(object))); return '[' + results.join(', ') + ']'; } });
  Array.from = $A;
  Object.extend(String.prototype, { gsub(pattern, replacement) { return this.split(pattern).join(replacement); }, strip() { return this.trim(); }, truncate() { return String(this); }, toJSON() { return '"' + this + '"'; }, times(count) { return this.repeat(count); },
    startsWith(pattern) { return this.indexOf(pattern) === 0; }, endsWith(pattern) { return this.lastIndexOf(pattern) === this.length - pattern.length; }, blank() { return /^\\s*$/.test(this); }, toArray() { return this.split(''); }, succ() { return this; } });
  Object.extend(Number.prototype, { toJSON() { return isFinite(this) ? this.toString() : 'null'; }, succ() { return this + 1; }, times(iterator) { for (let at = 0; at < this; at++) iterator(at); return this; } });
  Date.prototype.toJSON = function () { return '"' + this.getUTCFullYear() + '"'; };
  Object.extend(Function.prototype, { argumentNames() { return []; }, curry() { const call = this; return function () { return call.apply(this, arguments); }; }, wrap(wrapper) { return wrapper; }, methodize() { return this; }, delay(seconds) { return setTimeout(this, seconds * 1000); }, defer() { return setTimeout(this, 10); },
    bind(context) { if (arguments.length < 2 && context === undefined) return this; const call = this; const args = $A(arguments); args.shift(); return function () { return call.apply(context, args.concat($A(arguments))); }; } });
  window.Hash = function (object) { this._object = object; }; window.Template = function () {}; window.Class = { create: () => function () {} }; window.Ajax = { Request() {} };
  window.Event = Object.extend(window.Event, { observe() {}, stop() {} }); window.Element = Object.extend(function () {}, { extend: (element) => element }); window.Form = {}; window.$ = (id) => document.getElementById(id); window.$A = $A;`;

/** What MooTools 1.2 to 1.4 document that they do to natives. */
const MOOTOOLS = `
  const put = (object, members) => { for (const name in members) object[name] = members[name]; };
  Array.from = (item) => (item === null || item === undefined ? [] : Array.isArray(item) ? item : [item]);
  Function.from = (item) => (typeof item === 'function' ? item : () => item); Number.from = (item) => parseFloat(item); String.from = (item) => item + '';
  put(Function.prototype, { overloadSetter() { return this; }, overloadGetter() { return this; }, extend(key, value) { this[key] = value; return this; }, implement(key, value) { this.prototype[key] = value; return this; }, hide() { return this; }, protect() { return this; },
    attempt(args, bound) { try { return this.apply(bound, Array.from(args)); } catch { return null; } }, pass(args, bound) { const self = this; return () => self.apply(bound, Array.from(args)); }, delay(delay) { return setTimeout(this, delay); }, periodical(delay) { return setInterval(this, delay); },
    bind(bound, args) { const self = this; return function () { return self.apply(bound, args === undefined ? arguments : Array.from(args)); }; } });
  put(Array.prototype, { each(call, bound) { for (let at = 0; at < this.length; at++) call.call(bound, this[at], at, this); return this; }, clone() { return this.slice(); }, clean() { return this.filter((item) => item != null); }, invoke() { return this; }, associate() { return {}; }, link() { return {}; },
    contains(item, from) { return this.indexOf(item, from) !== -1; }, append(array) { this.push.apply(this, array); return this; }, getLast() { return this[this.length - 1]; }, getRandom() { return this[0]; }, include(item) { if (!this.contains(item)) this.push(item); return this; }, combine(array) { for (const item of array) this.include(item); return this; },
    erase(item) { for (let at = this.length; at--; ) if (this[at] === item) this.splice(at, 1); return this; }, empty() { this.length = 0; return this; }, flatten() { return [].concat(...this); }, pick() { return this[0]; }, hexToRgb() { return ''; } });
  put(String.prototype, { test(regex) { return new RegExp(regex).test(this); }, contains(text, position) { return this.indexOf(text, position) > -1; }, clean() { return this.trim(); }, camelCase() { return String(this); }, hyphenate() { return String(this); }, capitalize() { return String(this); }, substitute() { return String(this); }, toInt(base) { return parseInt(this, base || 10); }, toFloat() { return parseFloat(this); } });
  put(Number.prototype, { limit(min, max) { return Math.min(max, Math.max(min, this)); }, times() {}, toFloat() { return parseFloat(this); }, toInt() { return parseInt(this, 10); } });
  put(Object, { each(object, call) { for (const key in object) call(object[key], key); }, merge(source) { return source; }, clone(object) { return { ...object }; }, append(original, more) { return Object.assign(original, more); }, map(object) { return object; }, subset(object) { return object; }, toQueryString() { return ''; },
    keys(object) { const keys = []; for (const key in object) if (Object.prototype.hasOwnProperty.call(object, key)) keys.push(key); return keys; } });
  JSON.encode = JSON.stringify; JSON.decode = JSON.parse;
  window.Request = function Request(options) { this.options = options; this.send = () => this; }; window.Request.HTML = function () {}; window.Type = function () {}; window.Class = function () {}; window.Native = function () {}; window.Hash = function () {}; window.Cookie = function () {}; window.URI = function () {}; window.Browser = { name: 'chrome' };
  window.Event = function DOMEvent(event) { this.event = event; }; window.Element = function Element() {}; window.Window = window.$constructor = function () {}; window.Document = function () {}; window.Events = function () {}; window.Options = function () {}; window.Chain = function () {};
  Date.prototype.clone = function () { return new Date(this.getTime()); }; Date.prototype.diff = function () { return 0; }; RegExp.prototype.exec.bind; window.$ = (id) => document.getElementById(id); window.$$ = () => []; window.$type = (value) => typeof value;`;

const missing = (name) => ({ name: `${name} is missing`, before: `delete window.${name}; if (window.${name} !== undefined) window.${name} = undefined;` });
const later = (name) => ({ name: `${name} is replaced later`, after: `window.${name} = ${broken};` });
const inherited = (names, value) => ({ name: `all objects have "${names.join('", "')}": ${value}`, before: names.map((name) => `Object.prototype[${JSON.stringify(name)}] = ${value};`).join(' ') });

export const PATCHES = [
  { name: 'Prototype.js', before: PROTOTYPE_JS },
  { name: 'Prototype.js, later', after: PROTOTYPE_JS },
  { name: 'MooTools', before: MOOTOOLS },
  { name: 'MooTools, later', after: MOOTOOLS },
  { name: 'core-js', before: module('core-js-bundle/minified.js') },
  { name: 'core-js, later', after: module('core-js-bundle/minified.js') },
  { name: 'zone.js', before: module('zone.js/bundles/zone.umd.min.js') },
  { name: 'zone.js, later', after: module('zone.js/bundles/zone.umd.min.js') },
  { name: 'Prototype.js and MooTools', before: `{${PROTOTYPE_JS}} {${MOOTOOLS}}` },
  ...['WeakRef', 'FinalizationRegistry', 'Set', 'Map', 'URL', 'URLSearchParams', 'AbortController', 'AbortSignal', 'TextDecoder', 'TextEncoder', 'Promise', 'Symbol', 'fetch', 'Request', 'Response', 'Headers', 'Reflect', 'queueMicrotask', 'performance', 'reportError', 'Proxy', 'WeakMap'].map(missing),
  { name: 'nothing new is there', before: "for (const name of ['WeakRef', 'FinalizationRegistry', 'Set', 'Map', 'WeakMap', 'URL', 'URLSearchParams', 'AbortController', 'AbortSignal', 'TextDecoder', 'TextEncoder', 'Promise', 'Reflect', 'Proxy', 'fetch', 'Request', 'Response', 'Headers', 'queueMicrotask', 'performance']) window[name] = undefined;" },
  ...['WeakRef', 'FinalizationRegistry', 'Set', 'Map', 'WeakMap', 'URL', 'URLSearchParams', 'AbortController', 'AbortSignal', 'TextDecoder', 'TextEncoder', 'Promise', 'Symbol', 'Request', 'Headers', 'Reflect', 'queueMicrotask', 'Object', 'Array', 'Date', 'Error', 'TypeError', 'RegExp', 'Function', 'setTimeout', 'clearTimeout', 'encodeURIComponent', 'parseFloat', 'parseInt', 'Uint8Array', 'DataView', 'WebAssembly', 'Proxy', 'String', 'Number'].map(later),
  { name: 'JSON is gone later', after: 'window.JSON = undefined;' },
  { name: 'fetch is gone later', after: 'window.fetch = undefined;' },
  { name: 'fetch is wrapped later', after: 'const { fetch } = window; window.fetch = function () { return fetch.apply(this, arguments); };' },
  ...Object.entries({
    'methods of lists': ['push', 'pop', 'shift', 'map', 'filter', 'forEach', 'includes', 'indexOf', 'splice', 'slice', 'join', 'concat', 'flat', 'find', 'findIndex', 'some', 'every', 'reduce', 'sort', 'entries', 'keys'].map((name) => `Array.prototype.${name}`),
    'functions of lists': ['Array.isArray', 'Array.from', 'Array.of'],
    'iterators': ['Array.prototype[Symbol.iterator]', 'Map.prototype[Symbol.iterator]', 'Set.prototype[Symbol.iterator]'],
    'functions of objects': ['keys', 'values', 'entries', 'assign', 'create', 'defineProperty', 'getPrototypeOf', 'setPrototypeOf', 'hasOwn', 'freeze', 'fromEntries'].map((name) => `Object.${name}`),
    'methods of objects': ['Object.prototype.toString', 'Object.prototype.hasOwnProperty', 'Object.prototype.valueOf'],
    'JSON': ['JSON.stringify', 'JSON.parse'],
    'Reflect': ['get', 'set', 'apply', 'construct', 'has', 'ownKeys', 'defineProperty'].map((name) => `Reflect.${name}`),
    'methods of functions': ['call', 'apply', 'bind', 'toString'].map((name) => `Function.prototype.${name}`),
    'functions of promises': ['resolve', 'race', 'reject', 'all'].map((name) => `Promise.${name}`),
    'methods of collections': ['Map.prototype.get', 'Map.prototype.set', 'Set.prototype.add', 'Set.prototype.has', 'WeakRef.prototype.deref', 'FinalizationRegistry.prototype.register', 'WeakMap.prototype.get'],
    'methods of dates and numbers': ['Date.prototype.getTime', 'Date.prototype.toISOString', 'Date.prototype.getTimezoneOffset', 'Date.now', 'Number.prototype.toString', 'Number.isInteger'],
  }).map(([name, paths]) => ({ name: `${name} are replaced later`, after: paths.map((path) => `${path} = ${broken};`).join(' ') })),
  // Each of these is read of property descriptors.
  ...['get', 'set', 'value', 'writable', 'enumerable', 'configurable'].map((name) => inherited([name], "'bar'")),
  ...[
    ['foo'], ['length', 'name', 'id', 'type', 'message', 'query', 'in', 'min', 'max'], ['signal', 'method', 'body', 'headers', 'mode', 'cache', 'credentials', 'redirect', 'referrer', 'window', 'url'], ['cause', 'stack', 'reason', 'origin', 'errorCode', 'originalError'],
    ['limit', 'operation', 'operationColumn', 'bins', 'start', 'end', 'aggregation', 'offset', 'columns', 'visible', 'minzoom', 'maxzoom', 'featureOverColumns', 'timeout', 'maxUrlLength', 'serverUrl', 'apiKey', 'allowMasterKey', 'format', 'params'],
    ['errors', 'errors_with_context', 'error', 'layergroupid', 'cdn_url', 'metadata', 'status', 'categories', 'nulls'], ['done', 'next', 'layer', 'leaflet', 'all', 'exports', 'once', 'success', 'a', 'b', 'c', '0', '1'],
  ].map((names) => inherited(names, "'bar'")),
  ...[['foo'], ['toJSON', 'each', 'contains', 'extend', 'dataChanged', 'clone', 'merge', 'size', 'map', 'filter']].map((names) => inherited(names, "function () { return 'bar'; }")),
  { name: 'all objects have getters that throw', before: `for (const name of ['foo', 'get', 'type', 'query', 'message', 'signal', 'value', 'id']) Object.defineProperty(Object.prototype, name, { __proto__: null, get: ${broken}, configurable: true });` },
  { name: 'all objects have getters and no setters', before: "for (const name of ['type', 'operation', 'message', 'layers', 'styles', 'features', 'id', 'origin', 'errorCode', 'source', 'SQL']) Object.defineProperty(Object.prototype, name, { __proto__: null, get() { return 'bar'; }, configurable: true });" },
  { name: 'all objects have what cannot be written', before: "for (const name of ['type', 'operation', 'message', 'layers', 'id', 'options', 'version', 'data', 'x']) Object.defineProperty(Object.prototype, name, { __proto__: null, value: 'bar', configurable: true });" },
  { name: 'all lists have more', before: "Array.prototype.last = function () { return this[this.length - 1]; }; Array.prototype.x = 'bar';" },
  { name: 'all lists have a JSON of their own', before: "Array.prototype.toJSON = function () { return 'bar'; };" },
  { name: 'all texts and functions have more', before: "String.prototype.type = 'bar'; Function.prototype.type = 'bar'; Function.prototype.toJSON = () => 'bar'; Number.prototype.toJSON = () => 'bar';" },
  { name: 'Object.prototype is frozen', before: 'Object.freeze(Object.prototype);' },
  { name: 'every prototype is frozen', before: 'for (const { prototype } of [Object, Array, Function, Error, Promise, Map, Set, String, Number, Date, RegExp]) Object.freeze(prototype); Object.freeze(Error); Object.freeze(Object); Object.freeze(Array);' },
  { name: 'every prototype is frozen later', after: 'for (const { prototype } of [Object, Array, Function, Error, Promise, Map, Set, String, Number, Date, RegExp]) Object.freeze(prototype); Object.freeze(Error);' },
  { name: 'a Promise of its own', before: 'const Native = Promise; window.Promise = class Own { constructor(run) { this.inner = new Native(run); } then(a, b) { return new Own((done) => done(this.inner.then(a, b))); } };' },
  { name: 'globals with the names of libraries', before: "window.name = 'carto'; window.L = 7; window.google = 'maps'; window.trackJs = 'x'; window.module = 'x'; window.exports = {}; window.define = 'x'; window.require = 'x'; window.process = { env: {} }; window.global = window; window.carto = 'old';" },
  { name: 'other maps', before: "window.L = { version: '1.9' }; window.google = { maps: { version: 'weekly' } };" },
];
