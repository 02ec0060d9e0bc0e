import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findModel } from './find-model.js';

let run: string;
beforeEach(async () => void (run = await mkdtemp(join(tmpdir(), 'attune-run-'))));
afterEach(() => rm(run, { recursive: true }));

async function model(...path: string[]): Promise<string> {
  const folder = join(run, ...path);
  await mkdir(folder, { recursive: true });
  for (const file of ['config.json', 'trainer_state.json']) await writeFile(join(folder, file), '{}');
  return folder;
}

test('a model folder stands for itself', async () => {
  const folder = await model('some-model');
  expect(await findModel(folder)).toBe(folder);
});

test('a run stands for its last checkpoint until it is finished, then for the final model', async () => {
  await model('checkpoints', 'step-900');
  const last = await model('checkpoints', 'step-1000');
  expect(await findModel(run)).toBe(last);
  const final = await model('final');
  expect(await findModel(run)).toBe(final);
});

test('anything else has no model', async () => {
  await expect(findModel(run)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
});
