// `CartoError` makes an error of whatever it is given, with `new` and without.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Answers, pageFor } from './answers.mjs';
import { launch } from './browser.mjs';

describe('errors', { timeout: 240_000 }, () => {
  let answers, browser, page;

  before(async () => {
    answers = await Answers.start();
    browser = await launch();
    ({ page } = await pageFor(browser, answers));
  });
  after(async () => {
    await browser?.close();
    answers?.stop();
  });

  test('anything makes an error', async () => {
    const bad = await page.evaluate(() => {
      const own = new RangeError('of the page');
      const refuse = () => { throw own; };
      const refusing = Object.fromEntries(['get', 'has', 'ownKeys', 'getPrototypeOf', 'getOwnPropertyDescriptor'].map((name) => [name, refuse]));
      const { proxy, revoke } = Proxy.revocable({}, {});
      revoke();
      const cyclic = {};
      cyclic.message = cyclic;
      const given = [undefined, null, true, 0, NaN, '', 'text', 10n, Symbol('s'), [], ['a'], {}, Object.create(null), cyclic, proxy, new Proxy({}, refusing), new Proxy(() => {}, refusing), refuse, new Map(), new Error('e'), document.body,
        { get message() { throw own; } }, { get type() { throw own; } }, { message: Symbol('m') }, { message: Object.create(null) }, { message: proxy }, { message: { toString: refuse } }, { message: { [Symbol.toPrimitive]: refuse } }, { message: 1n },
        { message: 'm', cause: proxy }, { message: 'm', stack: 's' }, { message: 'm', name: 'n' }, { message: 'm', constructor: 1 }, { message: 'm', __proto__: null, ['__proto__']: 1 }, Object.freeze({ message: 'm' })];
      const { CartoError } = carto;
      class Mine extends CartoError {}
      const Old = function (properties) { return CartoError.call(this, properties); };
      const withoutPrototype = function () {}.bind();
      const ways = { 'with new': (value) => new CartoError(value), 'without new': (value) => CartoError(value), 'by call': (value) => CartoError.call(value, value), 'by apply': (value) => Reflect.apply(CartoError, undefined, [value, 1, 2]),
        'in a class of the page': (value) => new Mine(value), 'in a function of the page': (value) => new Old(value), 'as something else': (value) => Reflect.construct(CartoError, [value], withoutPrototype) };
      const bad = [];
      for (const [way, make] of Object.entries(ways))
        given.forEach((value, index) => {
          try {
            const error = make(value);
            const is = error instanceof Error && (error instanceof CartoError || way === 'as something else') && typeof error.message === 'string' && Object.prototype.toString.call(error) === '[object Error]' && typeof error.stack === 'string';
            if (!is) bad.push(`${index} ${way}: ${String(error)}`);
          } catch (error) {
            bad.push(`${index} ${way} threw ${String(error)}`);
          }
        });
      const made = new CartoError({ message: 'm', origin: 'o', cause: own });
      const inherited = new CartoError(Object.create({ message: 'of a class' }));
      const facts = [made.name === 'CartoError', `${made}` === 'CartoError: m', made.cause === own, made.origin === 'o', Object.keys(made).join() === 'origin', !Object.hasOwn(new CartoError({ message: 'm' }), 'cause'), inherited.message === 'of a class',
        new Mine({ message: 'm' }) instanceof Mine, CartoError.name === 'CartoError', CartoError.length === 1, made.constructor === CartoError, Object.getPrototypeOf(CartoError) === Error, JSON.stringify(made) === '{"origin":"o"}', 
        // Some engines begin with the message, some do not.
        made.stack.startsWith('CartoError: m') || !own.stack.startsWith('RangeError: of the page')];
      facts.forEach((fact, index) => fact || bad.push(`fact ${index}`));
      return bad;
    });
    assert.deepEqual(bad, []);
  });
});
