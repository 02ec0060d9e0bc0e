import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runAttune, TEXT, TINY } from '../../testing/run-attune.js';

let folder: string;
const at = (...parts: string[]) => join(folder, ...parts);
const exporting = (...args: string[]) =>
  runAttune(['export', '--model', at('run'), '--backend', 'reference', ...args]);
const json = async (...path: string[]) => JSON.parse(await readFile(at(...path), 'utf8'));

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'attune-export-'));
  await writeFile(at('text.txt'), TEXT);
  await runAttune(['prepare', at('text.txt'), '--out', at('data')]);
  await runAttune(['pretrain', '--data', at('data'), '--out', at('run'), ...TINY, '--max-iters', '1']);
});
afterAll(() => rm(folder, { recursive: true }));

test('writes the folder of a model for transformers.js, and says how it was verified', async () => {
  const { code, stdout, stderr } = await exporting('--out', at('onnx'));
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^onnx\/model\.onnx {2}[\d.]+ KiB\n/);
  expect(stdout).toMatch(
    /tokenizer\.json .* \(char\)\nverified in onnxruntime: [\d,]+ logits differ by at most/,
  );
  expect((await readdir(at('onnx'))).sort()).toEqual(
    ['config.json', 'generation_config.json', 'onnx', 'tokenizer.json', 'tokenizer_config.json'].sort(),
  );
  expect(await json('onnx', 'config.json')).toMatchObject({
    model_type: 'gpt2',
    'transformers.js_config': { dtype: 'fp32' },
  });
  expect(await json('onnx', 'tokenizer_config.json')).toMatchObject({ model_max_length: 8 });
  // The characters of the text, by code point.
  expect((await json('onnx', 'tokenizer.json')).model.vocab).toMatchObject({ '\n': 0, ' ': 1, '.': 2, a: 3 });
});

test('for a program, as JSON', async () => {
  const { stdout } = await exporting('--out', at('half'), '--dtype', 'f16', '--json');
  const report = JSON.parse(stdout);
  expect(report).toMatchObject({ out: at('half'), format: 'onnx', dtype: 'f16', tokenizer: 'char' });
  expect(report.files).toEqual([{ name: 'onnx/model_fp16.onnx', bytes: expect.any(Number) }]);
  expect(report.verified.compared).toBeGreaterThan(0);
  expect(report.verified.maxDifference).toBeLessThan(1e-4);
});

test('says so when nothing was compared', async () => {
  const { stdout } = await exporting('--out', at('unverified'), '--no-verify');
  expect(stdout).toContain('not verified: --no-verify was given');
});

test('a model without a tokenizer is exported without one, and that is said', async () => {
  await cp(at('run', 'final'), at('mute'), { recursive: true });
  for (const file of ['meta.json', 'tokenizer.json', 'tokenizer_config.json']) await rm(at('mute', file));
  const { stdout } = await exporting('--model', at('mute'), '--out', at('mute-onnx'), '--no-verify');
  expect(stdout).toContain('no tokenizer: the model has none');
  expect(stdout).toContain('await AutoModelForCausalLM.from_pretrained(');
  expect((await readdir(at('mute-onnx'))).sort()).toEqual(['config.json', 'generation_config.json', 'onnx']);
});

test('an adapter is exported as a part of its model', async () => {
  await writeFile(at('rows.jsonl'), '{"text": "the cat"}\n{"text": "the dog"}\n');
  const settings = [
    '--max-iters',
    '2',
    '--batch-size',
    '2',
    '--learning-rate',
    '0.1',
    '--backend',
    'reference',
  ];
  const tuning = ['finetune', '--model', at('run'), '--data', at('rows.jsonl'), '--validation-fraction', '0'];
  expect((await runAttune([...tuning, '--out', at('tuned'), ...settings])).code).toBe(0);
  await exporting('--out', at('base'));
  await exporting('--out', at('added'), '--adapter', at('tuned'));
  const alone = await exporting('--model', at('tuned'), '--out', at('alone'));
  expect(alone.stdout).toContain('verified in onnxruntime');
  const weights = (folder: string) => readFile(at(folder, 'onnx', 'model.onnx'));
  expect(await weights('alone')).toEqual(await weights('added'));
  expect(await weights('alone')).not.toEqual(await weights('base'));
  expect((await readdir(at('alone'))).sort()).toEqual((await readdir(at('base'))).sort());
});

