import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readKernelDriver, readNvidia } from './machine.js';

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

it('the version of the kernel’s module is read, of the open one too', () => {
  const closed =
    'NVRM version: NVIDIA UNIX x86_64 Kernel Module  535.183.01  Sun May 12 19:39:15 UTC 2024\nGCC version: 12.2.0 ';
  const open =
    'NVRM version: NVIDIA UNIX Open Kernel Module for x86_64  580.95.05  Release Build  (dvs-builder)\n';
  assert.deepEqual([closed, open].map(readKernelDriver), ['535.183.01', '580.95.05']);
});
