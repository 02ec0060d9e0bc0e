import { execFileSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskFolder, LOCK_FILE } from '@attune/files/node';
import { plainFormat } from './plain-format.js';
import { MetricsLog, truncateMetrics } from './metrics-log.js';
import { HEADING } from './run-files.js';
import { createRun, reopenRun } from './run-folder.js';

const reopen = (path: string) => reopenRun(diskFolder(path), plainFormat);

let root: string;
let run: string;
let elsewhere: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'attune-entries-'));
  [run, elsewhere] = [join(root, 'run'), join(root, 'elsewhere')];
  await mkdir(run);
  await mkdir(elsewhere);
  await writeFile(join(run, 'config.yaml'), plainFormat.write({ maxIters: 1 }, HEADING));
});
afterEach(() => rm(root, { recursive: true }));

describe('links in the folder of a run', () => {
  it.each(['checkpoints', 'samples', 'final'])('are not followed: %s', async (name) => {
    for (const file of ['step-1.txt', 'step-9.txt', 'model.safetensors'])
      await writeFile(join(elsewhere, file), 'mine');
    await mkdir(join(elsewhere, 'step-1'));
    await symlink(elsewhere, join(run, name));
    const before = await readdir(elsewhere);
    for (const open of [
      () => reopen(run),
      () => createRun(diskFolder(run), plainFormat, { overwrite: true }),
    ]) {
      await expect(open()).rejects.toMatchObject({
        code: 'FILE_WRITE',
        message: expect.stringContaining(
          `${join(run, name)} is a link, where a run has a folder of its own.`,
        ),
      });
    }
    expect(await readdir(elsewhere)).toEqual(before);
    // The lock was given back.
    expect(await readdir(run)).not.toContain(LOCK_FILE);
  });

  it('are not cut or appended to: metrics.jsonl', async () => {
    const mine = join(elsewhere, 'diary.txt');
    await writeFile(mine, 'Dear diary\n');
    await symlink(mine, join(run, 'metrics.jsonl'));
    await expect(reopen(run)).rejects.toThrow('metrics.jsonl is a link');
    // Nor if it became one after that was looked at.
    await expect(truncateMetrics(diskFolder(run), 0)).rejects.toThrow('metrics.jsonl is a link');
    const metrics = { step: 1, loss: 1 } as Parameters<MetricsLog['write']>[0];
    await expect(new MetricsLog(diskFolder(run)).write(metrics)).rejects.toThrow('metrics.jsonl is a link');
    expect(await readFile(mine, 'utf8')).toBe('Dear diary\n');
  });

  it('are found while a run goes on', async () => {
    const folder = await reopen(run);
    await symlink(elsewhere, join(run, 'samples'));
    await expect(folder.writeSample(1, 'a')).rejects.toThrow('samples is a link');
    await expect(folder.check()).rejects.toThrow('samples is a link');
    expect(await readdir(elsewhere)).toEqual([]);
    await folder.close();
  });

  it('take the place of the run while it goes on: nothing is written where they lead', async () => {
    const folder = await reopen(run);
    await cp(run, elsewhere, { recursive: true });
    for (const step of [1, 2, 3])
      await mkdir(join(elsewhere, 'checkpoints', `step-${step}`), { recursive: true });
    const before = await readdir(elsewhere, { recursive: true });
    await rename(run, join(root, 'moved'));
    await symlink(elsewhere, run);
    const metrics = { step: 1, loss: 1 } as Parameters<MetricsLog['write']>[0];
    for (const write of [() => folder.check(), () => folder.writeSample(1, 'a'), () => folder.log(metrics)]) {
      await expect(write()).rejects.toMatchObject({
        code: 'FILE_WRITE',
        message: expect.stringContaining(`${run} is a link to another folder`),
      });
    }
    await folder.close();
    expect(await readdir(elsewhere, { recursive: true })).toEqual(before);
  });

  it('may lead to the run itself', async () => {
    const link = join(root, 'link');
    await symlink(run, link);
    await (await reopen(link)).close();
  });
});

describe('what is no lock, in the place of one', () => {
  const take = () => diskFolder(run).lock();

  it('is an error, and does not keep anybody waiting: a link that leads nowhere', async () => {
    await symlink(join(root, 'nowhere'), join(run, LOCK_FILE));
    await expect(take()).rejects.toMatchObject({
      code: 'FILE_WRITE',
      message: expect.stringContaining('run.lock is a link'),
    });
  });

  it('a folder', async () => {
    await mkdir(join(run, LOCK_FILE));
    await expect(take()).rejects.toThrow('run.lock is a folder, where a run has a file of its own');
  });

  const onUnix = process.platform === 'win32' ? it.skip : it;
  onUnix('a pipe, also in the place of what a kill left', async () => {
    execFileSync('mkfifo', [join(run, `${LOCK_FILE}.left`)]);
    const lock = await take();
    await lock.release();
    execFileSync('mkfifo', [join(run, LOCK_FILE)]);
    await expect(take()).rejects.toThrow('run.lock is neither a file nor a folder');
  });

  it('a file of any size', async () => {
    await writeFile(join(run, LOCK_FILE), 'x'.repeat(10_000));
    await expect(take()).rejects.toThrow('too large to say who works here');
  });
});
