import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { diskFolder, writeFolderAtomically } from '@attune/files/node';
import { checkpointPath, removeCheckpoint } from '@attune/formats/node';
import { readSteadily } from '@attune/runs';
import { runAttune, TEXT, TINY } from '../../testing/run-attune.js';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const disk = { folder: (path: string) => diskFolder(path) };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-steady-'));
  await writeFile(at('text.txt'), TEXT);
  await runAttune(['prepare', at('text.txt'), '--out', at('data')]);
  await runAttune(['pretrain', '--data', at('data'), '--out', at('run'), ...TINY]);
  await rename(at('run', 'final'), at('final'));
});
afterAll(() => rm(folder, { recursive: true }));

/**
 * Writes checkpoints, and keeps one, as a trainer does with `--keep-checkpoints 1`: as fast as it can, then ever more slowly,
 * so that a busy machine, too, can read one in between.
 */
async function rotate(until: () => boolean): Promise<number> {
  let step = 6;
  await cp(at('run', 'checkpoints', 'step-6'), at('a-checkpoint'), { recursive: true });
  while (!until()) {
    step++;
    await writeFolderAtomically(checkpointPath(at('run'), step), 'trainer_state.json', (path) =>
      cp(at('a-checkpoint'), path, { recursive: true }),
    );
    await removeCheckpoint(at('run'), step - 1);
    await writeFile(at('run', 'metrics.jsonl'), '{"step":1,"loss":2}\n{"ste', { flag: 'a' });
    await setTimeout(Math.min(20 * (step - 7), 1000));
  }
  return step - 6;
}

test('what reads a run while it is trained reads one checkpoint, whole', async () => {
  const model = ['--model', at('run')];
  const generate = [
    'generate',
    ...model,
    '--prompt',
    'the',
    '--max-new-tokens',
    '3',
    '--backend',
    'reference',
  ];
  const expected = (await runAttune(generate)).stdout;
  await writeFile(at('rows.jsonl'), `${JSON.stringify({ text: 'the cat' })}\n`);
  await mkdir(at('out'));
  let done = false;
  const rotating = rotate(() => done);
  try {
    for (let round = 0; round < 4; round++) {
      expect(await runAttune(generate)).toEqual({ code: 0, stdout: expected, stderr: '' });
      for (const args of [
        ['evaluate', ...model, '--data', at('data'), '--backend', 'reference'],
        ['inspect', ...model, '--data', at('rows.jsonl')],
        ['export', ...model, '--out', at('out', String(round)), '--no-verify'],
      ]) {
        const { code, stderr } = await runAttune(args);
        expect({ args, code, stderr }).toEqual({ args, code: 0, stderr: '' });
      }
    }
  } finally {
    done = true;
  }
  expect(await rotating).toBeGreaterThan(4);
});

test('an error of a folder that stays as it is is that error', async () => {
  const fails = async () => {
    throw new Error('damaged');
  };
  await expect(readSteadily([at('final')], disk, fails)).rejects.toThrow('damaged');
  await expect(readSteadily([at('nowhere'), undefined], disk, fails)).rejects.toThrow('damaged');
});

test('what was read of a folder that is gone is let go, and read again', async () => {
  const released: number[] = [];
  let reads = 0;
  const read = async () => {
    if (++reads === 1) {
      await cp(at('final'), at('copy'), { recursive: true });
      await rm(at('final'), { recursive: true });
      await rename(at('copy'), at('final'));
    }
    return reads;
  };
  const value = await readSteadily([at('final')], disk, read, async (one) => void released.push(one));
  expect({ value, released }).toEqual({ value: 2, released: [1] });
});
