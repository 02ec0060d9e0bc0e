import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAttune, TEXT, TINY } from '../testing/run-attune.js';

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const attune = (...args: string[]) => runAttune(args, { env: { XDG_CACHE_HOME: at('cache') } });

const pairs = Array.from({ length: 8 }, (_, i) =>
  JSON.stringify({ prompt: 'the cat', completion: ` sat on the ${i % 2 ? 'mat' : 'log'}.` }),
);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-plan-'));
  await writeFile(at('text.txt'), TEXT);
  await writeFile(at('pairs.jsonl'), pairs.join('\n'));
  await attune('prepare', at('text.txt'), '--out', at('data'));
  await attune('pretrain', '--data', at('data'), '--out', at('run'), ...TINY, '--block-size', '32');
});
afterAll(() => rm(folder, { recursive: true }));

/** Names of all files, and those of the cache apart. */
const files = async () =>
  (await readdir(folder, { recursive: true })).filter((name) => !name.startsWith('cache')).sort();

interface PlanJson {
  readonly parameters: Record<'trained' | 'frozen', { readonly count: number; readonly bytes: number }>;
  readonly backends: readonly {
    readonly name: string;
    readonly chosen: boolean;
    readonly ops: readonly { readonly op: string; readonly support: string }[];
    readonly memory: {
      readonly resident: { readonly peak: number };
      readonly device: { readonly optimizer: number };
    };
    readonly time?: { readonly stepMs: number; readonly basis: string; readonly measuredAt?: string };
  }[];
  readonly microBatches: { readonly fitting: object };
}

async function planned(...args: string[]): Promise<PlanJson> {
  const before = await files();
  const { code, stdout, stderr } = await attune('plan', ...args, '--json');
  expect([code, stderr]).toEqual([0, '']);
  // Not a file but the times that are kept.
  expect(await files()).toEqual(before);
  return JSON.parse(stdout) as PlanJson;
}

test('pretraining: parameters, memory, time and ops by backend, and no file of a run', async () => {
  const flags = ['pretrain', '--data', at('data'), ...TINY, '--out', at('never')];
  const plan = await planned(...flags, '--calibrate', 'never');
  const { trained, frozen } = plan.parameters;
  expect(trained.bytes).toBe(4 * trained.count);
  expect(frozen.count).toBe(0);
  const [chosen, ...others] = plan.backends;
  expect(chosen).toMatchObject({ name: 'reference', chosen: true });
  expect(chosen).not.toHaveProperty('time');
  expect(others.map(({ name }) => name)).toContain('wasm');
  for (const { memory, ops } of plan.backends) {
    expect(memory.device.optimizer).toBe(2 * trained.bytes);
    expect(memory.resident.peak).toBeGreaterThan(20e6);
    expect(ops.every(({ support }) => support !== 'missing')).toBe(true);
  }
  expect(plan.microBatches.fitting).toEqual({
    ...{ batchSize: 2, gradientAccumulationSteps: 1, gradientCheckpointing: false },
  });
});

test('the time of a step is measured once and kept, unless it is to be measured again', async () => {
  const flags = ['pretrain', '--data', at('data'), ...TINY, '--only-chosen'];
  const time = async (...more: string[]) => (await planned(...flags, ...more)).backends[0]!.time!;
  const first = await time();
  expect(first.basis).toBe('measured');
  expect(first).not.toHaveProperty('measuredAt');
  const kept = { stepMs: first.stepMs, measuredAt: expect.any(String) };
  expect(await time()).toMatchObject(kept);
  expect(await time('--calibrate', 'never')).toMatchObject(kept);
  expect(await time('--calibrate', 'always')).not.toHaveProperty('measuredAt');
});

test.each([
  ['full', [], 1],
  ['freeze', ['--freeze-layers', '1'], 0.1],
  ['lora', ['--lora-rank', '2'], 0.6],
] as const)('fine-tuning with --method %s', async (method, more, share) => {
  const model = ['finetune', '--model', at('run'), '--data', at('pairs.jsonl'), '--backend', 'reference'];
  const how = ['--method', method, ...more, '--only-chosen', '--calibrate', 'never'];
  const { parameters, backends } = await planned(...model, ...how);
  const { trained, frozen } = parameters;
  expect(trained.count).toBeGreaterThan(0);
  expect(trained.count / (trained.count + frozen.count)).toBeLessThanOrEqual(share);
  expect(backends[0]!.memory.device.optimizer).toBe(2 * trained.bytes);
});

test('for people: the summary, and with --ops every op', async () => {
  const flags = ['pretrain', '--data', at('data'), ...TINY, '--only-chosen'];
  const { code, stdout } = await attune('plan', ...flags, '--ops');
  expect(code).toBe(0);
  expect(stdout).toMatch(/✓ reference \(chosen\) +peak \d+ MiB; [\d.]+ m?s a step, measured/);
  expect(stdout).toMatch(/peak +\d+ MiB of .* available: fits/);
  expect(stdout).toContain('--batch-size 2 --gradient-accumulation-steps 1 fits');
  expect(stdout).toMatch(/softmaxCrossEntropyGrad +0 +1 +0 +native/);
  expect((await attune('plan', ...flags)).stdout).toMatch(/ops of a step: \d+ kinds \(--ops lists each\)/);
});

test('a run that is over is compared with its plan, and left as it is', async () => {
  const record = JSON.parse(await readFile(at('run', 'run.json'), 'utf8')) as {
    sessions: { peakBytes: number }[];
  };
  const before = await files();
  const { code, stdout } = await attune('plan', '--check', at('run'), '--json');
  expect(code).toBe(0);
  expect(await files()).toEqual(before);
  const checked = JSON.parse(stdout) as {
    peakBytes: { predicted: number; measured: number; error: number };
    stepMs: { measured: number };
    steps: number;
    otherDevice: null;
  };
  const { measured, predicted, error } = checked.peakBytes;
  expect(measured).toBe(record.sessions[0]!.peakBytes);
  expect(error).toBeCloseTo(predicted / measured - 1, 9);
  expect(checked).toMatchObject({ steps: 5, otherDevice: null });
  expect((await attune('plan', '--check', at('run'))).stdout).toMatch(
    /median step +predicted .*, of 5 steps/,
  );
});

test('a run of an older version has no peak; one of another device is told apart', async () => {
  const path = at('run', 'run.json');
  const text = await readFile(path, 'utf8');
  const record = JSON.parse(text) as { sessions: { peakBytes?: number; backend: { device: string } }[] };
  delete record.sessions[0]!.peakBytes;
  record.sessions[0]!.backend.device = 'another one';
  await writeFile(path, JSON.stringify(record));
  const { stdout } = await attune('plan', '--check', at('run'));
  expect(stdout).toContain('the run did not record it');
  expect(stdout).toContain('another one');
  await writeFile(path, text);
});

test.each([
  [[], 'INVALID_CONFIG', 'Write attune plan pretrain or attune plan finetune'],
  [['fintune'], 'UNKNOWN_KEY', 'Did you mean "finetune"?'],
  [['pretrain', '--bach-size', '2'], 'UNKNOWN_KEY', 'Did you mean "--batch-size"?'],
  [['--check', 'nowhere'], 'FILE_NOT_FOUND', 'There is no run in nowhere'],
])('attune plan %j: %s', async (args, code, message) => {
  const { stderr, code: exit } = await attune('plan', ...args);
  expect(exit).not.toBe(0);
  expect(stderr).toContain(code);
  expect(stderr).toContain(message);
});
