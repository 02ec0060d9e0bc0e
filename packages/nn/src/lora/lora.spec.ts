import {
  GraphBuilder,
  hostTensor,
  interpret,
  NdArray,
  Random,
  type HostTensor,
  type HostTensors,
} from '@attune/core';
import { initializeParameters } from '../init/initialize.js';
import { gpt2 } from '../models/gpt2/model.js';
import { applyLora, loraLayers } from './apply-lora.js';
import type { LoraOptions } from './config.js';
import { columnNorms, mergeLora } from './merge.js';

const shape = { vocabSize: 11, blockSize: 6, nLayer: 2, nHead: 2, nEmbd: 8 };
const base = () => gpt2(shape);
const x = hostTensor('i32', [2, 6], [1, 5, 2, 9, 10, 0, 3, 3, 4, 7, 8, 6]);

function logits(model: ReturnType<typeof base>, state: HostTensors): number[] {
  const g = new GraphBuilder('logits');
  g.output('logits', model.eval().forward(g, { x: g.feed('x', x) }).logits);
  const program = g.build();
  const array = ({ shape: size, dtype, data }: HostTensor) => new NdArray(size, dtype, data);
  const used = Object.keys(program.state).map((name) => [name, array(state[name]!)]);
  const inputs = { feeds: { x: array(x) }, state: Object.fromEntries(used) as Record<string, NdArray> };
  return [...(interpret(program, inputs, 'f64').outputs['logits']!.data as Float64Array)];
}

/** A model with adapters whose B is not zero, as after some steps. */
function adapted(options: LoraOptions) {
  const model = base();
  applyLora(model, options);
  const tensors: Record<string, HostTensors[string]> = { ...initializeParameters(model, 1) };
  Object.assign(tensors, columnNorms(model, tensors));
  const random = new Random(7);
  for (const { lora_B, lora_magnitude_vector: magnitudes } of loraLayers(model).values()) {
    const { name, shape: size } = lora_B.weight;
    tensors[name] = hostTensor('f32', size, random.fillNormal(new Float32Array(size[0]! * size[1]!), 0.5));
    if (magnitudes) {
      tensors[magnitudes.name] = hostTensor(
        'f32',
        magnitudes.shape,
        (tensors[magnitudes.name]!.data as Float32Array).map((length, i) => length * (1 + (i % 3))),
      );
    }
  }
  return { model, tensors };
}

test('names are those of peft, and nothing but the factors is trained', () => {
  const model = base();
  applyLora(model, { targetModules: ['c_attn'], rank: 4 });
  expect(
    model.parameters.filter(({ trainable }) => trainable).map(({ name, shape: s }) => [name, s]),
  ).toEqual([
    ['transformer.h.0.attn.c_attn.lora_A.weight', [4, 8]],
    ['transformer.h.0.attn.c_attn.lora_B.weight', [24, 4]],
    ['transformer.h.1.attn.c_attn.lora_A.weight', [4, 8]],
    ['transformer.h.1.attn.c_attn.lora_B.weight', [24, 4]],
  ]);
  const untouched = base().parameters.map(({ name }) => name);
  expect(model.parameters.map(({ name }) => name)).toEqual(expect.arrayContaining(untouched));
});

test.each([false, true])('at first nothing changes (DoRA: %s)', (useDora) => {
  const model = base();
  const before = initializeParameters(model, 1);
  const expected = logits(model, before);
  applyLora(model, { targetModules: 'all-linear', rank: 2, useDora });
  const tensors = { ...initializeParameters(model, 1), ...before };
  Object.assign(tensors, columnNorms(model, tensors));
  logits(model, tensors).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, useDora ? 6 : 12));
});

test.each<LoraOptions>([
  { targetModules: ['c_attn', 'c_fc'], rank: 3, alpha: 6 },
  { targetModules: ['c_attn'], rank: 4, alpha: 6, useRslora: true },
  { targetModules: 'all-linear', rank: 2, alpha: 4, useDora: true },
])('merged, the model computes the same: %j', (options) => {
  const { model, tensors } = adapted(options);
  const expected = logits(model, tensors);
  const merged = mergeLora(model, tensors);
  expect(Object.keys(merged).sort()).toEqual(
    base()
      .parameters.map(({ name }) => name)
      .sort(),
  );
  logits(base(), merged).forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 5));
});

test('modules to save and biases are trained whole', () => {
  const model = base();
  applyLora(model, { targetModules: ['c_attn'], modulesToSave: ['ln_f'], bias: 'lora_only' });
  const others = model.parameters.filter(({ name, trainable }) => trainable && !name.includes('lora_'));
  expect(others.map(({ name }) => name)).toEqual([
    'transformer.h.0.attn.c_attn.bias',
    'transformer.h.1.attn.c_attn.bias',
    'transformer.ln_f.weight',
    'transformer.ln_f.bias',
  ]);
});

test('modules to save are found by the end of their path, as peft finds them', () => {
  const model = base();
  applyLora(model, { targetModules: ['c_attn'], modulesToSave: ['_f', 'h.1.ln_1'] });
  const saved = model.parameters.filter(({ name, trainable }) => trainable && !name.includes('lora_'));
  expect(saved.map(({ name }) => name)).toEqual([
    'transformer.h.1.ln_1.weight',
    'transformer.h.1.ln_1.bias',
    'transformer.ln_f.weight',
    'transformer.ln_f.bias',
  ]);
});

test.each<[string, LoraOptions, string]>([
  ['rank 0', { targetModules: ['c_attn'], rank: 0 }, 'rank must be a positive integer, but is 0'],
  [
    'a dropout out of a file that cannot be compared',
    { targetModules: ['c_attn'], dropout: { toString: 1 } as unknown as number },
    'dropout must be in [0, 1)',
  ],
  ['a target that is not there', { targetModules: ['q_proj'] }, 'No module of the model is named "q_proj"'],
  ['a target that is not linear', { targetModules: ['wte'] }, '"wte" of targetModules is no linear layer'],
  ['a tied head', { targetModules: ['c_attn'], modulesToSave: ['lm_head'] }, 'shares its weight'],
  ['both at once', { targetModules: ['c_fc'], modulesToSave: ['mlp'] }, 'among both'],
])('%s is refused, with the layers there are', (_, options, message) => {
  expect(() => applyLora(base(), options)).toThrow(
    expect.objectContaining({ code: 'INVALID_CONFIG', message: expect.stringContaining(message) }),
  );
});
