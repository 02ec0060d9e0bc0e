/**
 * Runs commands in a process that lives on, which takes a tenth of the time. It is replaced when it dies, when it had to be
 * ended, or has grown. What is found in it is tried once more alone: see `run.js`.
 */
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { cpuSecondsOf, memoryOf } from './usage.js';

const program = fileURLToPath(new URL('./shared-host.js', import.meta.url));

/** A process that holds so much is not worth keeping. */
const MOST_BYTES = 700 * 2 ** 20;

export class Shared {
  #child;

  async #start() {
    const child = fork(program, { stdio: ['ignore', 'pipe', 'pipe', 'ipc'], execArgv: ['--expose-gc'] });
    child.stderr
      .setEncoding('utf8')
      .on('data', (text) => (child.last = `${child.last ?? ''}${text}`.slice(-4000)));
    child.stdout.resume();
    await new Promise((done, failed) => {
      child.once('message', done);
      child.once('exit', (code) =>
        failed(new Error(`A shared process does not start: ${code} ${child.last}`)),
      );
    });
    child.on('exit', () => {
      if (this.#child === child) this.#child = undefined;
    });
    this.#child = child;
  }

  async run(args, { cwd, env, stdin, isTooMuch }) {
    if (!this.#child) await this.#start();
    const child = this.#child;
    const started = performance.now();
    const cpu = cpuSecondsOf(child.pid);
    let before = Infinity;
    let stopped;
    const taken = { cpuSeconds: 0, bytes: 0, seconds: 0 };
    const timer = setInterval(() => {
      taken.cpuSeconds = cpuSecondsOf(child.pid) - cpu;
      taken.bytes = Math.max(taken.bytes, memoryOf(child.pid).now - before);
      taken.seconds = (performance.now() - started) / 1000;
      stopped ??= isTooMuch(taken);
      if (stopped) child.kill('SIGKILL');
    }, 25);
    let died;
    const result = await new Promise((done) => {
      child.on('message', (message) => {
        if (message.done) done(message.done);
        else before = message.before;
      });
      died = (code, signal) => done({ code, signal, stdout: '', stderr: child.last ?? '', said: 0 });
      child.on('exit', died);
      child.send({ args, cwd, env, stdin }, (error) => error && died(null, 'SIGKILL'));
    });
    clearInterval(timer);
    child.removeAllListeners('message');
    child.off('exit', died);
    if (stopped || memoryOf(child.pid).now > MOST_BYTES) this.close();
    return { ...taken, ...result, seconds: (performance.now() - started) / 1000, stopped };
  }

  close() {
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }
}
