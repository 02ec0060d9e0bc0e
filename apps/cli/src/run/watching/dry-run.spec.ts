import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAttune, TEXT, TINY } from '../../testing/run-attune.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-dry-run-'));
  await writeFile(join(folder, 'text.txt'), TEXT);
  await runAttune(['prepare', join(folder, 'text.txt'), '--out', join(folder, 'data')]);
  await runAttune(['pretrain', '--data', join(folder, 'data'), '--out', join(folder, 'run'), ...TINY]);
});
afterAll(() => rm(folder, { recursive: true }));

/** Every file of the folder, with its size and the time of its last change. */
async function snapshot(): Promise<Record<string, string>> {
  const names = (await readdir(folder, { recursive: true })).sort();
  const entries = names.map(async (name) => {
    const { size, mtimeMs } = await stat(join(folder, name));
    return [name, `${size} ${mtimeMs}`] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

test('report says which page it would write, writes nothing, and then writes that page', async () => {
  const page = join(folder, 'run/report.html');
  const args = ['report', join(folder, 'run'), '--json'];
  const before = await snapshot();
  const { code, stdout } = await runAttune([...args, '--dry-run']);
  expect({ code, planned: JSON.parse(stdout) }).toEqual({
    code: 0,
    planned: { dryRun: true, writes: [{ path: page, bytes: expect.any(Number), replaces: false }] },
  });
  expect(await snapshot()).toEqual(before);
  const [planned] = (JSON.parse(stdout) as { writes: { bytes: number }[] }).writes;
  expect(await runAttune(args)).toMatchObject({ code: 0 });
  expect((await stat(page)).size).toBe(planned!.bytes);
  const after = await snapshot();
  expect(Object.keys(after).filter((name) => !(name in before))).toEqual(['run/report.html']);
  expect((await runAttune([...args, '--dry-run'])).stdout).toContain('"replaces":true');
});

const onLinux = process.platform === 'linux' ? test : test.skip;

onLinux('setup cuda lists its steps, asks nobody and does none', async () => {
  const wheel = join(folder, 'tensorflow.whl');
  await writeFile(wheel, '');
  const before = await snapshot();
  const made = join(folder, 'cuda');
  const args = ['setup', 'cuda', '--libtensorflow', wheel, '--dir', made, '--dry-run'];
  const { code, stdout } = await runAttune(args);
  expect({ code, stdout }).toEqual({
    code: 0,
    stdout: expect.stringContaining(`put all of it into ${made}`),
  });
  expect(stdout).toContain('Nothing was changed.');
  expect(await snapshot()).toEqual(before);
});
