import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FolderLock } from '../../folder/folder.js';
import { LOCK_FILE, lockFolder } from './folder-lock.js';
import { createOwner } from '../process/owner.js';

let run: string;
beforeEach(async () => void (run = await mkdtemp(join(tmpdir(), 'attune-lock-'))));
const locks: FolderLock[] = [];
afterEach(async () => {
  for (const lock of locks.splice(0)) await lock.release();
  await rm(run, { recursive: true });
});

async function take(): Promise<FolderLock> {
  const lock = await lockFolder(run);
  locks.push(lock);
  return lock;
}

const ended = () => JSON.stringify({ id: 'x', pid: 2 ** 22 + 1, host: hostname(), began: null });

test('one has it at a time, and nothing stays behind', async () => {
  const lock = await take();
  await expect(take()).rejects.toMatchObject({ code: 'RUN_LOCKED', data: { pid: process.pid } });
  await lock.check();
  await lock.release();
  expect(await readdir(run)).toEqual([]);
  await (await take()).release();
});

test.each([
  ['of a process that is gone', ended()],
  ['that says nothing', ''],
])('one %s is taken over, by one of those who try', async (_, content) => {
  await writeFile(join(run, LOCK_FILE), content);
  await writeFile(join(run, `${LOCK_FILE}.left-by-a-kill`), ended());
  const taken = await Promise.allSettled(Array.from({ length: 8 }, () => take()));
  expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const codes = taken.flatMap((one) =>
    one.status === 'rejected' ? [(one.reason as { code: string }).code] : [],
  );
  expect(new Set(codes)).toEqual(new Set(['RUN_LOCKED']));
  expect(await readdir(run)).toEqual([LOCK_FILE]);
});

test('a file without a word goes if its process is gone, and stays while it may yet be written', async () => {
  const owner = createOwner();
  const alive = `${LOCK_FILE}.${owner}`;
  const dead = alive.replace(`-${process.pid}-`, `-${2 ** 22 + 1}-`);
  for (const name of [dead, alive]) await writeFile(join(run, name), '');
  await take();
  expect((await readdir(run)).sort()).toEqual([LOCK_FILE, alive]);
});

test('one that was removed is missed, and what is there now is left alone', async () => {
  const lock = await take();
  await writeFile(join(run, LOCK_FILE), 'of another');
  await expect(lock.check()).rejects.toMatchObject({ code: 'FILE_WRITE' });
  await lock.release();
  expect(await readdir(run)).toEqual([LOCK_FILE]);
});
