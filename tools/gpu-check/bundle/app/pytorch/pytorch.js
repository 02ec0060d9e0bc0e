import { fileURLToPath } from 'node:url';
import { Peer } from '../processes/peer.js';

const script = fileURLToPath(new URL('../../pytorch/steps.py', import.meta.url));

/** Errors after which CUDA answers every further call of the process with the same. */
const STICKY = /CUDA error|CUDA driver error|CUBLAS_STATUS|device-side assert|AcceleratorError/;

/** Compilations that may fail without one that works before it is clear that none will: those of two sizes. */
const FAILURES = 6;

/** PyTorch in a process of its own. One that has ended is started again with the next request. */
export class PyTorch {
  #peer;
  #open = false;
  #failed = 0;
  /** Why nothing can be compiled, where that is known. */
  cannotCompile;

  /**
   * @param {string} python
   * @param {'cuda' | 'cpu'} device
   * @param {NodeJS.ProcessEnv} env
   * @param {string} [program] what Python runs
   */
  constructor(python, device, env, program = script) {
    this.python = python;
    this.device = device;
    this.env = env;
    this.program = program;
  }

  /** False where compiling has failed so often that it is not worth its time, e.g. for want of a C compiler. */
  get compiles() {
    return this.cannotCompile === undefined && this.#failed < FAILURES;
  }

  /** As {@link Peer.ask}. */
  async ask(name, options, ms) {
    if (name === 'close' && (!this.#open || this.#peer.ended)) return undefined;
    if (!this.#peer || this.#peer.ended) this.#start();
    const peer = this.#peer;
    const opens = name.startsWith('open');
    this.#open = opens || (this.#open && name !== 'close');
    const needsDevice = opens || name === 'describe' || name === 'tryCompiler';
    const request = { ...options, ...(needsDevice && { device: this.device }) };
    try {
      const answer = await peer.ask(name, request, ms);
      if (opens && options.compiled) this.#failed = 0;
      return answer;
    } catch (error) {
      if (opens && options.compiled && !error.timedOut) this.#failed++;
      if (error.timedOut || STICKY.test(error.message)) {
        await peer.kill();
        // It loads while attune's side of the next size is made ready.
        if (peer === this.#peer) this.#start();
      }
      throw error;
    }
  }

  async kill() {
    await this.#peer?.kill();
  }

  #start() {
    this.#open = false;
    this.#peer = new Peer('PyTorch', this.python, ['-u', this.program], this.env);
  }
}
