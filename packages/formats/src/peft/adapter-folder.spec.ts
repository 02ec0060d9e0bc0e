import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  gradients,
  GraphBuilder,
  hostTensor,
  item,
  scalar,
  type HostTensor,
  type HostTensors,
  type Program,
} from '@attune/core';
import { backend as reference } from '@attune/backend-reference';
import {
  adamW,
  clipByGlobalNorm,
  crossEntropy,
  globalNorm,
  gpt2,
  loraLayers,
  mergeLora,
  type Gpt2Config,
  type Gpt2Model,
} from '@attune/nn';
import { adapterNames } from './index.js';
import { readTensors } from '../safetensors/tensor-reader.js';
import { readModelFolder, readSafetensors } from '../node/index.js';
import { readAdapterFolder, writeAdapterFolder } from '../node/index.js';

const fixture = (path: string) =>
  fileURLToPath(new URL(`../../../backend-testkit/fixtures/${path}`, import.meta.url));
const CASES = ['peft_lora', 'peft_rslora', 'peft_dora', 'peft_saved'];

interface Case {
  readonly optimizer: {
    learningRate: number;
    beta1: number;
    beta2: number;
    eps: number;
    weightDecay: number;
  };
  readonly gradClip: number;
  readonly steps: readonly { readonly loss: number; readonly gradNorm: number }[];
}

let folder: string;
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'attune-peft-'))));
afterEach(() => rm(folder, { recursive: true }));

/** The base model of the fixtures with an adapter over it, and the tensors of both. */
async function open(path: string) {
  const base = await readModelFolder(fixture('hf_gpt2_tiny/model'), { dropout: 0 });
  const model = gpt2(base.config as Gpt2Config);
  const parameters = await readTensors(base.tensors);
  await base.tensors.close();
  const { config, tensors } = await readAdapterFolder(path, model);
  return { model, config, tensors: { ...parameters, ...tensors }, adapter: tensors };
}

/** Element `index` of tensors whose first axis counts. */
function at(tensors: HostTensors, index: number): HostTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, { dtype, shape, data }]) => {
      const size = data.length / shape[0]!;
      return [name, hostTensor(dtype, shape.slice(1), data.slice(index * size, (index + 1) * size))];
    }),
  );
}

async function logitsOf(model: Gpt2Model, tensors: HostTensors, x: HostTensor): Promise<HostTensor> {
  const g = new GraphBuilder('logits');
  g.output('logits', model.eval().forward(g, { x: g.feed('x', x) }).logits);
  const program = g.build();
  const backend = await reference.create();
  const state = await backend.allocate(program.state);
  await state.write(Object.fromEntries(Object.keys(program.state).map((name) => [name, tensors[name]!])));
  const executable = await backend.compile(program, state);
  const { logits } = await executable.run({ x });
  await backend.dispose();
  return logits!;
}

/** A step as the fixtures take it: AdamW on what is trained, under a clipped gradient. */
function stepProgram(model: Gpt2Model, { optimizer, gradClip }: Case, batch: HostTensors): Program {
  const { learningRate, beta1, beta2, eps: epsilon, weightDecay } = optimizer;
  const rule = adamW({ learningRate, beta1, beta2, epsilon, weightDecay });
  const g = new GraphBuilder('train');
  const fields = Object.fromEntries(Object.entries(batch).map(([name, spec]) => [name, g.feed(name, spec)]));
  const { numerator, count } = crossEntropy().build(g, model.train().forward(g, fields), fields);
  const loss = g.div(numerator, count);
  const trained = model.parameters.filter(({ trainable }) => trainable);
  const values = trained.map((parameter) => g.state(parameter.name, parameter));
  const grads = gradients(g, loss, values);
  const norm = globalNorm(g, grads);
  const clipped = clipByGlobalNorm(g, grads, norm, gradClip);
  const scalars = Object.fromEntries(
    Object.keys(rule.scalars(0)).map((name) => [name, g.feed(name, { shape: [], dtype: 'f32' })]),
  );
  trained.forEach((parameter, i) => {
    const slots = Object.fromEntries(
      Object.entries(rule.slots(parameter)).map(([name, spec]) => [name, g.state(name, spec)]),
    );
    const next = rule.update(g, parameter, values[i]!, clipped[i]!, slots, scalars);
    g.update(parameter.name, next.value);
    for (const [name, slot] of Object.entries(next.slots)) g.update(name, slot);
  });
  g.output('loss', loss);
  g.output('gradNorm', norm);
  return g.build();
}

