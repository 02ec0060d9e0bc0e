import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskFolder } from '@attune/files/node';
import { openTrainingData, trainingFields, withDefaults, type TrainingConfig } from '@attune/runs';
import { runAttune, TINY } from '../../testing/run-attune.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-bare-'));
  for (const name of ['train.bin', 'val.bin']) {
    await writeFile(
      join(folder, name),
      Uint16Array.from({ length: 200 }, (_, i) => i % 7),
    );
  }
});
afterEach(() => rm(folder, { recursive: true }));

describe("token files without meta.json, as nanoGPT's", () => {
  const open = async (given: Partial<TrainingConfig> = {}) => {
    const data = await openTrainingData(diskFolder(folder), withDefaults(trainingFields, given));
    await data.close();
    return data;
  };

  test("have nanoGPT's vocabulary, and say so", async () => {
    const data = await open();
    expect(data).toMatchObject({ vocabSize: 50_304, tokenizer: null, trainTokens: 200 });
    expect(data.note).toMatch(/no meta\.json: read as uint16 tokens of a vocabulary of 50304/);
  });

  test('or the one that is asked for', async () => {
    expect(await open({ vocabSize: 7 })).toMatchObject({ vocabSize: 7 });
  });

  test('whose size says how wide the ids are', async () => {
    for (const name of ['train.bin', 'val.bin']) {
      await writeFile(
        join(folder, name),
        Uint32Array.from({ length: 200 }, (_, i) => 99_000 + (i % 7)),
      );
    }
    const data = await open({ vocabSize: 100_000 });
    expect(data).toMatchObject({ vocabSize: 100_000, trainTokens: 200 });
    expect(data.note).toMatch(/read as uint32 tokens of a vocabulary of 100000/);
  });

  test('are enough to train, without samples, to go on from there, and to evaluate', async () => {
    const run = join(folder, 'run');
    const base = ['pretrain', '--data', folder, ...TINY, '--max-iters', '2'];
    const first = await runAttune([...base, '--out', run, '--vocab-size', '9']);
    expect(first).toMatchObject({ code: 0, stderr: '' });
    expect(await readdir(run)).not.toContain('samples');

    const second = await runAttune([...base, '--out', join(folder, 'more'), '--init-from', run]);
    expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('vocabulary of 9') });

    const flags = ['--data', folder, '--backend', 'reference', '--json'];
    const { stdout } = await runAttune(['evaluate', '--model', run, ...flags]);
    expect(JSON.parse(stdout)).toMatchObject({ tokens: 199 });
  });

  test('have no id beyond it', async () => {
    const out = join(folder, 'run');
    const { code, stderr } = await runAttune([
      ...['pretrain', '--data', folder, '--out', out, ...TINY, '--vocab-size', '6'],
    ]);
    expect(code).toBe(4);
    expect(stderr).toMatch(/TOKEN_OUT_OF_RANGE.* is 6, but the vocabulary has 6 tokens/);
  });
});

test('a vocabulary may be larger than that of the data, and not smaller', async () => {
  await writeFile(
    join(folder, 'meta.json'),
    JSON.stringify({ dtype: 'uint16', vocabSize: 60, tokenizer: null }),
  );
  const open = (vocabSize: number) =>
    openTrainingData(diskFolder(folder), withDefaults(trainingFields, { vocabSize }));
  const data = await open(64);
  expect(data.vocabSize).toBe(64);
  expect(data.note).toBeUndefined();
  await data.close();
  await expect(open(59)).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining('--vocab-size is 59, but'),
  });
});
