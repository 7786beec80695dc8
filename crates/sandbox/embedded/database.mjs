// The embedded database: PGlite with PostGIS, spoken to in PostgreSQL's wire protocol over stdin and stdout.
//
// Pipes, not a socket: this session is a superuser's, and nobody but the parent process can reach it. When the parent
// ends in whatever way, stdin ends, and so does this process.
//
// usage: node database.mjs DATA_DIR
import { PGlite } from '@electric-sql/pglite';
import { postgis } from '@electric-sql/pglite-postgis';
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { Worker } from 'node:worker_threads';

// An answer is held in memory until it is complete; a larger one ends the process, and the parent starts another.
const LARGEST_ANSWER = 256 * 1024 * 1024;
// Messages of a client that are executed at once, with everything sent before them: Query, Sync, FunctionCall.
const ENDS_BATCH = new Set(['Q', 'S', 'F']);
const TERMINATE = 'X';
const [READY_FOR_QUERY, BIND_COMPLETE, ERROR] = Buffer.from('Z2E');

// Nothing but the protocol may get to stdout.
console.log = console.error;

function write(bytes) {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += fs.writeSync(1, bytes, at);
    } catch (error) {
      if (error.code === 'EPIPE') process.exit(0);
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

function messages(bytes) {
  const all = [];
  for (let at = 0; at < bytes.length; ) {
    const end = at + 1 + bytes.readInt32BE(at + 1);
    all.push(bytes.subarray(at, end));
    at = end;
  }
  return all;
}

// PGlite says ReadyForQuery right after an error and again at the Sync; a client expects it once, at the end.
function withOneReadyForQuery(bytes) {
  const all = messages(bytes);
  const isReady = (message) => message[0] === READY_FOR_QUERY;
  return Buffer.concat([...all.filter((message) => !isReady(message)), ...all.filter(isReady).slice(-1)]);
}

// PGlite loses some errors, those of PROJ for one: then it answers a Bind with neither BindComplete nor an error, and later
// statements with nothing at all, for which a client would wait for ever.
function hasLostError(bytes, isBound) {
  const kinds = messages(bytes).map(([kind]) => kind);
  return !kinds.includes(READY_FOR_QUERY) || (isBound && !kinds.includes(BIND_COMPLETE) && !kinds.includes(ERROR));
}

// While a query runs, this thread sees no end of stdin: another one watches whether the parent is still there.
const watch = `
  const { workerData } = require('node:worker_threads');
  setInterval(() => {
    if (process.ppid !== workerData) process.kill(process.pid, 'SIGKILL');
  }, 500);`;
new Worker(watch, { eval: true, workerData: process.ppid }).unref();

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

// A number can be given to another program after a crash.
function runsDatabase(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('database.mjs');
  } catch {
    // No such file system.
  }
  try {
    return execFileSync('ps', ['-o', 'command=', '-p', String(pid)], { encoding: 'utf8' }).includes('database.mjs');
  } catch {
    return true;
  }
}

// Ctrl-C in a terminal reaches this process too, and so does the end of a service; the parent ends it in good order.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => {});

const dataDir = path.resolve(process.argv[2]);
const inDir = (name) => path.join(dataDir, name);

// The parent repeats the sentence.
function refuse(sentence) {
  console.error(`SAID ${sentence}`);
  process.exit(4);
}

function refuseToWrite(error) {
  const isFull = error.code === 'ENOSPC' || error.code === 'EDQUOT';
  refuse(isFull ? `The disk of ${dataDir} is full.` : `The data directory ${dataDir} cannot be written to: ${error.code}.`);
}

