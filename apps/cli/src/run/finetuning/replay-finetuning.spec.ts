import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { VerifyReport } from '@attune/runs';
import { runAttune } from '../../testing/run-attune.js';

const fixture = (path: string) =>
  fileURLToPath(
    new URL(`../../../../../packages/backend-testkit/fixtures/finetune_llama/${path}`, import.meta.url),
  );

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-verify-finetune-'));
  await cp(fixture('model'), at('base'), { recursive: true });
  await cp(fixture('rows.jsonl'), at('rows.jsonl'));
  const rows = ['good', 'bad', 'good', 'bad', 'bad'].map((label, i) => ({ text: `Tom has ${i}`, label }));
  await writeFile(at('labels.jsonl'), rows.map((row) => JSON.stringify(row)).join('\n'));
});
afterAll(() => rm(folder, { recursive: true }));

async function finetune(out: string, data: string, ...flags: string[]) {
  const { code, stderr } = await runAttune([
    ...['finetune', '--model', at('base'), '--data', at(data), '--out', at(out), '--backend', 'reference'],
    ...['--batch-size', '2', '--max-iters', '5', '--checkpoint-interval', '2', '--samples', '0', ...flags],
  ]);
  expect([code, stderr]).toEqual([0, '']);
}

async function verify(run: string, ...flags: string[]) {
  const { code, stdout, stderr } = await runAttune(['verify', at(run), '--json', ...flags]);
  return { code, stderr, report: stdout === '' ? undefined : (JSON.parse(stdout) as VerifyReport) };
}

test.each<[string, string, string[]]>([
  ['full', 'rows.jsonl', ['--method', 'full']],
  ['freeze', 'rows.jsonl', ['--method', 'freeze', '--freeze-layers', '1']],
  ['lora', 'rows.jsonl', ['--method', 'lora', '--lora-dropout', '0.2']],
  ['dora', 'rows.jsonl', ['--method', 'lora', '--use-dora', '--gradient-accumulation-steps', '2']],
  ['adapter', 'rows.jsonl', ['--method', 'lora', '--adapter', fixture('adapter')]],
  ['head', 'labels.jsonl', ['--method', 'head', '--validation-fraction', '0']],
])('steps of %s come out the same, from a checkpoint and from the beginning', async (run, data, flags) => {
  await finetune(run, data, ...flags);
  const same = { maxLossDifference: 0, maxGradNormDifference: 0, tolerance: 0, agrees: true };
  const fromCheckpoint = await verify(run, '--steps', '3');
  expect(fromCheckpoint.stderr).toBe('');
  expect(fromCheckpoint.report).toMatchObject({
    ...same,
    checkpoint: at(run, 'checkpoints', 'step-2'),
    firstStep: 3,
    lastStep: 5,
  });
  expect((await verify(run, '--from', '0')).report).toMatchObject({ ...same, firstStep: 1, lastStep: 5 });
});

test('a log that was changed does not agree', async () => {
  await cp(at('lora'), at('changed'), { recursive: true });
  const lines = (await readFile(at('lora', 'metrics.jsonl'), 'utf8')).trim().split('\n');
  const fourth = JSON.parse(lines[3]!) as { loss: number };
  lines[3] = JSON.stringify({ ...fourth, loss: fourth.loss + 0.01 });
  await writeFile(at('changed', 'metrics.jsonl'), `${lines.join('\n')}\n`);
  const { code, report } = await verify('changed', '--from', '2');
  expect(report).toMatchObject({ agrees: false, worstStep: 4, maxGradNormDifference: 0 });
  expect(code).toBe(4);
});

test('other data, another base model and another configuration are refused as resuming does', async () => {
  await writeFile(at('other.jsonl'), '{"prompt":"Tom has a ","completion":"kite"}\n');
  const otherData = await verify('lora', '--data', at('other.jsonl'));
  expect(otherData.stderr).toMatch(/CHECKPOINT_MISMATCH.*training data/);
  await cp(at('rows.jsonl'), at('moved.jsonl'));
  expect((await verify('lora', '--data', at('moved.jsonl'))).code).toBe(0);

  await cp(at('lora'), at('edited'), { recursive: true });
  const config = await readFile(at('edited', 'config.yaml'), 'utf8');
  await writeFile(at('edited', 'config.yaml'), config.replace(/^learningRate: .*$/m, 'learningRate: 0.5'));
  expect((await verify('edited', '--from', '2')).stderr).toMatch(/INVALID_CONFIG.*--learning-rate is 0.5/);

  await cp(at('full', 'final', 'model.safetensors'), at('base', 'model.safetensors'));
  expect((await verify('lora')).stderr).toMatch(/CHECKPOINT_MISMATCH.*weights of.*not those/);
});
