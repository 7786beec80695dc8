// Builds the documentation: the API reference out of the types, then the site. `node www/docs/.vitepress/build.mjs [--out DIR] [--base /docs/]`
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'vitepress';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const { values } = parseArgs({ options: { out: { type: 'string', default: 'target/docs' }, base: { type: 'string', default: '/docs/' } } });
if (!/^\/(.*\/)?$/.test(values.base)) throw new Error(`--base is ${values.base}: it begins and ends with a slash, as /docs/`);
const outDir = resolve(values.out);
// The builder empties the directory, which must be one of its own.
if (existsSync(outDir) && readdirSync(outDir).length > 0 && !existsSync(join(outDir, 'hashmap.json'))) throw new Error(`${outDir} has other files: name an empty directory, or one with a site of these pages`);

// A program of its own: both want much memory, and each gives it back.
execFileSync(process.execPath, ['node_modules/typedoc/bin/typedoc', '--options', 'www/docs/typedoc.json'], { cwd: ROOT, stdio: 'inherit' });
await build(fileURLToPath(new URL('..', import.meta.url)), { outDir, base: values.base });