const largestDifference = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));

test.each(CASES)('%s: logits are peft’s, and merged they stay', async (name) => {
  const { model, tensors } = await open(fixture(`${name}/adapter`));
  const { x } = at(await readSafetensors(fixture(`${name}/batches.safetensors`)), 0);
  const { logits: expected } = await readSafetensors(fixture(`${name}/logits.safetensors`));
  const logits = await logitsOf(model, tensors, x!);
  expect(largestDifference(logits.data, expected!.data)).toBeLessThan(1e-5);
  const merged = await logitsOf(gpt2(model.config), mergeLora(model, tensors), x!);
  expect(largestDifference(merged.data, expected!.data)).toBeLessThan(1e-5);
});

test.each(CASES)('%s: ten steps of training go as in peft', async (name) => {
  const pinned = JSON.parse(await readFile(fixture(`${name}/case.json`), 'utf8')) as Case;
  const batches = await readSafetensors(fixture(`${name}/batches.safetensors`));
  const { model, tensors } = await open(fixture(`${name}/adapter`));
  const program = stepProgram(model, pinned, at(batches, 0));
  const backend = await reference.create();
  const state = await backend.allocate(program.state);
  await state.write(
    Object.fromEntries(Object.entries(tensors).filter(([key]) => Object.hasOwn(program.state, key))),
  );
  const executable = await backend.compile(program, state);
  const { learningRate, beta1, beta2 } = pinned.optimizer;
  const rule = adamW({ learningRate, beta1, beta2 });
  for (const [step, expected] of pinned.steps.entries()) {
    const scalars = Object.entries(rule.scalars(step)).map(([key, value]) => [key, scalar(value)] as const);
    const outputs = await executable.run({ ...at(batches, step), ...Object.fromEntries(scalars) });
    expect(Math.abs(item(outputs['loss']) - expected.loss)).toBeLessThan(1e-5);
    expect(item(outputs['gradNorm']) / expected.gradNorm).toBeCloseTo(1, 4);
  }
  const after = await readSafetensors(fixture(`${name}/after.safetensors`));
  expect([...adapterNames(model).values()].sort()).toEqual(Object.keys(after).sort());
  for (const [own, peft] of adapterNames(model)) {
    const { data } = (await state.read([own]))[own]!;
    const expected = after[peft]!.data;
    const largest = Math.max(...Array.from(expected, Math.abs));
    const compare = (begin: number, end: number) =>
      expect(largestDifference(data.slice(begin, end), expected.slice(begin, end)) / largest).toBeLessThan(
        1e-4,
      );
    // Softmax does not see the keys' bias: its gradient is noise, which Adam turns into steps.
    const third = data.length / 3;
    if (own.endsWith('c_attn.bias')) {
      compare(0, third);
      compare(2 * third, data.length);
    } else compare(0, data.length);
  }
  await backend.dispose();
});

test.each(CASES)('%s: what is written is what peft wrote', async (name) => {
  const path = fixture(`${name}/adapter`);
  const { model, config, adapter } = await open(path);
  await writeAdapterFolder(folder, { model, ...config, taskType: 'CAUSAL_LM', tensors: adapter });
  const file = 'adapter_model.safetensors';
  expect(await readSafetensors(join(folder, file))).toEqual(await readSafetensors(join(path, file)));
  const [written, original] = await Promise.all(
    [folder, path].map(async (one) => JSON.parse(await readFile(join(one, 'adapter_config.json'), 'utf8'))),
  );
  // peft keeps a regular expression, where the layers that it fits are as good.
  const { target_modules: targets, ...rest } = written;
  expect(original).toMatchObject(rest);
  expect(targets.length).toBeGreaterThan(0);
  const again = await open(folder);
  expect([...loraLayers(again.model).keys()]).toEqual([...loraLayers(model).keys()]);
});

