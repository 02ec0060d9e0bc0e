import { stepsOfRound } from '../plan.js';
import { optimizer } from '../sizes.js';
import { summarize } from '../statistics.js';
import { alternate, compareTimes, pytorchFault, reasonAgainst } from './alternate.js';

/** PyTorch's ways to run the same step, in the order in which they are measured. */
export const variants = [
  { name: 'eager f32', precision: 'f32', compiled: false },
  { name: 'eager TF32', precision: 'tf32', compiled: false },
  { name: 'eager bf16', precision: 'bf16', compiled: false },
  { name: 'compiled f32', precision: 'f32', compiled: true },
  { name: 'compiled TF32', precision: 'tf32', compiled: true },
  { name: 'compiled bf16', precision: 'bf16', compiled: true },
];

/** The request for one of PyTorch's ways. */
export const pytorchRequest = ({ config, batchSize, lora }, { precision, compiled }) => ({
  ...{ config, batchSize, optimizer, precision, compiled },
  lora: lora ?? null,
});

/** The figures of one of PyTorch's ways. */
function figuresOf(rounds) {
  const { pytorchMs, attuneMs, ratio } = compareTimes(rounds, ({ stepMs }) => stepMs);
  const { peakBytes } = rounds.at(-1).theirs;
  return { stepMs: pytorchMs, attuneMs, ratio, ...(peakBytes !== null && { peakBytes }) };
}

/** Times training steps of one size: ours alone, then in turn with each of PyTorch's ways. */
export function trainingTimes(size) {
  return async ({ device, startWorker, pytorch, gpuMemory, leftMs, result, save }) => {
    const worker = startWorker();
    const milliseconds = [];
    const steps = async (count) => {
      const { stepMs, loss } = await worker.ask('timeSteps', { count }, leftMs());
      milliseconds.push(...stepMs);
      Object.assign(result, { stepMs: summarize(milliseconds), loss });
      return stepMs;
    };
    try {
      const before = await gpuMemory.mark();
      const { config, batchSize, lora } = size;
      const request = { device, config, batchSize, optimizer, ...(lora && { lora }) };
      Object.assign(result, { pytorch: {} }, await worker.ask('openTraining', request, leftMs()));
      save();
      // The second step still makes buffers, and tells how long one takes.
      const [warm] = (await worker.ask('timeSteps', { count: 1 }, leftMs())).stepMs;
      const count = stepsOfRound(warm);
      await steps(count);
      if (before !== undefined) result.gpuBytes = gpuMemory.peak() - before;
      save();
      if (device.backend === 'webgpu') {
        result.traffic = await worker.ask('countTraffic', { count: 2 }, leftMs());
        save();
      }
      for (const variant of pytorch ? variants : []) {
        const notRun = reasonAgainst(variant, pytorch, leftMs());
        if (notRun) {
          result.pytorch[variant.name] = { notRun };
          continue;
        }
        try {
          await pytorch.ask('openTraining', pytorchRequest(size, variant), leftMs());
          const { stepMs } = await pytorch.ask('timeSteps', { count: 2 }, leftMs());
          const theirCount = stepsOfRound(stepMs.at(-1));
          await alternate({
            ours: async () => ({ stepMs: await steps(count) }),
            theirs: () => pytorch.ask('timeSteps', { count: theirCount }, leftMs()),
            untilMs: performance.now() + leftMs() / 2,
            onRound: (rounds) => (result.pytorch[variant.name] = figuresOf(rounds)),
          });
        } catch (error) {
          // Ours is told of by whoever runs this part.
          if (worker.ended) throw error;
          result.pytorch[variant.name] ??= pytorchFault(error);
        }
        save();
      }
    } finally {
      await worker.kill();
      await pytorch?.ask('close', {}, 10_000).catch(() => undefined);
    }
  };
}
