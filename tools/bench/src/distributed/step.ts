/**
 * Times training steps of a GPT on random tokens, in one process, or, started by `mpirun`, as one of several that share
 * each batch. Rank 0 prints one JSON object. `against-ddp.js` starts it.
 *
 *     mpirun -n 2 --bind-to none node tools/bench/dist/distributed/step.js --size M --threads 1
 */
import { parseArgs } from 'node:util';
import { createBackend } from '@attune/core';
import { openMpi } from '@attune/distributed-mpi';
import { Trainer } from '@attune/train';
import { gptOptions } from '../training/gpt-options.js';
import { median } from '../median.js';
import { timedCommunicator } from './timed-communicator.js';

const { values } = parseArgs({
  options: {
    backend: { type: 'string', default: 'cpu' },
    threads: { type: 'string', default: '1' },
    size: { type: 'string', default: 'S' },
    /** Rows of a batch, of all ranks together. */
    batch: { type: 'string' },
    warmup: { type: 'string', default: '10' },
    steps: { type: 'string', default: '30' },
    'shard-optimizer': { type: 'boolean', default: false },
    'split-waiting': { type: 'boolean', default: false },
  },
});
const [warmup, steps] = [Number(values.warmup), Number(values.steps)];
const { communicator, times } = timedCommunicator(await openMpi(), values['split-waiting']);
const { rank, size: ranks } = communicator;
const backend = await createBackend(values.backend, { options: { threads: Number(values.threads) } });
const trainer = new Trainer(
  gptOptions(values.size, {
    ...{ backend, communicator, shardOptimizer: values['shard-optimizer'] },
    ...(values.batch !== undefined && { batchSize: Number(values.batch) }),
  }),
);
const milliseconds: number[] = [];
const losses: number[] = [];
let before = { ...times };
let cpuBefore = process.cpuUsage();
for await (const { step, stepMs, loss } of trainer.fit({ maxIters: warmup + steps })) {
  losses.push(loss);
  if (step === warmup) [before, cpuBefore] = [{ ...times }, process.cpuUsage()];
  if (step > warmup) milliseconds.push(stepMs);
}
const cpu = process.cpuUsage(cpuBefore);
const perStep = (kind: keyof typeof times) => (times[kind] - before[kind]) / steps;
const report = {
  backend: backend.name,
  device: backend.device.description,
  communicator: communicator.description,
  node: process.version,
  size: values.size,
  ranks,
  steps,
  stepMs: { median: median(milliseconds), min: Math.min(...milliseconds), max: Math.max(...milliseconds) },
  /** Milliseconds that all threads of rank 0 compute in a mean step, and that the system works for them. */
  cpuMs: { user: cpu.user / 1000 / steps, system: cpu.system / 1000 / steps },
  /** Milliseconds of a mean step in the communicator, on rank 0. */
  communicatorMs: { sums: perStep('sums'), waiting: perStep('waiting'), others: perStep('others') },
  /** The part of the time of all steps that sums of gradients take, waiting for other ranks included. */
  reduceShare:
    ((perStep('sums') + perStep('waiting')) * steps) / milliseconds.reduce((sum, ms) => sum + ms, 0),
  loss: { first: losses[0], last: losses.at(-1) },
  peakRssMb: process.resourceUsage().maxRSS / 1000,
};
await trainer.dispose();
await backend.dispose();
await communicator.dispose();
if (rank === 0) console.log(JSON.stringify(report, null, 2));
