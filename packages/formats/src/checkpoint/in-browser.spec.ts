import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import {
  archiveFolder,
  readZipArchive,
  withFile,
  zipArchive,
  type ArchiveEntry,
  type Folder,
} from '@attune/files';
import { directoryFolder, fakeFileSystem, type FakeBrowser } from '@attune/files/web';
import { readCheckpoint as readFromDisk } from '../node/index.js';
import { checkpointAt, config } from '../testing/tiny-checkpoint.js';
import {
  checkpointFolder,
  listCheckpoints,
  readCheckpoint,
  readLatestCheckpoint,
  removeCheckpoint,
  wholeCheckpoints,
  writeCheckpoint,
} from './index.js';

const contentsAt = (step: number) => ({
  checkpoint: checkpointAt(step),
  config,
  files: { 'meta.json': { vocabSize: 5 } },
  run: { maxIters: 10 },
  versions: { attune: '0.1.0' },
});

const expectedAt = (step: number) => ({
  checkpoint: checkpointAt(step),
  config,
  run: { maxIters: 10 },
  versions: { attune: '0.1.0' },
  tokenizerFiles: [],
});

const runIn = (browser?: FakeBrowser) => directoryFolder(fakeFileSystem(browser));

describe.each<[string, FakeBrowser]>([
  ['that writes beside and moves', {}],
  ['that cannot move files', { moves: false }],
  ['with synchronous access in workers only', { writes: 'sync' }],
  ['with neither streams nor moves', { writes: 'sync', moves: false }],
])('in a browser %s', (_, browser) => {
  test('a checkpoint comes back bit by bit, and nothing temporary stays', async () => {
    const run = runIn(browser);
    await writeCheckpoint(run, contentsAt(3));
    const folder = checkpointFolder(run, 'step-3');
    expect(await readCheckpoint(folder)).toEqual(expectedAt(3));
    const files = await folder.list();
    expect([...files!].sort()).toEqual([
      'config.json',
      'generation_config.json',
      'meta.json',
      'model.safetensors',
      'optimizer.safetensors',
      'trainer_state.json',
    ]);
  });

  test('those that are whole are listed, newest first; a write that failed leaves the earlier ones', async () => {
    let failing = '';
    const run = runIn({
      ...browser,
      onWrite(file) {
        if (failing && file.includes(failing)) throw new DOMException('full', 'QuotaExceededError');
      },
    });
    await writeCheckpoint(run, contentsAt(9));
    await writeCheckpoint(run, contentsAt(10));
    for (const file of ['model', 'optimizer', 'trainer_state']) {
      failing = file;
      for (const step of [10, 11]) {
        await expect(writeCheckpoint(run, contentsAt(step))).rejects.toMatchObject({
          code: 'FILE_WRITE',
          message: expect.stringMatching(/no more storage.*Remove earlier runs/),
        });
      }
    }
    failing = '';
    expect((await readLatestCheckpoint(run))?.checkpoint).toEqual(checkpointAt(10));
    expect((await wholeCheckpoints(run)).map(({ step }) => step)).toEqual([10, 9]);
  });
});

test('where nothing can be written, it is said why', async () => {
  const run = runIn({ writes: 'none' });
  await expect(writeCheckpoint(run, contentsAt(1))).rejects.toMatchObject({
    code: 'FILE_WRITE',
    message: expect.stringContaining('workers only'),
  });
});

test('writing a step again replaces it, each time', async () => {
  const run = runIn();
  for (const tokens of [1, 2, 3]) {
    const { checkpoint, ...rest } = contentsAt(4);
    await writeCheckpoint(run, { ...rest, checkpoint: { ...checkpoint, tokens } });
    expect((await listCheckpoints(run)).length).toBe(1);
    expect((await readLatestCheckpoint(run))!.checkpoint.tokens).toBe(tokens);
  }
});

test('a run without checkpoints has none', async () => {
  expect(await listCheckpoints(runIn())).toEqual([]);
  expect(await readLatestCheckpoint(runIn())).toBeUndefined();
});

test('a checkpoint that was changed is passed over for an earlier one, and told of', async () => {
  const run = runIn();
  await writeCheckpoint(run, contentsAt(1));
  await writeCheckpoint(run, contentsAt(2));
  await checkpointFolder(run, 'step-2').write('config.json', '{"model_type": "gpt2"}');
  const damaged: unknown[] = [];
  const latest = await readLatestCheckpoint(run, ({ step }, error) => damaged.push(step, error));
  expect(latest!.checkpoint.step).toBe(1);
  expect(damaged).toEqual([
    2,
    expect.objectContaining({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining('config.json is not as it was written'),
    }),
  ]);
  await removeCheckpoint(run, 'step-2');
  expect((await listCheckpoints(run)).map(({ step }) => step)).toEqual([1]);
});

describe('an archive', () => {
  async function archived(run: Folder): Promise<Blob> {
    const folder = checkpointFolder(run, 'step-3');
    const entries: ArchiveEntry[] = [];
    for (const name of (await folder.list())!) {
      const bytes = await withFile(folder, name, (source) => source.read(0, source.size));
      entries.push([`checkpoints/step-3/${name}`, bytes]);
    }
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for await (const chunk of zipArchive(entries)) chunks.push(new Uint8Array(chunk));
    return new Blob(chunks);
  }

  test('unpacked on a disk, it is the checkpoint', async () => {
    const run = runIn();
    await writeCheckpoint(run, contentsAt(3));
    const folder = await mkdtemp(join(tmpdir(), 'attune-archive-'));
    try {
      for (const [path, bytes] of await readZipArchive(await archived(run))) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), bytes);
      }
      expect(await readFromDisk(join(folder, 'checkpoints', 'step-3'))).toEqual(expectedAt(3));
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('can be read where it is', async () => {
    const run = runIn();
    await writeCheckpoint(run, contentsAt(3));
    const copy = await archiveFolder(await archived(run));
    expect(await readCheckpoint(checkpointFolder(copy, 'step-3'))).toEqual(expectedAt(3));
  });
});
