import { AttuneError } from '@attune/core';
import { findCheckpoint } from './find-checkpoint.js';
import type { RunReader } from './run-store.js';

describe('a checkpoint that cannot be read', () => {
  const errorOf = (code: 'FILE_READ' | 'FILE_CORRUPT') => () =>
    Promise.reject(new AttuneError(code, `step-2 is not for you.`));
  const run = {
    path: 'run',
    checkpoints: async () => [{ step: 2, name: 'step-2', path: 'run/checkpoints/step-2' }],
    bestCheckpoint: async () => undefined,
  } as unknown as RunReader;

  it('is not one that is damaged: nothing is set aside', async () => {
    await expect(findCheckpoint(run, 'pretrain', errorOf('FILE_READ'))).rejects.toMatchObject({
      code: 'FILE_READ',
    });
  });

  it('is told from one that is damaged', async () => {
    await expect(findCheckpoint(run, 'pretrain', errorOf('FILE_CORRUPT'))).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining('No checkpoint in'),
    });
  });
});
