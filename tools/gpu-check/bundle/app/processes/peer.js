import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** The last characters of a stderr that a report keeps. */
const KEPT = 4000;

/** A process that answers requests: lines of JSON, `{ id, do, … }` to it, `{ id, event | result | error }` from it. */
export class Peer {
  /** @type {Map<number, { resolve: Function, reject: Function, onEvent?: Function }>} */
  #open = new Map();
  #next = 1;
  #stderr = '';
  #ended;

  /**
   * @param {string} name in messages
   * @param {string} command
   * @param {string[]} args
   * @param {NodeJS.ProcessEnv} env
   */
  constructor(name, command, args, env) {
    this.name = name;
    // With a group of its own, so that what it starts ends with it.
    this.process = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    this.process.stderr.on('data', (text) => (this.#stderr = (this.#stderr + text).slice(-KEPT)));
    this.closed = new Promise((resolve) => this.process.once('close', resolve));
    // A process that is gone is told of by its end.
    this.process.stdin.on('error', () => undefined);
    createInterface({ input: this.process.stdout }).on('line', (line) => this.#take(line));
    this.process.on('error', (error) => this.#end(`${name} did not start: ${error.message}`));
    // After its output was read, unlike `exit`.
    this.process.on('close', (code, signal) =>
      this.#end(signal ? `${name} was ended by ${signal}` : `${name} ended by itself with code ${code}`),
    );
  }

  get ended() {
    return this.#ended !== undefined;
  }

  /**
   * Sends a request and waits for its result. A process that takes too long is ended.
   *
   * @param {string} name
   * @param {object} options
   * @param {number} ms
   * @param {(event: object) => void} [onEvent]
   * @throws Error of the process, with its `stack`, or about it, with its `stderr`. `timedOut` is true where it took too long.
   */
  ask(name, options, ms, onEvent) {
    if (this.#ended) return Promise.reject(this.#ended);
    const id = this.#next++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const late = this.#fault(`${this.name} did not finish ${name} in time`);
        this.#end(Object.assign(late, { timedOut: true }));
        this.kill();
      }, ms);
      const settle = (by) => (value) => {
        clearTimeout(timer);
        this.#open.delete(id);
        by(value);
      };
      this.#open.set(id, { resolve: settle(resolve), reject: settle(reject), onEvent });
      this.process.stdin.write(`${JSON.stringify({ id, do: name, ...options })}\n`);
    });
  }

  /** Ends the process; to be awaited where it must be gone, with what it held on the GPU. */
  kill() {
    try {
      process.kill(-this.process.pid, 'SIGKILL');
    } catch {
      // It is gone, or never was.
    }
    // A process that hangs in its driver does not end even so.
    return Promise.race([this.closed, sleep(5000, undefined, { ref: false })]);
  }

  #take(line) {
    let answer;
    try {
      answer = JSON.parse(line);
    } catch {
      // Drivers and libraries print what they like.
      this.#stderr = `${this.#stderr}${line}\n`.slice(-KEPT);
      return;
    }
    const request = this.#open.get(answer?.id);
    if (!request) return;
    if ('event' in answer) request.onEvent?.(answer.event);
    else if ('error' in answer)
      request.reject(Object.assign(this.#fault(answer.error.message), answer.error));
    else request.resolve(answer.result);
  }

  #fault(message) {
    return Object.assign(new Error(message), { stderr: this.#stderr.trim() });
  }

  #end(reason) {
    this.#ended ??= typeof reason === 'string' ? this.#fault(reason) : reason;
    for (const { reject } of [...this.#open.values()]) reject(this.#ended);
  }
}
