import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readTensors } from '../index.js';
import { checkpointAt, config } from '../testing/tiny-checkpoint.js';
import {
  bestCheckpointPath,
  checkpointPath,
  latestCheckpoint,
  listCheckpoints,
  readCheckpoint,
  readModelFolder,
  recoverCheckpoints,
  removeCheckpoint,
  writeCheckpoint,
} from '../node/index.js';

let run: string;
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), 'attune-run-'));
});
afterEach(() => rm(run, { recursive: true }));

const write = async (step: number) => {
  const path = checkpointPath(run, step);
  await writeCheckpoint(path, {
    checkpoint: checkpointAt(step),
    config,
    files: { 'meta.json': { vocabSize: 5 } },
    run: { maxIters: 10 },
    versions: { attune: '0.1.0' },
  });
  return path;
};

test('a checkpoint comes back bit by bit', async () => {
  const path = await write(3);
  expect(path).toBe(join(run, 'checkpoints', 'step-3'));
  expect(await readCheckpoint(path)).toEqual({
    checkpoint: checkpointAt(3),
    config,
    run: { maxIters: 10 },
    versions: { attune: '0.1.0' },
    tokenizerFiles: [],
  });
});

test('it is the folder of a model too, and nothing temporary stays', async () => {
  const path = await write(3);
  expect((await readdir(path)).sort()).toEqual([
    'config.json',
    'generation_config.json',
    'meta.json',
    'model.safetensors',
    'optimizer.safetensors',
    'trainer_state.json',
  ]);
  expect(await readdir(join(run, 'checkpoints'))).toEqual(['step-3']);
  const { tensors } = await readModelFolder(path);
  expect(await readTensors(tensors)).toEqual(checkpointAt(3).parameters);
  await tensors.close();
});

test('the latest is the one with the most steps that is whole', async () => {
  expect(await latestCheckpoint(run)).toBeUndefined();
  await write(9);
  await write(10);
  await mkdir(checkpointPath(run, 11));
  await mkdir(join(run, 'checkpoints', '.step-12.tmp'));
  expect(await latestCheckpoint(run)).toBe(checkpointPath(run, 10));
});

test('writing again replaces the checkpoint, and sweeps up what a killed run left', async () => {
  const path = await write(3);
  await writeFile(join(path, 'stale'), '');
  await mkdir(join(run, 'checkpoints', '.step-3.tmp'));
  await write(3);
  expect(await readdir(path)).not.toContain('stale');
  expect(await readdir(join(run, 'checkpoints'))).toEqual(['step-3']);
});

describe('what a killed process left', () => {
  const entries = () => readdir(join(run, 'checkpoints'));
  const hidden = (name: string) => join(run, 'checkpoints', name);

  test('between the two renames of a replacement: the earlier checkpoint is put back', async () => {
    const path = await write(3);
    await rename(path, hidden('.step-3.old'));
    await mkdir(hidden('.step-3.tmp'));
    await recoverCheckpoints(run);
    expect(await entries()).toEqual(['step-3']);
    expect((await readCheckpoint(path)).checkpoint).toEqual(checkpointAt(3));
  });

  test('after them: the later one stays', async () => {
    const path = await write(3);
    await cp(path, hidden('.step-3.old'), { recursive: true });
    await writeFile(join(path, 'later'), '');
    await recoverCheckpoints(run);
    expect(await entries()).toEqual(['step-3']);
    expect(await readdir(path)).toContain('later');
  });

  test('is distinguished from foreign files', async () => {
    await write(3);
    await rename(await write(4), bestCheckpointPath(run));
    await mkdir(hidden('.best.tmp'));
    await mkdir(hidden('.notes.tmp'));
    await recoverCheckpoints(run);
    expect((await entries()).sort()).toEqual(['.notes.tmp', 'best', 'step-3']);
  });

  test('in a run without checkpoints is nothing', async () => {
    await expect(recoverCheckpoints(join(run, 'none'))).resolves.toBeUndefined();
  });
});

test('checkpoints are listed from the last to the first, and removed whole', async () => {
  for (const step of [9, 100, 10]) await write(step);
  await rename(await write(11), bestCheckpointPath(run));
  expect((await listCheckpoints(run)).map(({ step }) => step)).toEqual([100, 10, 9]);
  await removeCheckpoint(run, 10);
  expect((await readdir(join(run, 'checkpoints'))).sort()).toEqual(['best', 'step-100', 'step-9']);
});

