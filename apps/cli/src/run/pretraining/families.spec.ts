import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { causalLmFamilies, initializeParameters } from '@attune/nn';
import { runAttune, TEXT, TINY } from '../../testing/run-attune.js';

interface Step {
  readonly loss: number;
  readonly gradNorm: number;
}

/** Computed by transformers and PyTorch: see tools/reference/pretraining.py. */
interface Reference {
  readonly tokens: readonly number[];
  readonly families: Readonly<
    Record<
      string,
      {
        readonly steps: readonly Step[];
        readonly initial: Readonly<Record<string, { readonly mean: number; readonly std: number }>>;
      }
    >
  >;
}

const fixture = new URL(
  '../../../../../packages/backend-testkit/fixtures/pretraining/case.json',
  import.meta.url,
);
let reference: Reference;
let folder: string;
const at = (...names: string[]) => join(folder, ...names);
const attune = async (...args: string[]) => {
  const { code, stdout, stderr } = await runAttune(args);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
};
const metrics = async (run: string): Promise<Step[]> =>
  (await readFile(at(run, 'metrics.jsonl'), 'utf8'))
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Step);

beforeAll(async () => {
  reference = JSON.parse(await readFile(fileURLToPath(fixture), 'utf8')) as Reference;
  folder = await mkdtemp(join(tmpdir(), 'attune-families-'));
  await mkdir(at('tokens'));
  for (const part of ['train.bin', 'val.bin']) {
    await writeFile(at('tokens', part), Uint16Array.from(reference.tokens));
  }
  await writeFile(
    at('tokens', 'meta.json'),
    JSON.stringify({ dtype: 'uint16', vocabSize: 65, tokenizer: null }),
  );
  await writeFile(at('text.txt'), TEXT);
  await attune('prepare', at('text.txt'), '--out', at('data'));
});
afterAll(() => rm(folder, { recursive: true }));

const sizes = { vocabSize: 65, blockSize: 16, nLayer: 2, nHead: 4, nEmbd: 32 };
const parts = { gpt2: {}, llama: { nKvHead: 2, intermediateSize: 96 } };
const families = Object.values(causalLmFamilies);

describe.each(families)('$name', ({ name, architecture, model }) => {
  test('trained from the first weights, it has the losses and norms that transformers has', async () => {
    await attune(
      ...['pretrain', '--family', name, '--data', at('tokens'), '--out', at(name), '--backend', 'reference'],
      ...['--block-size', '16', '--n-layer', '2', '--n-head', '4', '--n-embd', '32'],
      ...(architecture === 'llama' ? ['--n-kv-head', '2', '--intermediate-size', '96'] : ['--bias', 'true']),
      ...['--batch-size', '4', '--sampling', 'sequential', '--max-iters', '5'],
      ...['--learning-rate', '1e-2', '--min-lr', '1e-2', '--warmup-iters', '0'],
    );
    const steps = await metrics(name);
    const expected = reference.families[name]!.steps;
    expect(steps).toHaveLength(expected.length);
    for (const [i, { loss, gradNorm }] of expected.entries()) {
      expect(Math.abs(steps[i]!.loss - loss)).toBeLessThan(1e-5);
      expect(Math.abs(steps[i]!.gradNorm / gradNorm - 1)).toBeLessThan(1e-4);
    }
  });

  test('its first weights are drawn as transformers draws them', () => {
    const drawn = initializeParameters(model({ ...sizes, ...parts[architecture] } as never), 1);
    const initial = Object.entries(reference.families[name]!.initial);
    expect(initial.length).toBeGreaterThan(8);
    for (const [key, { std }] of initial) {
      const { data } = drawn[key]!;
      const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
      const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
      // Five standard errors of either deviation, and of the mean.
      expect(Math.abs(Math.sqrt(variance) / std - 1)).toBeLessThan(5 / Math.sqrt(data.length));
      expect(Math.abs(mean)).toBeLessThan((5 * std) / Math.sqrt(data.length));
    }
  });
});

test('a run of another family is sampled, resumed, verified, evaluated, used, exported and gone on with', async () => {
  const shape = ['--family', 'qwen3', '--n-kv-head', '1', '--head-dim', '6', '--tie-embeddings', 'true'];
  const begin = ['pretrain', ...TINY, ...shape, '--dropout', '0.1', '--data', at('data')];
  const whole = await attune(...begin, '--out', at('whole'));
  expect(whole).toContain('model    Qwen3, ');
  await attune(...begin, '--out', at('halves'), '--max-iters', '3', '--lr-decay-iters', '6');
  await attune('pretrain', '--resume', at('halves'), '--max-iters', '6');
  const losses = async (run: string) => (await metrics(run)).map(({ loss }) => loss);
  expect(await losses('halves')).toEqual(await losses('whole'));
  await attune('verify', at('whole'));
  await attune('generate', '--model', at('whole'), '--backend', 'reference', '--max-new-tokens', '4');
  await attune('evaluate', '--model', at('whole'), '--data', at('data'), '--backend', 'reference');
  await attune('export', '--model', at('whole'), '--backend', 'reference', '--out', at('onnx'));
  expect(await readdir(at('onnx', 'onnx'))).toContain('model.onnx');
  const config = JSON.parse(await readFile(at('whole', 'final', 'config.json'), 'utf8')) as object;
  expect(config).toMatchObject({ model_type: 'qwen3', num_key_value_heads: 1, head_dim: 6 });
  const next = ['pretrain', '--backend', 'reference', '--init-from', at('whole'), '--data', at('data')];
  const more = await attune(...next, '--out', at('more'), '--max-iters', '2', '--batch-size', '2');
  expect(more).toContain('Qwen3, ');
  expect(await readFile(at('more', 'config.yaml'), 'utf8')).toContain('family: qwen3');
});
