import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two looks. */
const EVERY_MS = 200;

/** Watches how much memory of the first GPU is in use, by all processes, through nvidia-smi. */
export class GpuMemory {
  #now;
  #peak;
  #process;

  constructor() {
    const args = [
      '--query-gpu=memory.used',
      '--format=csv,noheader,nounits',
      '--id=0',
      `--loop-ms=${EVERY_MS}`,
    ];
    this.#process = spawn('nvidia-smi', args, { stdio: ['ignore', 'pipe', 'ignore'] });
    // Other GPUs have no nvidia-smi: then nothing is known.
    this.#process.on('error', () => undefined);
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      // Where it is not told, "[N/A]" and the like stand for it.
      if (!/^\d+$/.test(line.trim())) return;
      const bytes = Number(line) * 2 ** 20;
      this.#now = bytes;
      this.#peak = Math.max(this.#peak ?? 0, bytes);
    });
  }

  /** Bytes in use; `undefined` where it is not known. */
  now() {
    return this.#now;
  }

  /** Starts a new peak, from what is in use now, and returns that. */
  async mark() {
    // What processes have given back by now is seen with the next looks.
    if (this.#now !== undefined) await sleep(3 * EVERY_MS);
    this.#peak = this.#now;
    return this.#now;
  }

  /** The most bytes in use since the mark. */
  peak() {
    return this.#peak;
  }

  stop() {
    this.#process.kill('SIGKILL');
  }
}
