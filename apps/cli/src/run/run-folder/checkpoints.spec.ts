import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AttuneError } from '@attune/core';
import { findCheckpoint } from './checkpoints.js';

describe('a checkpoint that cannot be read', () => {
  const errorOf = (code: 'FILE_READ' | 'FILE_CORRUPT') => () =>
    Promise.reject(new AttuneError(code, `step-2 is not for you.`));

  let run: string;
  beforeEach(async () => {
    run = await mkdtemp(join(tmpdir(), 'attune-checkpoints-'));
    await mkdir(join(run, 'checkpoints', 'step-2'), { recursive: true });
  });
  afterEach(() => rm(run, { recursive: true }));

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