test('a folder that is no checkpoint is not replaced', async () => {
  const path = checkpointPath(run, 3);
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'thesis.txt'), 'precious');
  await expect(write(3)).rejects.toMatchObject({ code: 'FILE_WRITE' });
  expect(await readFile(join(path, 'thesis.txt'), 'utf8')).toBe('precious');
});

test('a checkpoint that cannot be written leaves the one that was there', async () => {
  const path = await write(3);
  const wrong = { ...checkpointAt(3), parameters: {} };
  await expect(writeCheckpoint(path, { checkpoint: wrong, config })).rejects.toMatchObject({
    code: 'CHECKPOINT_MISMATCH',
  });
  const short = { a: { dtype: 'f32', shape: [2], data: Float32Array.of(1) } } as const;
  const late = { ...checkpointAt(3), optimizer: short };
  await expect(writeCheckpoint(path, { checkpoint: late, config })).rejects.toMatchObject({
    code: 'SHAPE_MISMATCH',
  });
  expect((await readCheckpoint(path)).checkpoint).toEqual(checkpointAt(3));
  expect(await readdir(join(run, 'checkpoints'))).toEqual(['step-3']);
});

describe('a checkpoint that is not as it was written', () => {
  test.each(['model.safetensors', 'optimizer.safetensors'])('one bit of %s', async (file) => {
    const path = await write(3);
    const bytes = await readFile(join(path, file));
    bytes[bytes.length - 3]! ^= 1;
    await writeFile(join(path, file), bytes);
    await expect(readCheckpoint(path)).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining(`${file} is not as it was written`),
    });
  });

  test.each([
    ['config.json', 'n_head', 2],
    ['meta.json', 'vocabSize', 6],
    ['trainer_state.json', 'step', 4],
    ['trainer_state.json', 'run', { maxIters: 11 }],
  ])('%s, edited by hand: %s', async (file, key, value) => {
    const path = await write(3);
    const json = JSON.parse(await readFile(join(path, file), 'utf8'));
    await writeFile(join(path, file), `${JSON.stringify({ ...json, [key]: value }, null, 2)}\n`);
    await expect(readCheckpoint(path)).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringContaining(`${file}`),
    });
  });

  test('an optimizer of another step', async () => {
    const [three, four] = [await write(3), await write(4)];
    await cp(join(four, 'optimizer.safetensors'), join(three, 'optimizer.safetensors'));
    await expect(readCheckpoint(three)).rejects.toMatchObject({ code: 'FILE_CORRUPT' });
  });

  test('every missing file is named', async () => {
    const path = await write(3);
    for (const file of ['config.json', 'model.safetensors']) await rm(join(path, file));
    await truncate(join(path, 'optimizer.safetensors'), 100);
    await expect(readCheckpoint(path)).rejects.toThrow(
      /config.json is missing; model.safetensors is missing; optimizer.safetensors is not as it was written/,
    );
  });

  test('a damaged trainer_state.json', async () => {
    const path = await write(3);
    const file = join(path, 'trainer_state.json');
    const state = JSON.parse(await readFile(file, 'utf8'));
    await writeFile(file, JSON.stringify({ ...state, step: -1, data: { cursor: [1] } }));
    await expect(readCheckpoint(path)).rejects.toMatchObject({
      code: 'FILE_CORRUPT',
      message: expect.stringMatching(/step must be a non-negative integer; data must be an object/),
    });
    await writeFile(file, '');
    await expect(readCheckpoint(path)).rejects.toMatchObject({ code: 'FILE_EMPTY' });
  });
});

describe('a folder that is no checkpoint of attune', () => {
  test('does not exist', async () => {
    await expect(readCheckpoint(join(run, 'none'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
  });

  test('is only a model', async () => {
    const path = await write(3);
    await rm(join(path, 'trainer_state.json'));
    await expect(readCheckpoint(path)).rejects.toMatchObject({ code: 'CHECKPOINT_MISMATCH' });
  });

  test.each([
    ['another program', { global_step: 10 }, /not written by attune/],
    ['a later version', { format: 2 }, /Update attune/],
  ])('is of %s', async (_, state, message) => {
    const path = await write(3);
    await writeFile(join(path, 'trainer_state.json'), JSON.stringify(state));
    await expect(readCheckpoint(path)).rejects.toMatchObject({
      code: 'CHECKPOINT_MISMATCH',
      message: expect.stringMatching(message),
    });
  });
});
