import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createOwner } from '@attune/hub';
import { RUN_LOCK, RunLock } from './run-lock.js';

let run: string;
beforeEach(async () => void (run = await mkdtemp(join(tmpdir(), 'attune-lock-'))));
afterEach(() => rm(run, { recursive: true }));

const ended = () => JSON.stringify({ id: 'x', pid: 2 ** 22 + 1, host: hostname(), began: null });

test('one has it at a time, and nothing stays behind', async () => {
  const lock = await RunLock.take(run);
  await expect(RunLock.take(run)).rejects.toMatchObject({ code: 'RUN_LOCKED', data: { pid: process.pid } });
  await lock.check();
  await lock.release();
  expect(await readdir(run)).toEqual([]);
  await (await RunLock.take(run)).release();
});

test.each([
  ['of a process that is gone', ended()],
  ['that says nothing', ''],
])('one %s is taken over, by one of those who try', async (_, content) => {
  await writeFile(join(run, RUN_LOCK), content);
  await writeFile(join(run, `${RUN_LOCK}.left-by-a-kill`), ended());
  const taken = await Promise.allSettled(Array.from({ length: 8 }, () => RunLock.take(run)));
  expect(taken.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  const codes = taken.flatMap((one) =>
    one.status === 'rejected' ? [(one.reason as { code: string }).code] : [],
  );
  expect(new Set(codes)).toEqual(new Set(['RUN_LOCKED']));
  expect(await readdir(run)).toEqual([RUN_LOCK]);
});

test('a file without a word goes if its process is gone, and stays while it may yet be written', async () => {
  const owner = createOwner();
  const alive = `${RUN_LOCK}.${owner}`;
  const dead = alive.replace(`-${process.pid}-`, `-${2 ** 22 + 1}-`);
  for (const name of [dead, alive]) await writeFile(join(run, name), '');
  await RunLock.take(run);
  expect((await readdir(run)).sort()).toEqual([RUN_LOCK, alive]);
});

test('one that was removed is missed, and what is there now is left alone', async () => {
  const lock = await RunLock.take(run);
  await writeFile(join(run, RUN_LOCK), 'of another');
  await expect(lock.check()).rejects.toMatchObject({ code: 'FILE_WRITE' });
  await lock.release();
  expect(await readdir(run)).toEqual([RUN_LOCK]);
});
