import { spawnSync } from 'node:child_process';
import { lstat, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { recoverWrites, writeFileAtomically, writeFolderAtomically } from '../index.js';
import { parseTemporary } from '../../folder/temporary-name.js';
import { temporaryPath } from './temporary.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-temporary-'));
});
afterEach(() => rm(folder, { recursive: true }));

const at = (...names: string[]) => join(folder, ...names);

/** A temporary name as a process gave it that is no more. */
function ofTheDead(name: string): string {
  const { pid } = spawnSync(process.execPath, ['--version']);
  return basename(temporaryPath(at(name))).replace(`-${process.pid}-`, `-${pid}-`);
}

const writeModel = () =>
  writeFolderAtomically(at('model'), 'config.json', async (path) => {
    await writeFileAtomically(join(path, 'config.json'), '{}');
  });

test('a temporary name says what it stands for, as those of earlier versions do', () => {
  const own = parseTemporary(basename(temporaryPath(at('a.b.json'))));
  expect(own).toEqual({ name: 'a.b.json', kind: 'tmp', owner: expect.stringContaining(`-${process.pid}-`) });
  const uuid = '01234567-89ab-cdef-0123-456789abcdef';
  expect(parseTemporary(`.a.json.${uuid}.tmp`)).toEqual({ name: 'a.json', kind: 'tmp' });
  expect(parseTemporary(`.a.json.01234567-89-${uuid}.tmp`)).toEqual({ name: 'a.json', kind: 'tmp' });
  expect(parseTemporary('.step-3.old')).toEqual({ name: 'step-3', kind: 'old' });
  expect(parseTemporary('a.json.tmp')).toBeUndefined();
});

test('what a process left that was killed goes when the same is written again, and nothing else', async () => {
  const [file, model] = [ofTheDead('page.html'), ofTheDead('model')];
  const alive = basename(temporaryPath(at('page.html')));
  const others = ['.page.html.tmp', '.notes.tmp', ofTheDead('other.html'), alive];
  for (const name of [file, ...others]) await writeFile(at(name), '');
  await mkdir(at(model));
  await writeFileAtomically(at('page.html'), 'page');
  await writeModel();
  expect((await readdir(folder)).sort()).toEqual(['model', 'page.html', ...others].sort());
});

test('links are replaced, and not written through', async () => {
  await mkdir(at('elsewhere'));
  await writeFile(at('elsewhere', 'precious'), 'precious');
  await symlink(at('elsewhere', 'precious'), at('page.html'));
  await symlink(at('elsewhere'), at('.model.tmp'));
  await symlink(at('elsewhere'), at('.model.old'));
  await writeFileAtomically(at('page.html'), 'page');
  await writeModel();
  expect(await readFile(at('elsewhere', 'precious'), 'utf8')).toBe('precious');
  expect(await readdir(at('elsewhere'))).toEqual(['precious']);
  expect((await lstat(at('page.html'))).isFile()).toBe(true);
  expect((await readdir(folder)).sort()).toEqual(['elsewhere', 'model', 'page.html']);
});

test('a folder that was about to be replaced is put back before it is written again', async () => {
  await mkdir(at('.model.old'));
  await writeFile(at('.model.old', 'thesis.txt'), 'of somebody else');
  await expect(writeModel()).rejects.toMatchObject({ code: 'FILE_WRITE' });
  expect(await readdir(folder)).toEqual(['model']);
});

test('of a folder that nobody writes to, all that was left is finished', async () => {
  for (const name of [ofTheDead('step-1'), basename(temporaryPath(at('step-2'))), '.step-3.tmp']) {
    await mkdir(at(name));
  }
  await mkdir(at('.step-4.old'));
  await recoverWrites(folder, (name) => name.startsWith('step-'));
  expect(await readdir(folder)).toEqual(['step-4']);
});