test('adapters are written beside a model that takes them as inputs, or by themselves', async () => {
  const report = JSON.parse(
    (await exporting('--adapter-inputs', at('tuned'), '--out', at('fed'), '--json')).stdout,
  );
  expect(report.files.map(({ name }: { name: string }) => name)).toEqual([
    'onnx/model.onnx',
    'adapters/tuned.safetensors',
  ]);
  expect(report.adapters).toEqual([{ name: 'tuned', verified: expect.any(Object) }]);
  // The adapter makes a difference: with it the largest logit is another one.
  expect(report.adapters[0].verified.maxLogit).not.toBe(report.verified.maxLogit);
  const file = at('tuned.safetensors');
  const alone = ['--model', at('tuned'), '--adapter-only', '--out', file];
  expect((await exporting(...alone)).stdout).toMatch(/^tuned\.safetensors {2}[\d.]+ \w+\n$/);
  expect(await readFile(file)).toEqual(await readFile(at('fed', 'adapters', 'tuned.safetensors')));
  const { code, stderr } = await exporting(...alone);
  expect([code, stderr]).toEqual([2, expect.stringMatching(/INVALID_CONFIG.*exists already.*--overwrite/)]);
});

test.each([
  [['--adapter-inputs', 'tuned', './tuned'], /INVALID_ARGUMENT: Two adapters have the name tuned/],
  [['--adapter-inputs', 'tuned', '--target-modules', 'c_fc'], /INVALID_ARGUMENT: .*attn\.c_attn/],
  [['--target-modules', 'q_proj'], /INVALID_CONFIG: .*"q_proj".*Linear layers are c_attn/],
  [['--adapter-only'], /INVALID_CONFIG: .*final is no adapter/],
  [['--adapter-only', '--target-modules', 'c_fc'], /INVALID_CONFIG: .*no model with inputs/],
])('%j is refused', async (args, message) => {
  const given = args.map((arg) => (/tuned$/.test(arg) ? at(arg) : arg));
  const { code, stderr } = await exporting(...given, '--out', at('refused'));
  expect(stderr).toMatch(message);
  expect(code).toBe(2);
  expect(await readdir(folder)).not.toContain('refused');
});

test('an earlier export is replaced only if that is asked for', async () => {
  const out = ['--out', at('twice'), '--no-verify'];
  await exporting(...out);
  const second = await exporting(...out);
  expect(second.stderr).toMatch(/INVALID_CONFIG.*already holds an exported model.*--overwrite/);
  expect(second.code).toBe(2);
  expect((await exporting(...out, '--overwrite')).code).toBe(0);
});

test.each([
  ['the folder of the model itself', () => at('run', 'final')],
  ['the folder of a run', () => at('run')],
])('%s is not overwritten', async (_, out) => {
  const before = await readdir(out());
  const { code, stderr } = await exporting('--out', out(), '--overwrite');
  expect(stderr).toMatch(/INVALID_CONFIG.*holds more than an exported model/);
  expect(code).toBe(2);
  expect(await readdir(out())).toEqual(before);
});

test.each([
  ['a model that is not there', ['--model', 'none', '--out', 'x'], 4, /FILE_NOT_FOUND/],
  [
    'a format that does not exist',
    ['--format', 'gguff', '--out', 'x'],
    2,
    /INVALID_CONFIG.*--format.*"onnx"/,
  ],
  ['a missing folder', [], 2, /--out <path> is missing/],
])('%s is refused', async (_, args, code, message) => {
  const finished = await exporting(...args.map((arg) => (arg === 'x' || arg === 'none' ? at(arg) : arg)));
  expect(finished.stderr).toMatch(message);
  expect(finished.code).toBe(code);
  expect(await readdir(folder)).not.toContain('x');
});
