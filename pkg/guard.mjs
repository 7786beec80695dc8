// Makes the glue safe from what pages do: it calls methods as they were when the script came, and takes nothing that throws
// for granted where the WebAssembly side does not expect it. An exception that passes through that side leaves its stack behind.

/**
 * What the glue says, and what it says instead. Each must be there in the glue of the whole module: another version of
 * wasm-bindgen is to be looked at anew.
 */
const INSTEAD = [
  [/\barg0\.call\(arg1\)/g, 'apply(arg0, arg1, [])'],
  [/\barg0\.call\(arg1, arg2\)/g, 'apply(arg0, arg1, [arg2])'],
  [/\barg0\.getTime\(\)/g, 'timeOf(arg0)'],
  [/\barg0\.getTimezoneOffset\(\)/g, 'offsetOf(arg0)'],
  [/\barg0\.toISOString\(\)/g, 'isoOf(arg0)'],
  // Of numbers, and of objects of the rim's own.
  [/\barg0\.toString\((arg1)?\)/g, '`${arg0}`'],
  [/\barg0\.push\(arg1\)/g, '(arg0[arg0.length] = arg1, arg0.length)'],
  [/\barg0\.join\(/g, 'joined(arg0, '],
  [/\barg0\[arg1( >>> 0)?\] = arg2;/g, 'put(arg0, arg1, arg2);'],
  [/\barg0\[arg1 >>> 0\]/g, 'itemOf(arg0, arg1 >>> 0)'],
  [/\barg0\.length\b/g, 'lengthOf(arg0)'],
  [/typeof\(obj\) === 'string' \? obj : undefined/g, 'textOf(obj)'],
  [/\bf\.apply\(this, args\)/g, 'apply(f, this, args)'],
  [/const real = \(\.\.\.args\) => \{/g, 'const real = (arg2, arg3) => {\n        begin();'],
  [/\bf\(a, state\.b, \.\.\.args\)/g, 'f(a, state.b, arg2, arg3)'],
  // Numbers in place of the enums, which TypeScript knows anyhow.
  [/^export const (\w+) = Object\.freeze\(\{((?:\n +\w+: \d+, "\d+": "\w+",)+)\n\}\);$/gm, (_, name, members) => `const enum ${name} {${members.replace(/: (\d+), .*/g, ' = $1,')}\n}\nexport { ${name} };`],
  // There is always one (`rim/natives.ts`).
  [/\(typeof FinalizationRegistry === 'undefined'\)\n +\? .*\n +: /g, ''],
  // It is called in one way only.
  [/if \(module !== undefined\) \{\n +if \(Object\.getPrototypeOf\(module\) === Object\.prototype\) \{\n +(.*)\n(?: .*\n){3} +\}/g, '$1;'],
  // Nobody frees by hand.
  [/^ {4}free\(\) \{\n.*\n.*\n {4}\}\n/gm, ''],
  [/^if \(Symbol\.dispose\) .*\n/gm, ''],
];

/** The glue with those replacements. */
export function guarded(glue, isWhole) {
  let text = glue;
  for (const [said, instead] of INSTEAD) {
    const replaced = text.replace(said, instead);
    if (isWhole && replaced === text) throw new Error(`the glue does not say ${said} any more`);
    text = replaced;
  }
  return `import { Headers, Request, URL, URLSearchParams, fetch } from './rim/request.ts';
import { after, apply, begin, isoOf, itemOf, joined, lengthOf, offsetOf, put, textOf, timeOf } from './rim/natives.ts';
${text}`;
}
