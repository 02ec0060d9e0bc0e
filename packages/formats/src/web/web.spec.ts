import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readCheckpoint as readFromDisk } from '../node/index.js';
import { fakeFileSystem, type FakeBrowser } from '../testing/fake-file-system.js';
import { checkpointAt, config } from '../testing/tiny-checkpoint.js';
import {
  directoryFolder,
  listCheckpoints,
  memoryFolder,
  openCheckpoint,
  readCheckpoint,
  readCheckpointFiles,
  readLatestCheckpoint,
  readZipArchive,
  removeCheckpoint,
  writeCheckpoint,
  writeFileAtomically,
  zipArchive,
  type ArchiveEntry,
  type DirectoryHandle,
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

async function contentOf(directory: DirectoryHandle, file: string): Promise<string> {
  return new TextDecoder().decode(
    await (await (await directory.getFileHandle(file)).getFile()).arrayBuffer(),
  );
}

describe.each<[string, FakeBrowser]>([
  ['that writes beside and moves', {}],
  ['that cannot move files', { moves: false }],
  ['with synchronous access in workers only', { writes: 'sync' }],
  ['with neither streams nor moves', { writes: 'sync', moves: false }],
])('in a browser %s', (_, browser) => {
  test('a checkpoint comes back bit by bit, and nothing temporary stays', async () => {
    const run = fakeFileSystem(browser);
    const entry = await writeCheckpoint(run, contentsAt(3));
    expect(await readCheckpoint(run, entry)).toEqual(expectedAt(3));
    const files = await directoryFolder(await openCheckpoint(run, entry)).list();
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
    const run = fakeFileSystem({
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
    expect((await listCheckpoints(run)).map(({ step }) => step)).toEqual([10, 9]);
  });
});

test('where nothing can be written, it is said why', async () => {
  const run = fakeFileSystem({ writes: 'none' });
  await expect(writeCheckpoint(run, contentsAt(1))).rejects.toMatchObject({
    code: 'FILE_WRITE',
    message: expect.stringContaining('workers only'),
  });
});

test('writing a step again replaces it, each time', async () => {
  const run = fakeFileSystem();
  for (const tokens of [1, 2, 3]) {
    const { checkpoint, ...rest } = contentsAt(4);
    await writeCheckpoint(run, { ...rest, checkpoint: { ...checkpoint, tokens } });
    expect((await listCheckpoints(run)).length).toBe(1);
    expect((await readLatestCheckpoint(run))!.checkpoint.tokens).toBe(tokens);
  }
});

test('a run without checkpoints has none', async () => {
  expect(await listCheckpoints(fakeFileSystem())).toEqual([]);
  expect(await readLatestCheckpoint(fakeFileSystem())).toBeUndefined();
});

test('a checkpoint that was changed is passed over for an earlier one, and told of', async () => {
  const run = fakeFileSystem();
  await writeCheckpoint(run, contentsAt(1));
  const entry = await writeCheckpoint(run, contentsAt(2));
  const directory = await openCheckpoint(run, entry);
  await writeFileAtomically(directory, 'config.json', '{"model_type": "gpt2"}');
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
  await removeCheckpoint(run, entry);
  expect((await listCheckpoints(run)).map(({ step }) => step)).toEqual([1]);
});

test('a file is replaced, and its checksum told', async () => {
  const directory = fakeFileSystem();
  await writeFileAtomically(directory, 'note.txt', 'first');
  const sha256 = await writeFileAtomically(directory, 'note.txt', 'abc');
  expect(sha256).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(await contentOf(directory, 'note.txt')).toBe('abc');
});

describe('an archive', () => {
  async function archived(run: DirectoryHandle): Promise<Blob> {
    const [entry] = await listCheckpoints(run);
    const directory = await openCheckpoint(run, entry!);
    const entries: ArchiveEntry[] = [];
    for await (const name of directory.keys()) {
      const bytes = await (await (await directory.getFileHandle(name)).getFile()).arrayBuffer();
      entries.push([`checkpoints/step-3/${name}`, new Uint8Array(bytes)]);
    }
    const chunks: Uint8Array<ArrayBuffer>[] = [];
    for await (const chunk of zipArchive(entries)) chunks.push(new Uint8Array(chunk));
    return new Blob(chunks);
  }

  test('unpacked on a disk, it is the checkpoint', async () => {
    const run = fakeFileSystem();
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
    const run = fakeFileSystem();
    await writeCheckpoint(run, contentsAt(3));
    const files = await readZipArchive(await archived(run));
    const names = [...files].map(
      ([path, bytes]) => [path.slice('checkpoints/step-3/'.length), bytes] as const,
    );
    expect(await readCheckpointFiles(memoryFolder(new Map(names)))).toEqual(expectedAt(3));
  });

  test('is none', async () => {
    await expect(readZipArchive(new Blob(['no zip']), 'run.zip')).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining('run.zip is no zip archive'),
    });
  });
});
