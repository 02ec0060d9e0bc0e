import {
  GraphBuilder,
  hostTensor,
  interpret,
  NdArray,
  opNodes,
  Random,
  type ForwardOptions,
  type HostTensor,
  type HostTensors,
} from '@attune/core';
import { initializeParameters } from '../init/initialize.js';
import type { LanguageModel } from '../models/families.js';
import { gpt2 } from '../models/gpt2/model.js';
import { llama } from '../models/llama/model.js';
import { applyLora, loraLayers } from './apply-lora.js';
import type { LoraOptions } from './config.js';
import { columnNorms, mergeLora } from './merge.js';

const shape = { vocabSize: 11, blockSize: 6, nLayer: 2, nHead: 2, nEmbd: 8 };
const base = () => gpt2(shape);
const x = hostTensor('i32', [2, 6], [1, 5, 2, 9, 10, 0, 3, 3, 4, 7, 8, 6]);

const array = ({ shape: size, dtype, data }: HostTensor) => new NdArray(size, dtype, data);

function logits(
  model: LanguageModel,
  state: HostTensors,
  options: ForwardOptions = { mode: 'eval' },
): number[] {
  const g = new GraphBuilder('logits');
  g.output('logits', model.forward(g, { x: g.feed('x', x) }, options).logits);
  const program = g.build();
  const used = Object.keys(program.state).map((name) => [name, array(state[name]!)]);
  const inputs = { feeds: { x: array(x) }, state: Object.fromEntries(used) as Record<string, NdArray> };
  return [...(interpret(program, inputs, 'f64').outputs['logits']!.data as Float64Array)];
}

/** A model with adapters whose B is not zero, as after some steps. */
function adapted(options: LoraOptions, make: () => LanguageModel = base) {
  const model = make();
  if (options.targetModules.includes('lm_head')) model.untie();
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

describe('a forward pass without adapters', () => {
  const bodies: [string, () => LanguageModel, readonly string[]][] = [
    ['GPT-2', base, ['c_attn', 'c_fc', 'lm_head']],
    [
      'Llama',
      () => llama({ ...shape, nKvHead: 1, intermediateSize: 12 }),
      ['q_proj', 'down_proj', 'lm_head'],
    ],
  ];
  const kinds: Partial<LoraOptions>[] = [{}, { useDora: true }, { dropout: 0.5 }];
  test.each(bodies.flatMap((body) => kinds.map((kind) => [...body, kind] as const)))(
    '%s is the base model, bit for bit: %s, %j, %j',
    (_, make, targetModules, kind) => {
      const { model, tensors } = adapted({ targetModules, rank: 2, ...kind }, make);
      const before = make();
      before.untie();
      expect(logits(model, tensors, { mode: 'eval', adapters: false })).toEqual(logits(before, tensors));
      expect(logits(model, tensors)).not.toEqual(logits(before, tensors));
    },
  );

  test('stands beside one with them in one graph, and leaves the model as it is', () => {
    const { model, tensors } = adapted({ targetModules: ['c_attn'], dropout: 0.5 });
    model.train();
    const g = new GraphBuilder('both');
    const batch = { x: g.feed('x', x) };
    const reference = model.forward(g, batch, { mode: 'eval', adapters: false });
    g.output('reference', reference.logits);
    g.output('policy', model.forward(g, batch).logits);
    expect(model.training).toBe(true);
    const program = g.build();
    expect(opNodes(program).filter(({ op }) => op === 'dropout')).toHaveLength(shape.nLayer);
    const inputs = {
      feeds: { x: array(x), seed: new NdArray([], 'i32', Int32Array.of(3)) },
      state: Object.fromEntries(Object.keys(program.state).map((name) => [name, array(tensors[name]!)])),
    };
    const { outputs } = interpret(program, inputs, 'f64');
    expect([...outputs['reference']!.data]).toEqual(logits(base(), tensors));
    expect([...outputs['policy']!.data]).not.toEqual([...outputs['reference']!.data]);
  });

  test.each<[string, Partial<LoraOptions>, string]>([
    ['modules to save', { modulesToSave: ['ln_f'] }, 'transformer.ln_f.weight; transformer.ln_f.bias'],
    ['biases', { bias: 'lora_only' }, 'transformer.h.0.attn.c_attn.bias'],
  ])('is refused where the base model is trained as well: %s', (_, options, names) => {
    const { model, tensors } = adapted({ targetModules: ['c_attn'], ...options });
    // Also once they are frozen: their values are no longer the base model's.
    for (const parameter of model.parameters) parameter.trainable = false;
    expect(() => logits(model, tensors, { adapters: false })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(names) }),
    );
  });

  test('is refused where there are no adapters', () => {
    const model = base();
    expect(() => logits(model, initializeParameters(model, 1), { adapters: false })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('no adapters') }),
    );
  });
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