describe('an adapter that does not fit', () => {
  const change = async (values: object) => {
    await cp(fixture('peft_lora/adapter'), folder, { recursive: true });
    const path = join(folder, 'adapter_config.json');
    await writeFile(path, JSON.stringify({ ...JSON.parse(await readFile(path, 'utf8')), ...values }));
    return open(folder);
  };

  test.each<[string, object, string, string]>([
    ['another method', { peft_type: 'IA3' }, 'UNSUPPORTED_MODEL', 'peft_type is "IA3"'],
    ['ranks by layer', { rank_pattern: { c_fc: 2 } }, 'UNSUPPORTED_MODEL', 'rank_pattern is {"c_fc":2}'],
    ['a key of a later peft', { use_more: true }, 'UNSUPPORTED_MODEL', 'use_more is true'],
    ['rank 0', { r: 0 }, 'INVALID_CONFIG', 'rank must be a positive integer'],
    ['another rank', { r: 3 }, 'CHECKPOINT_MISMATCH', 'is f32[4, 16] instead of f32[3, 16]'],
    ['layers of another family', { target_modules: ['q_proj'] }, 'CHECKPOINT_MISMATCH', '"q_proj"'],
    ['fewer layers', { target_modules: ['c_fc'] }, 'CHECKPOINT_MISMATCH', 'is unexpected'],
    ['more layers', { target_modules: ['c_fc', 'c_attn', 'c_proj'] }, 'CHECKPOINT_MISMATCH', 'is missing'],
    [
      'targets that are numbers',
      { target_modules: 5 },
      'FILE_CORRUPT',
      'target_modules must be names or a pattern',
    ],
    ['a pattern that fits nothing', { target_modules: '(a+)+' }, 'CHECKPOINT_MISMATCH', 'no module fits'],
    ['a broken pattern', { target_modules: '(' }, 'UNSUPPORTED_MODEL', '"(" is no regular expression'],
    ['a pattern of Python alone', { target_modules: '(.)\\1' }, 'UNSUPPORTED_MODEL', 'a back reference, \\1'],
    ['an embedding', { target_modules: ['c_attn', 'wte'] }, 'UNSUPPORTED_MODEL', 'it adapts the embedding'],
    ['KaSA by default', { kasa_config: {} }, 'UNSUPPORTED_MODEL', 'kasa_config is {}'],
    ...['pissa', 'pissa_niter_4', 'olora', 'OLoRA', 'corda', 'loftq', 'lora_ga'].map(
      (init): [string, object, string, string] => [
        `a base that was changed by ${init}`,
        { init_lora_weights: init },
        'UNSUPPORTED_MODEL',
        `init_lora_weights is "${init}": it took the first factors out of the weights of the base model`,
      ],
    ),
    ['one factor frozen', { init_lora_weights: 'mica' }, 'UNSUPPORTED_MODEL', 'trains one of the two'],
    ['an unknown beginning', { init_lora_weights: 'new' }, 'UNSUPPORTED_MODEL', 'init_lora_weights is "new"'],
    ['two lists of layers', { layers_pattern: ['h', 'g'] }, 'UNSUPPORTED_MODEL', 'layers_pattern must be'],
    ['layers that are names', { layers_to_transform: ['h'] }, 'FILE_CORRUPT', 'layers_to_transform must be'],
  ])('%s is refused', async (_, values, code, message) => {
    await expect(change(values)).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test.each([
    ['pissa', /saved before its training\. Or merge it there/],
    ['olora', /saved before its training\. Or merge it there/],
    [
      'pissa_niter_4',
      /saved before its training\. Without that, peft itself comes only near to what was trained/,
    ],
  ])('the way out of %s is as exact as it says', async (init, fix) => {
    await expect(change({ init_lora_weights: init })).rejects.toThrow(fix);
  });

  test.each<[string, object]>([
    ['unknown keys that ask for nothing', { use_more: null, more: {} }],
    ...[false, null, 'gaussian', 'Gaussian', 'eva', 'orthogonal'].map((init): [string, object] => [
      `factors that began as ${init}`,
      { init_lora_weights: init },
    ]),
    ['the settings of how they began', { eva_config: { rho: 1 }, init_lora_weights: 'eva' }],
    ['settings of peft at run time', { runtime_config: { ephemeral_gpu_offload: true } }],
    ['weights to keep tied, where none are touched', { ensure_weight_tying: true }],
    ['a pattern that backtracks without end', { target_modules: '(.*.*)*(c_attn|c_fc)' }],
  ])('%s: fine', async (_, values) => {
    await expect(change(values)).resolves.toBeDefined();
  });
});