// Two processes on one directory would destroy it.
const owner = inDir('sandbox.pid');
for (let isTaken = false; !isTaken; ) {
  try {
    fs.writeFileSync(owner, String(process.pid), { flag: 'wx' });
    isTaken = true;
  } catch (error) {
    if (error.code !== 'EEXIST') refuseToWrite(error);
    // One that is empty is being written now.
    if (!fs.readFileSync(owner, 'utf8')) await new Promise((resolve) => setTimeout(resolve, 200));
    const other = Number(fs.readFileSync(owner, 'utf8'));
    if (other && other !== process.pid && isAlive(other) && runsDatabase(other)) {
      console.error(`DATA_DIR_IN_USE by process ${other}`);
      process.exit(4);
    }
    try {
      fs.rmSync(owner, { force: true });
    } catch (error) {
      refuseToWrite(error);
    }
  }
}
process.on('exit', () => fs.rmSync(owner, { force: true }));

// The version of PostgreSQL in the package.
const VERSION = '18';
// What PostgreSQL makes in its directory.
const PARTS = [
  'PG_VERSION',
  'base',
  'global',
  'pg_commit_ts',
  'pg_dynshmem',
  'pg_hba.conf',
  'pg_ident.conf',
  'pg_logical',
  'pg_multixact',
  'pg_notify',
  'pg_replslot',
  'pg_serial',
  'pg_snapshots',
  'pg_stat',
  'pg_stat_tmp',
  'pg_subtrans',
  'pg_tblspc',
  'pg_twophase',
  'pg_wal',
  'pg_xact',
  'postgresql.auto.conf',
  'postgresql.conf',
  'postmaster.opts',
  'postmaster.pid',
];
const WAY_OUT = 'restore it from a backup, or move it away to begin with an empty one';
// A database that is being made has this file beside it; nobody has worked with it before the file is gone.
const unfinished = inDir('sandbox.creating');
// One more file of the log of PostgreSQL has 16 MB.
const LEAST_SPACE = 24 * 1024 * 1024;

function explain(error, isNew) {
  const { bavail, bsize } = fs.statfsSync(dataDir);
  if (bavail * bsize < LEAST_SPACE) refuse(`The disk of ${dataDir} is full.`);
  if (error instanceof RangeError) refuse('There is not enough memory for the embedded database.');
  if (isNew) {
    const reason = String(error?.message ?? error).split('\n')[0].slice(0, 200);
    refuse(`The embedded database cannot be made in ${dataDir}: ${reason}.`);
  }
  refuse(`The database in ${dataDir} is damaged: ${WAY_OUT}.`);
}

async function open() {
  if (fs.existsSync(unfinished)) {
    for (const part of PARTS) fs.rmSync(inDir(part), { recursive: true, force: true });
  }
  const isNew = !PARTS.some((part) => fs.existsSync(inDir(part)));
  if (isNew) {
    fs.writeFileSync(unfinished, '');
  } else if (!fs.existsSync(inDir('PG_VERSION'))) {
    // It would be taken for an empty one, and overwritten.
    refuse(`The database in ${dataDir} is damaged, its file PG_VERSION is missing: ${WAY_OUT}.`);
  } else {
    const version = fs.readFileSync(inDir('PG_VERSION'), 'utf8').trim();
    if (!/^\d+$/.test(version)) {
      refuse(`The database in ${dataDir} is damaged, its file PG_VERSION says nothing: ${WAY_OUT}.`);
    }
    if (version !== VERSION) {
      refuse(`The database in ${dataDir} is of PostgreSQL ${version}, and this program has PostgreSQL ${VERSION}.`);
    }
  }
  try {
    const database = await PGlite.create(`file://${dataDir}`, { extensions: { postgis } });
    fs.rmSync(unfinished, { force: true });
    return database;
  } catch (error) {
    return explain(error, isNew);
  }
}

const database = await open().catch((error) => (error.code ? refuseToWrite(error) : Promise.reject(error)));

// Rows for COPY must be there when its statement is executed: nothing comes in while it runs. So a client is told that its rows
// are welcome before the database is asked, and what the database says to that later is left out.
const copyIns = new Set();
let copyIn = null;
const WELCOME = Buffer.from([0x32, 0, 0, 0, 4, 0x47, 0, 0, 0, 7, 0, 0, 0]);

