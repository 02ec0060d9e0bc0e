import { listGpus, usedGpu } from './gpus.js';

const query = async () => 'NVIDIA A100-SXM4-40GB, 40960\nNVIDIA T4, 15360\n';
const [a100, t4] = [
  { name: 'NVIDIA A100-SXM4-40GB', memoryBytes: 40960 * 2 ** 20 },
  { name: 'NVIDIA T4', memoryBytes: 15360 * 2 ** 20 },
];

test('lists the GPUs that nvidia-smi shows, and none where there is no such tool', async () => {
  expect(await listGpus(query)).toEqual([a100, t4]);
  expect(await listGpus(async () => Promise.reject(new Error('ENOENT')))).toEqual([]);
  expect(await listGpus(async () => 'No devices were found\n')).toEqual([]);
});

test.each([
  [{}, a100],
  [{ CUDA_VISIBLE_DEVICES: '1' }, t4],
  [{ CUDA_VISIBLE_DEVICES: '1,0' }, t4],
  [{ CUDA_VISIBLE_DEVICES: 'GPU-8f3a' }, undefined],
  [{ CUDA_VISIBLE_DEVICES: '' }, undefined],
])('with %j, the first that is visible computes', (env, expected) => {
  expect(usedGpu([a100, t4], env)).toEqual(expected);
});
