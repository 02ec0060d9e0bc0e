import { assert, expectEqual, sameBits, type TestRunner } from '@attune/backend-testkit';
import { serveTests } from '@attune/browser-harness/page';
import type { HostTensors } from '@attune/core';
import type { WritableFolder } from '@attune/files';
import { directoryFolder, type DirectoryHandle } from '@attune/files/web';
import {
  checkpointFolder,
  readLatestCheckpoint,
  wholeCheckpoints,
  writeCheckpoint,
} from '../checkpoint/index.js';
import { checkpointAt, config } from './tiny-checkpoint.js';

const { storage } = (
  globalThis as unknown as { navigator: { storage: { getDirectory(): Promise<DirectoryHandle> } } }
).navigator;

async function emptyRun(): Promise<WritableFolder> {
  const root = await storage.getDirectory();
  await root.removeEntry('run', { recursive: true }).catch(() => undefined);
  const run = directoryFolder(root).folder('run');
  await run.make();
  return run;
}

function expectSameBits(tensors: HostTensors, expected: HostTensors): void {
  expectEqual(Object.keys(tensors).sort(), Object.keys(expected).sort(), 'names');
  for (const [name, tensor] of Object.entries(tensors)) {
    assert(sameBits(tensor, expected[name]!), `${name} is another`);
  }
}

const write = (run: WritableFolder, step: number) =>
  writeCheckpoint(run, { checkpoint: checkpointAt(step), config });

function registerTests({ test }: TestRunner): void {
  test('a checkpoint comes back from the private file system bit by bit', async () => {
    const run = await emptyRun();
    await write(run, 1);
    await write(run, 2);
    const { parameters, optimizer, ...progress } = (await readLatestCheckpoint(run))!.checkpoint;
    const expected = checkpointAt(2);
    expectSameBits(parameters, expected.parameters);
    expectSameBits(optimizer, expected.optimizer);
    expectEqual([progress.step, progress.data], [expected.step, expected.data], 'progress');
  });

  test('a step that is written again replaces the earlier one, and leaves no temporary file', async () => {
    const run = await emptyRun();
    for (let i = 0; i < 3; i++) await write(run, 5);
    const entries = await wholeCheckpoints(run);
    expectEqual(entries.length, 1, 'checkpoints');
    const names = await checkpointFolder(run, entries[0]!.name).list();
    expectEqual(
      [...names!].sort(),
      [
        'config.json',
        'generation_config.json',
        'model.safetensors',
        'optimizer.safetensors',
        'trainer_state.json',
      ],
      'files',
    );
  });

  test('a checkpoint that was damaged is noticed, and an earlier one read', async () => {
    const run = await emptyRun();
    await write(run, 1);
    await write(run, 2);
    await checkpointFolder(run, 'step-2').write('model.safetensors', 'damaged');
    const passedOver: number[] = [];
    const read = await readLatestCheckpoint(run, ({ step }) => passedOver.push(step));
    expectEqual([read?.checkpoint.step, passedOver], [1, [2]], 'read, passed over');
  });
}

serveTests(registerTests);
