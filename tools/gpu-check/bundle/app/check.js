import { shareOf, RESERVE_MS } from './plan.js';
import { startWorker } from './processes/start-worker.js';

/** Runs the parts of a check one after the other, each with its share of the time, and reports after every step. */
export class Check {
  /**
   * @param {object} given
   * @param {string} given.home the folder of the archive
   * @param {NodeJS.ProcessEnv} given.env of the processes that run parts
   * @param {boolean} given.software true if the adapter computes on the CPU
   * @param {() => Promise<import('./pytorch/pytorch.js').PyTorch | undefined>} given.pytorchForTiming called before each part that
   *   is timed: once it is there, nothing else runs
   * @param {import('./machine/gpu-memory.js').GpuMemory} given.gpuMemory
   * @param {import('./report/report.js').Report} given.report
   * @param {Set<{ kill(): void }>} given.running processes to end with this one
   * @param {number} given.untilMs on the clock of `performance.now()`
   */
  constructor(given) {
    Object.assign(this, given);
  }

  /** @param {readonly object[]} parts */
  async run(parts) {
    for (const [index, part] of parts.entries()) {
      const share = shareOf(parts, index, this.untilMs - performance.now());
      if (share === undefined) {
        this.report.add({ name: part.name, state: 'not run', reason: 'no time was left' });
        continue;
      }
      await this.runPart(part, share);
    }
  }

  async runPart(part, share) {
    const pytorch = part.timed ? await this.pytorchForTiming() : undefined;
    const began = performance.now();
    const result = {};
    const entry = this.report.add({
      name: part.name,
      state: 'running',
      ...(part.group && { group: part.group }),
      result,
    });
    console.log(`${part.name}: at most ${Math.round(share / 1000)} s`);
    const untilMs = Math.min(began + share, this.untilMs - RESERVE_MS);
    const save = () => {
      entry.seconds = (performance.now() - began) / 1000;
      this.report.save();
    };
    // Where the GPU is one in software, V8 would optimise onnxruntime on the cores that the driver computes on.
    const slow = this.software ? ['--liftoff-only'] : [];
    try {
      await part.run({
        device: part.device,
        pytorch,
        gpuMemory: this.gpuMemory,
        leftMs: () => Math.max(1, untilMs - performance.now()),
        startWorker: (flags = []) =>
          startWorker({ home: this.home, env: this.env, running: this.running, flags: [...slow, ...flags] }),
        result,
        save,
      });
      entry.state = result.failed?.length > 0 ? 'failed' : 'done';
    } catch (error) {
      const { message, code, fix, stack, stderr, timedOut } = error;
      entry.state = timedOut ? 'cut' : 'failed';
      // Where time ran out, or an error says itself what it is, the place in the program adds nothing.
      const where = !timedOut && code === undefined && { stack };
      entry.error = {
        message,
        ...(code && { code }),
        ...(fix && { fix }),
        ...(stderr && { stderr }),
        ...where,
      };
    }
    save();
    console.log(`${part.name}: ${entry.state}, ${entry.seconds.toFixed(0)} s`);
  }
}
