// The programs that drive a browser: started with a directory of their own, and gone when the tests are.
import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

// The first start on a busy machine takes a minute.
const START = 120_000;

export class Program {
  #child;
  #ended;
  #kill = () => this.#child.kill('SIGKILL');

  constructor(path, args, options = {}) {
    this.#child = spawn(path, args, { ...options, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
    // A pipe that nobody reads would stop the program.
    for (const pipe of [2, 3]) this.#child.stdio[pipe].resume();
    this.#ended = new Promise((resolve) => {
      this.#child.on('exit', resolve);
      this.#child.on('error', resolve);
    });
    process.once('exit', this.#kill);
  }

  /** The first group of the first line that matches, of standard error or of descriptor 3. */
  line(pattern, descriptor = 2) {
    return new Promise((resolve, reject) => {
      const said = [];
      const fail = (why) => {
        clearTimeout(timer);
        reject(new Error(`${this.#child.spawnfile} ${why}:\n${said.join('\n')}`));
      };
      const timer = setTimeout(fail, START, 'does not start');
      this.#ended.then((why) => fail(`ended with ${why}`));
      createInterface(this.#child.stdio[descriptor]).on('line', (line) => {
        said.push(line);
        const found = pattern.exec(line);
        if (!found) return;
        clearTimeout(timer);
        resolve(found[1]);
      });
    });
  }

  /** Asks the program to end, and makes it after some seconds. */
  async stop() {
    this.#child.kill();
    const timer = setTimeout(this.#kill, 5_000);
    await this.#ended;
    clearTimeout(timer);
    process.off('exit', this.#kill);
  }
}

/** An empty directory, and what removes it. */
export async function directory() {
  const path = await mkdtemp(join(tmpdir(), 'carto-engine-'));
  return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 5 }) };
}
