import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskFolder } from '@attune/files/node';
import { findModel } from './find-model.js';

const found = async (path: string) => (await findModel(diskFolder(path))).name;

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
  expect(await found(folder)).toBe(folder);
});

test('a run stands for its last checkpoint until it is finished, then for the final model', async () => {
  await model('checkpoints', 'step-900');
  const last = await model('checkpoints', 'step-1000');
  expect(await found(run)).toBe(last);
  const final = await model('final');
  expect(await found(run)).toBe(final);
});

test('a run stands for its adapter, too, and a trailing slash for nothing', async () => {
  await mkdir(join(run, 'final'));
  await writeFile(join(run, 'final', 'adapter_config.json'), '{}');
  expect(await found(`${run}/`)).toBe(join(run, 'final'));
});

test('a folder that is not there is said not to be', async () => {
  await expect(found(join(run, 'nowhere'))).rejects.toMatchObject({
    code: 'FILE_NOT_FOUND',
    message: expect.stringContaining(`There is no folder ${join(run, 'nowhere')}.`),
  });
});

test('anything else has no model', async () => {
  await expect(found(run)).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
});
