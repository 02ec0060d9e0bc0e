import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readNvidia } from './machine.js';

it('GPUs are read from what nvidia-smi lists, one a line', () => {
  const gpus = readNvidia(
    'NVIDIA H200, 580.95.05, 143771 MiB, Default, Disabled, 700.00 W\nNVIDIA L4, 580.95.05, 23034 MiB, Default, [N/A], [N/A]',
  );
  assert.deepEqual(
    gpus.map((gpu) => [gpu.name, gpu['mig.mode.current']]),
    [
      ['NVIDIA H200', 'Disabled'],
      ['NVIDIA L4', '[N/A]'],
    ],
  );
});

it('a sentence in place of the list is no GPU', () => {
  assert.equal(readNvidia('No devices were found'), undefined);
});
