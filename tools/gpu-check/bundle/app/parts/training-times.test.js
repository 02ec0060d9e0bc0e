import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { measuredSizes } from '../sizes.js';
import { trainingTimes } from './training-times.js';

const [size] = measuredSizes;

/** Runs the part on both sides' stand-ins: attune's steps take 20 ms, PyTorch's 10, unless `answer` says otherwise. */
async function run({ answer = () => undefined, device = 'cuda', leftMs = () => 60_000 } = {}) {
  const asked = [];
  const worker = {
    ended: false,
    kill: async () => undefined,
    ask: async (name, { count } = {}) => {
      asked.push(`attune ${name}`);
      if (name === 'timeSteps') return { stepMs: Array(count).fill(20), loss: 4 };
      return name === 'countTraffic'
        ? { dispatches: 300, submits: 20 }
        : { firstStepMs: 1000, backendBytes: 8 };
    },
  };
  const pytorch = {
    device,
    ask: async (name, options) => {
      asked.push(`PyTorch ${name}`);
      const given = answer(name, options);
      if (given instanceof Error) throw given;
      return { stepMs: Array(options.count ?? 1).fill(10), peakBytes: 7 };
    },
  };
  const memory = [100, 150];
  const gpuMemory = { mark: async () => memory[0], peak: () => memory[1] };
  const result = {};
  const given = { device: { backend: 'webgpu' }, startWorker: () => worker, save: () => undefined };
  await trainingTimes(size)({ ...given, pytorch, gpuMemory, leftMs, result });
  return { asked, result };
}

describe('timed steps', () => {
  it('alternate with PyTorch’s, and are divided by them', async () => {
    const { asked, result } = await run();
    const { stepMs, ratio, peakBytes } = result.pytorch['compiled bf16'];
    assert.deepEqual([stepMs.median, ratio.median, ratio.count, peakBytes], [10, 2, 5, 7]);
    const rounds = asked.slice(asked.indexOf('PyTorch openTraining') + 2).slice(0, 4);
    assert.deepEqual(rounds, Array(2).fill(['attune timeSteps', 'PyTorch timeSteps']).flat());
    assert.equal(asked.at(-1), 'PyTorch close');
  });

  it('come with what they cost', async () => {
    const { result } = await run();
    assert.deepEqual([result.gpuBytes, result.traffic.dispatches, result.stepMs.median], [50, 300, 20]);
  });

  it('go on where one of PyTorch’s ways fails, or takes too long', async () => {
    const late = Object.assign(new Error('did not finish'), { timedOut: true });
    const { result } = await run({
      answer: (name, { compiled, precision }) => {
        if (name !== 'openTraining' || !compiled) return undefined;
        return precision === 'f32' ? new Error('no C compiler') : late;
      },
    });
    assert.equal(result.pytorch['eager bf16'].ratio.median, 2);
    assert.deepEqual(result.pytorch['compiled f32'], { error: { message: 'no C compiler' } });
    assert.deepEqual(result.pytorch['compiled TF32'], { notRun: 'no time was left' });
  });

  it('say what was not measured, and why', async () => {
    const { pytorch } = (await run({ device: 'cpu' })).result;
    assert.deepEqual(pytorch['eager TF32'], { notRun: 'none on CPUs' });
    const { pytorch: none } = (await run({ leftMs: () => 100 })).result;
    assert.deepEqual(none['eager f32'], { notRun: 'no time was left' });
  });
});
