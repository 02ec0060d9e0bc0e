import { mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAttune } from '../../testing/run-attune.js';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);

const HOSTILE = '</pre><script>alert(1)</script>\u001b[2J\u202e';

/** Writes a run as training leaves it behind. */
async function writeRun(name: string, learningRate: number, more: object = {}): Promise<void> {
  await mkdir(at(name, 'samples'), { recursive: true });
  const config = `seed: 1\nlearningRate: ${learningRate}\ndata: ${JSON.stringify(HOSTILE)}\n`;
  await writeFile(at(name, 'config.yaml'), config);
  const steps = Array.from({ length: 100 }, (_, i) => ({
    ...{ step: i + 1, epoch: 0, loss: 4 - (i * learningRate) / 2, lr: learningRate, gradNorm: 1 + (i % 7) },
    ...{ tokens: 10 * (i + 1), tokensPerSecond: 100, stepMs: 10 },
    ...((i + 1) % 50 === 0 && { valLoss: 4.5 - i * learningRate, perplexity: null }),
    ...more,
  }));
  await writeFile(at(name, 'metrics.jsonl'), steps.map((step) => `${JSON.stringify(step)}\n`).join(''));
  await writeFile(at(name, 'samples', 'step-50.txt'), `the cat ${HOSTILE}\n`);
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-watching-'));
  await writeRun('a', 0.01);
  await writeRun('b', 0.02, { [HOSTILE]: 1 });
});
afterAll(() => rm(folder, { recursive: true }));

test('a report is a page beside the run, and a plot in the terminal', async () => {
  const { code, stdout, stderr } = await runAttune(['report', at('a')]);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout).toContain('validation loss    3.5100, after step 100');
  expect(stdout).toMatch(/[⠀-⣿]{5}/);
  expect(stdout.split('\n').every((line) => line.length < 80 || line.includes(folder))).toBe(true);
  const page = await readFile(at('a', 'report.html'), 'utf8');
  expect(page).toContain("default-src 'none'");
  expect(page).toContain('the cat &lt;/pre&gt;');
  expect(page).toContain('attune pretrain --config config.yaml');
  expect(page).not.toMatch(/<script|\u001b|\u202e/);
  // Written again, it takes its own place.
  expect((await runAttune(['report', at('a')])).code).toBe(0);
});

test('a report names the files that it could not read', async () => {
  await writeRun('damaged', 0.01);
  await writeFile(at('damaged', 'config.yaml'), 'seed: [1');
  await writeFile(at('damaged', 'run.json'), '{');
  expect((await runAttune(['report', at('damaged')])).code).toBe(0);
  const page = await readFile(at('damaged', 'report.html'), 'utf8');
  expect(page).toContain('Not shown, since missing or damaged: config.yaml and run.json.');
});

test('--terminal writes nothing, and --json says it to a program', async () => {
  const before = await readdir(at('b'));
  expect((await runAttune(['report', at('b'), '--terminal'])).stdout).not.toContain('The report is in');
  const { stdout } = await runAttune(['report', at('b'), '--terminal', '--json']);
  expect(JSON.parse(stdout)).toMatchObject({ steps: 100, page: null, lowestValLoss: { step: 100 } });
  expect(await readdir(at('b'))).toEqual(before);
});

test('runs are compared by the settings that differ', async () => {
  const { code, stdout } = await runAttune(['compare', at('a'), at('b'), '--out', at('both.html')]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^learningRate +0\.01 +0\.02$/m);
  expect(stdout).not.toMatch(/^seed/m);
  expect(stdout).toMatch(/^validation loss +3\.5100 +2\.5200$/m);
  expect(await readFile(at('both.html'), 'utf8')).not.toMatch(/<script|\u001b|\u202e/);
  const json = JSON.parse((await runAttune(['compare', at('a'), at('b'), '--json'])).stdout) as object;
  expect(json).toMatchObject({ settings: [{ name: 'learningRate', values: [0.01, 0.02] }] });
});

test('what is not ours is neither read nor replaced', async () => {
  await writeFile(at('notes.html'), 'mine');
  await mkdir(at('link'));
  await writeFile(at('link', 'config.yaml'), 'seed: 1\n');
  await symlink(at('a', 'metrics.jsonl'), at('link', 'metrics.jsonl'));
  await mkdir(at('sample'));
  await writeFile(at('sample', 'config.yaml'), 'seed: 1\n');
  await mkdir(at('sample', 'samples'));
  await symlink(at('notes.html'), at('sample', 'samples', 'step-1.txt'));
  expect(await runAttune(['report', at('sample')])).toMatchObject({ code: 0 });
  expect(await readFile(at('sample', 'report.html'), 'utf8')).not.toContain('mine');
  for (const [args, said] of [
    [['report', at('a'), '--out', at('notes.html')], 'is not a page of attune report'],
    [['compare', at('a'), at('b'), '--out', at('notes.html')], 'is not a page of attune compare'],
    [['logs', at('a'), '--out', at('notes.html')], 'is not a log of attune'],
    [['report', at('link')], 'is a link'],
    [['compare', at('a')], '2 to 20 runs'],
    [['report', at('nowhere')], 'There is no run'],
  ] as const) {
    const { code, stderr } = await runAttune(args);
    expect(stderr).toContain(said);
    expect(code).not.toBe(0);
  }
  expect(await readFile(at('notes.html'), 'utf8')).toBe('mine');
});

test('a log becomes a table or event files', async () => {
  const { stdout } = await runAttune(['logs', at('a')]);
  expect(stdout.split('\r\n')).toHaveLength(1 + 100 + 1);
  await runAttune(['logs', at('a'), '--out', at('a.csv')]);
  expect(await readFile(at('a.csv'), 'utf8')).toBe(stdout);
  expect((await runAttune(['logs', at('a'), '--format', 'tensorboard'])).stdout).toContain(
    'tensorboard --logdir',
  );
  await runAttune(['logs', at('a'), '--format', 'tensorboard']);
  expect(await readdir(at('a', 'tensorboard'))).toHaveLength(1);
});
