import { fileURLToPath } from 'node:url';
import { Peer } from '../processes/peer.js';

const script = fileURLToPath(new URL('../../pytorch/steps.py', import.meta.url));

/** PyTorch in a process of its own. One that has ended is started again with the next request. */
export class PyTorch {
  #peer;

  /**
   * @param {string} python
   * @param {'cuda' | 'cpu'} device
   * @param {NodeJS.ProcessEnv} env
   */
  constructor(python, device, env) {
    this.python = python;
    this.device = device;
    this.env = env;
  }

  /** As {@link Peer.ask}. */
  ask(name, options, ms) {
    if (name === 'closeTraining' && (!this.#peer || this.#peer.ended)) return Promise.resolve();
    if (!this.#peer || this.#peer.ended) {
      this.#peer = new Peer('PyTorch', this.python, ['-u', script], this.env);
    }
    const needsDevice = name === 'describe' || name === 'openTraining';
    return this.#peer.ask(name, { ...options, ...(needsDevice && { device: this.device }) }, ms);
  }

  async kill() {
    await this.#peer?.kill();
  }
}
