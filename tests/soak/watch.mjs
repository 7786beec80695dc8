// What the server takes while it is used: memory, descriptors, sessions, and how fast it says that it is well.
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { median, whole } from '../bench/table.mjs';

const INTERVAL = 1000;
/** Longer than /health may ever take, in milliseconds. */
const LATEST = 1000;

async function resident(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(await readFile(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;
}

const part = (values, from, to) => values.slice(Math.floor(values.length * from), Math.max(Math.floor(values.length * to), 1));
const quantile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;

export class Watch {
  samples = { 'memory, MB': [], descriptors: [], connections: [], sessions: [] };
  health = { main: [], admin: [] };
  unwell = [];
  kinds = new Map();
  #running = true;
  #ended;

  constructor(server) {
    this.server = server;
    this.#ended = Promise.all([this.#sample(), this.#ask('main', server.address), this.#ask('admin', server.admin)]);
  }

  /** What became of a request. */
  done(kind, outcome, time) {
    const known = this.kinds.get(kind.name) ?? { kind, outcomes: {}, times: [] };
    known.outcomes[outcome] = (known.outcomes[outcome] ?? 0) + 1;
    known.times.push(time);
    this.kinds.set(kind.name, known);
  }

  line() {
    const last = Object.entries(this.samples).map(([name, values]) => `${name} ${whole(values.at(-1) ?? 0)}`);
    return `${last.join(', ')}, /health ${whole(Math.max(0, ...this.health.main.slice(-30)))} ms`;
  }

  async stop() {
    this.#running = false;
    await this.#ended;
  }

  async #sample() {
    const { pid } = this.server.child;
    while (this.#running) {
      try {
        const metrics = await (await fetch(`${this.server.admin}/metrics`, { signal: AbortSignal.timeout(10_000) })).text();
        const number = (name) => Number(new RegExp(`^carto_sandbox_${name} (\\d+)`, 'm').exec(metrics)?.[1]);
        this.samples['memory, MB'].push(await resident(pid));
        this.samples.descriptors.push((await readdir(`/proc/${pid}/fd`)).length);
        this.samples.connections.push(number('connections'));
        this.samples.sessions.push(number('database_sessions{state="open"}'.replace(/[{}"]/g, '\\$&')));
      } catch (error) {
        if (this.#running) this.unwell.push(`no numbers: ${error.message}`);
      }
      await sleep(INTERVAL);
    }
  }

  /** A connection of its own each time, as those have it who watch. */
  async #ask(name, address) {
    while (this.#running) {
      const begin = performance.now();
      try {
        const answer = await fetch(`${address}/health`, { headers: { connection: 'close' }, signal: AbortSignal.timeout(10_000) });
        await answer.text();
        if (answer.status !== 200) this.unwell.push(`/health (${name}) answered ${answer.status}`);
      } catch (error) {
        if (this.#running) this.unwell.push(`/health (${name}): ${error.message}`);
      }
      this.health[name].push(performance.now() - begin);
      await sleep(INTERVAL);
    }
  }

  /** What was not flat; the first fifth is for filling caches. */
  verdict() {
    const failures = [];
    const may = { 'memory, MB': (early) => early * 1.25 + 64, descriptors: (early) => early + 32, connections: (early) => early + 32, sessions: (early) => early + 8 };
    for (const [name, values] of Object.entries(this.samples)) {
      const [early, late] = [median(part(values, 0.2, 0.5)), median(part(values, 0.8, 1))];
      if (!(late <= may[name](early))) failures.push(`${name}: ${whole(early)} became ${whole(late)}`);
    }
    for (const [name, times] of Object.entries(this.health)) {
      if (Math.max(...times) > LATEST) failures.push(`/health (${name}) took ${whole(Math.max(...times))} ms`);
    }
    if (this.unwell.length) failures.push(`${this.unwell.length} times unwell: ${[...new Set(this.unwell)].slice(0, 5).join('; ')}`);
    for (const { kind, outcomes } of this.kinds.values()) {
      const isWrong = (outcome) => (kind.isAttack ? /^5(?!03)|no answer/.test(outcome) : !kind.right.includes(outcome));
      const wrong = Object.entries(outcomes).filter(([outcome]) => isWrong(outcome));
      if (wrong.length) failures.push(`${kind.name}: ${wrong.map(([outcome, count]) => `${outcome} × ${count}`).join(', ')}`);
    }
    return failures;
  }

  tables() {
    const lines = ['| | requests | p50, ms | p99, ms | answers |', '| --- | ---: | ---: | ---: | --- |'];
    for (const [name, { outcomes, times }] of this.kinds) {
      const told = Object.entries(outcomes).map(([outcome, count]) => `${outcome} × ${count}`).join(', ');
      lines.push(`| ${name} | ${whole(times.length)} | ${whole(quantile(times, 0.5))} | ${whole(quantile(times, 0.99))} | ${told} |`);
    }
    lines.push('', '| | after 20 % | 50 % | 80 % | at the end | most |', '| --- | ---: | ---: | ---: | ---: | ---: |');
    for (const [name, values] of Object.entries(this.samples)) {
      const at = [0.2, 0.5, 0.8, 1].map((share) => whole(values[Math.max(0, Math.ceil(values.length * share) - 1)] ?? 0));
      lines.push(`| ${name} | ${at.join(' | ')} | ${whole(Math.max(...values))} |`);
    }
    lines.push('', '| /health | p50, ms | p99, ms | longest, ms |', '| --- | ---: | ---: | ---: |');
    for (const [name, times] of Object.entries(this.health)) {
      lines.push(`| ${name} | ${whole(quantile(times, 0.5))} | ${whole(quantile(times, 0.99))} | ${whole(Math.max(...times))} |`);
    }
    return lines.join('\n');
  }
}
