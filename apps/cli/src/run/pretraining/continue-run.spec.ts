import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAttune, TEXT, TINY } from '../../testing/run-attune.js';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-continue-'));
  await writeFile(at('text.txt'), TEXT);
  await runAttune(['prepare', at('text.txt'), '--out', at('data')]);
  await pretrain('finished');
});
afterAll(() => rm(folder, { recursive: true }));

const pretrain = (out: string, ...flags: string[]) =>
  runAttune(['pretrain', '--data', at('data'), '--out', at(out), ...TINY, ...flags]);

/** Every file of a folder, with its contents. */
async function contents(path: string): Promise<Record<string, string>> {
  const files = await readdir(path, { recursive: true, withFileTypes: true });
  const read = files
    .filter((file) => file.isFile())
    .map(async ({ parentPath, name }) => [
      join(parentPath, name).slice(path.length),
      await readFile(join(parentPath, name), 'latin1'),
    ]);
  return Object.fromEntries((await Promise.all(read)) as [string, string][]);
}

test('--continue begins a run where there is none', async () => {
  const { code, stdout } = await pretrain('new', '--continue');
  expect(code).toBe(0);
  expect(stdout).toContain('6 steps in');
});

test('a run that was interrupted goes on, and comes out as one that was not', async () => {
  await cp(at('finished'), at('interrupted'), { recursive: true });
  await rm(at('interrupted', 'checkpoints', 'step-6'), { recursive: true });
  await rm(at('interrupted', 'checkpoints', 'best'), { recursive: true });
  const { code, stdout } = await pretrain('interrupted', '--continue');
  expect(code).toBe(0);
  expect(stdout).toContain('not finished: going on with it.');
  expect(stdout).toContain(`from ${at('interrupted', 'checkpoints', 'step-4')}`);
  const weights = (run: string) => readFile(at(run, 'final', 'model.safetensors'), 'latin1');
  expect(await weights('interrupted')).toBe(await weights('finished'));
});

test('a finished run is reported with a sample and the way to begin anew, and left as it is', async () => {
  const before = await contents(at('finished'));
  const { code, stdout } = await pretrain('finished', '--continue');
  expect(code).toBe(0);
  expect(stdout).toContain('finished after 6 steps.');
  const sample = await readFile(at('finished', 'samples', 'step-6.txt'), 'utf8');
  expect(stdout).toContain(`  │ ${sample.split('\n')[0]}`);
  expect(stdout).toContain('npm start -- --overwrite');
  expect(await contents(at('finished'))).toEqual(before);
});

test('without --max-iters, a run is finished where it was to end', async () => {
  const open = TINY.filter((flag, i) => flag !== '--max-iters' && TINY[i - 1] !== '--max-iters');
  const same = ['--data', at('data'), '--lr-decay-iters', '6', ...open];
  const { code, stdout } = await runAttune(['pretrain', ...same, '--out', at('finished'), '--continue']);
  expect([code, stdout]).toEqual([0, expect.stringContaining('finished after 6 steps.')]);
});

test('a run of other settings is left as it is, and the error names the flag', async () => {
  const before = await contents(at('finished'));
  const { code, stderr } = await pretrain('finished', '--continue', '--n-embd', '16', '--seed', '2');
  expect(code).toBe(2);
  expect(stderr).toContain('holds another run: its --n-embd is 8, not 16; its --seed is 1, not 2.');
  expect(stderr).toContain('--overwrite');
  expect(await contents(at('finished'))).toEqual(before);
});

test('a run of the embedded stories with another vocabulary is left as it is', async () => {
  await cp(at('finished'), at('earlier'), { recursive: true });
  await cp(at('data'), at('earlier', 'data'), { recursive: true });
  const config = await readFile(at('earlier', 'config.yaml'), 'utf8');
  await writeFile(at('earlier', 'config.yaml'), config.replace(/^data: .*\n/m, ''));
  const { code, stderr } = await runAttune(['pretrain', '--out', at('earlier'), ...TINY, '--continue']);
  expect(code).toBe(2);
  expect(stderr).toContain('its vocabulary has 15 tokens, as of another version, not 512');
});

test('with --overwrite, a run begins anew', async () => {
  await cp(at('finished'), at('again'), { recursive: true });
  const { code, stdout } = await pretrain('again', '--continue', '--overwrite', '--seed', '3');
  expect(code).toBe(0);
  expect(stdout).not.toContain('going on');
});
