import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskFolder } from '@attune/files/node';
import { plainFormat } from './plain-format.js';
import { HEADING } from './run-files.js';
import { createRun } from './run-folder.js';

let run: string;
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), 'attune-earlier-'));
});
afterEach(() => rm(run, { recursive: true }));

const writeConfig = (yaml: string) => writeFile(join(run, 'config.yaml'), `# ${HEADING}\n${yaml}`);

const overwrite = async (options: { preparesData?: boolean } = {}) =>
  (await createRun(diskFolder(run), plainFormat, { overwrite: true, ...options })).close();

test('a run whose configuration is broken is overwritten as any other', async () => {
  await writeConfig('maxIters: [1\nmaxIters');
  await writeFile(join(run, 'metrics.jsonl'), '{}\n');
  await overwrite();
  expect(await readdir(run)).toEqual(['config.yaml']);
});

test('but what is in its data folder may be anything', async () => {
  await writeConfig('"');
  await mkdir(join(run, 'data'));
  await expect(overwrite({ preparesData: true })).rejects.toMatchObject({
    code: 'INVALID_CONFIG',
    message: expect.stringContaining('data exists, and is not of an earlier run'),
  });
});

test('who is killed after the earlier run was removed, and before the new one began, can try again', async () => {
  await writeConfig('maxIters: 1\n');
  await mkdir(join(run, 'data'));
  await mkdir(join(run, 'samples'));
  await overwrite({ preparesData: true });
  await overwrite({ preparesData: true });
  expect((await readdir(run)).sort()).toEqual(['config.yaml', 'data', 'samples']);
});
