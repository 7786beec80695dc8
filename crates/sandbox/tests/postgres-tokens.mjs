// PostgreSQL's own lexer (libpg_query): a line of JSON with a text comes in, a line with the bytes of its tokens goes out.
import { createInterface } from 'node:readline';
import { loadModule, scanSync } from '@libpg-query/parser';

// Tokens that PostgreSQL's grammar never sees.
const COMMENTS = new Set(['SQL_COMMENT', 'C_COMMENT']);

await loadModule();
for await (const line of createInterface({ input: process.stdin })) {
  let spans = null;
  try {
    const { tokens } = scanSync(JSON.parse(line));
    spans = (tokens ?? []).filter((token) => !COMMENTS.has(token.tokenName)).map(({ start = 0, end }) => [start, end]);
  } catch {
    // It is no SQL.
  }
  process.stdout.write(`${JSON.stringify(spans)}\n`);
}