function nameAt(message, at) {
  return message.toString('utf8', at, message.indexOf(0, at));
}

function isCopyIn(sql) {
  const plain = sql.replace(/'[^']*'/g, '').replace(/"[^"]*"/g, 'x');
  return /^\s*COPY\s+[^\s(]/i.test(plain) && /\bFROM\s+STDIN\b/i.test(plain);
}

// Notes what a message is about; tells whether it is the one that rows of COPY come behind.
let bindsCopyIn = false;
function awaitsRows(kind, message) {
  if (kind === 'P') {
    const name = nameAt(message, 5);
    const begin = 5 + Buffer.byteLength(name) + 1;
    copyIns[isCopyIn(nameAt(message, begin)) ? 'add' : 'delete'](name);
  } else if (kind === 'B') {
    const portal = nameAt(message, 5);
    bindsCopyIn = copyIns.has(nameAt(message, 5 + Buffer.byteLength(portal) + 1));
  }
  return kind === 'S' && bindsCopyIn;
}

// Without the two messages that were sent before.
function withoutWelcome(bytes) {
  for (const kind of [0x32, 0x47]) {
    if (bytes[0] === kind) bytes = bytes.subarray(1 + bytes.readInt32BE(1));
  }
  return bytes;
}

// Whether what is executed next has a Bind.
let isBound = false;

async function execute(batch, isWelcomed = false) {
  const chunks = [];
  let size = 0;
  const onRawData = (chunk) => {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > LARGEST_ANSWER) {
      console.error('embedded database: an answer is too large');
      process.exit(3);
    }
  };
  await database.execProtocolRawStream(batch, { onRawData, syncToFs: false });
  const answer = Buffer.concat(chunks);
  if (hasLostError(answer, isBound)) {
    // The parent starts another one.
    console.error('embedded database: an error was lost');
    process.exit(3);
  }
  isBound = false;
  write(withOneReadyForQuery(isWelcomed ? withoutWelcome(answer) : answer));
}

let pending = [];
let buffer = Buffer.alloc(0);
let hasStarted = false;
for await (const chunk of process.stdin) {
  pending.push(chunk);
  // A message of many megabytes comes in small chunks: join them only once its length is there.
  const length = pending.reduce((sum, part) => sum + part.length, buffer.length);
  if (buffer.length >= 5 && length < buffer.readInt32BE(hasStarted ? 1 : 0)) continue;
  buffer = Buffer.concat([buffer, ...pending]);
  pending = [];
  let begin = 0;
  let at = 0;
  for (;;) {
    // The first message has no type byte.
    const head = hasStarted ? 1 : 0;
    if (buffer.length < at + head + 4) break;
    const end = at + head + buffer.readInt32BE(at + head);
    if (buffer.length < end) break;
    const kind = hasStarted ? String.fromCharCode(buffer[at]) : 'startup';
    const start = at;
    at = end;
    if (kind === TERMINATE) {
      await database.close();
      process.exit(0);
    }
    const message = buffer.subarray(start, at);
    isBound ||= kind === 'B';
    if (copyIn) {
      // One by one: together they may be many megabytes.
      copyIn.push(Buffer.from(message));
      begin = at;
      if (kind !== 'S') continue;
      const batch = Buffer.concat(copyIn);
      copyIn = null;
      await execute(new Uint8Array(batch), true);
      continue;
    }
    if (hasStarted && awaitsRows(kind, message)) {
      copyIn = [Buffer.from(buffer.subarray(begin, start))];
      bindsCopyIn = false;
      begin = at;
      write(WELCOME);
      continue;
    }
    if (hasStarted && !ENDS_BATCH.has(kind)) continue;
    hasStarted = true;
    await execute(new Uint8Array(buffer.subarray(begin, at)));
    begin = at;
  }
  buffer = buffer.subarray(begin);
}
await database.close();
process.exit(0);
