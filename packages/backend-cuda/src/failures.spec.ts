import { GraphBuilder, AttuneError, type Program } from '@attune/core';
import { Kernels } from '@attune/lowering-tfjs';
import { adviseBatch, cudaHooks } from './failures.js';

const OOM =
  'Invalid TF_Status: 8\nMessage: OOM when allocating tensor with shape[64,512] and type float on GPU:0 by allocator GPU_0_bfc';

/** Holds 4,000 bytes for each example at once, and 400 for the update. */
function program(batchSize: number): Program {
  const g = new GraphBuilder('train');
  const x = g.feed('x', { shape: [batchSize, 500], dtype: 'f32' });
  const w = g.state('w', { shape: [100], dtype: 'f32' });
  const y = g.exp(x);
  const z = g.tanh(y);
  g.output('y', g.add(g.sum(y), g.sum(z)));
  g.update('w', g.add(w, 1));
  return g.build();
}

const outOfMemory = (held: number) =>
  new AttuneError('OUT_OF_MEMORY', 'TensorFlow ran out of memory.', {
    data: { held },
    fix: 'Use a smaller batch.',
  });

test('of the kernel’s errors, those for want of memory are OUT_OF_MEMORY', () => {
  const { failure } = cudaHooks;
  const k = new Kernels('tensorflow');
  expect(failure!(new Error(OOM), k)).toMatchObject({
    code: 'OUT_OF_MEMORY',
    message: expect.stringMatching(/with 0 bytes in use: OOM when allocating tensor with shape\[64,512\]/),
  });
  const other = new Error('Invalid TF_Status: 3\nMessage: Incompatible shapes');
  expect(failure!(other, k)).toBe(other);
});

test('the error of a run names it', () => {
  expect(adviseBatch(outOfMemory(1000 + 400 + 4000 * 3), program(8), 1000)).toMatchObject({
    message:
      'TensorFlow ran out of memory. A batch of 3 would fit, instead of 8; gradient accumulation makes up for the rest.',
    data: { batchSize: 3 },
  });
  expect(adviseBatch(outOfMemory(1000), program(8), 1000)).toMatchObject({
    message: expect.stringMatching(/Not even a batch of one/),
  });
});

test('other errors, and programs without a batch, are left alone', () => {
  const g = new GraphBuilder('scalar');
  g.output('y', g.exp(g.feed('x', { shape: [], dtype: 'f32' })));
  const error = outOfMemory(10);
  expect(adviseBatch(error, g.build(), 0)).toBe(error);
  const other = new Error('x');
  expect(adviseBatch(other, program(2), 0)).toBe(other);
});
