import {
  GraphBuilder,
  gradients,
  hostTensor,
  interpret,
  NdArray,
  narrowed,
  widened,
  type HostTensor,
  type HostTensors,
} from '@attune/core';
import { initializeParameters } from '../init/initialize.js';
import { applyLora } from '../lora/apply-lora.js';
import type { LanguageModel } from '../models/families.js';
import { gpt2 } from '../models/gpt2/model.js';
import { llama } from '../models/llama/model.js';
import { requireWideTrained, storeFrozen, storeWeights } from './store.js';
import { modelStateSpecs, storedSpecs, storedValues, widenedValue } from './stored.js';

const sizes = { vocabSize: 11, blockSize: 6, nLayer: 2, nHead: 2, nEmbd: 8 };
const families = {
  'gpt2, tied': () => gpt2(sizes),
  'llama, with a head': () => llama({ ...sizes, nKvHead: 1, intermediateSize: 12, tieEmbeddings: false }),
};
const x = hostTensor('i32', [1, 6], [1, 5, 2, 9, 10, 0]);
const array = ({ shape, dtype, data }: HostTensor) => new NdArray(shape, dtype, data);

/** The logits of a model, and the gradients of their squares by what is trained. */
function outputsOf(model: LanguageModel, tensors: HostTensors): Record<string, number[]> {
  const g = new GraphBuilder('outputs');
  const { logits } = model.forward(g, { x: g.feed('x', x) }, { mode: 'eval' });
  g.output('logits', logits);
  const trained = model.parameters.filter(({ trainable }) => trainable);
  const values = trained.map((parameter) => parameter.on(g));
  if (values.length > 0)
    gradients(g, g.sum(g.square(logits)), values).forEach((d, i) => g.output(trained[i]!.name, d!));
  const program = g.build();
  const state = Object.fromEntries(Object.keys(program.state).map((name) => [name, array(tensors[name]!)]));
  const { outputs } = interpret(program, { feeds: { x: array(x) }, state }, 'f64');
  return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, [...data]]));
}

/** The tensors of a State that holds a model with these values. */
const heldOf = (model: LanguageModel, values: HostTensors): HostTensors =>
  Object.assign(
    {},
    ...[...model.parameters, ...model.buffers].map((part) => storedValues(part, values[part.name]!)),
  );

/** Values as they are when they were held. */
const roundedOf = (model: LanguageModel, values: HostTensors): HostTensors => {
  const held = heldOf(model, values);
  const parts = [...model.parameters, ...model.buffers];
  return { ...values, ...Object.fromEntries(parts.map((part) => [part.name, widenedValue(part, held)])) };
};

describe.each(Object.entries(families))('%s', (_name, make) => {
  test.each(['bf16', 'f16', 'i8'] as const)(
    'in %s computes what the rounded weights do, in f32',
    (storage) => {
      const values = initializeParameters(make(), 1);
      const model = make();
      storeWeights(model, storage);
      const held = heldOf(model, values);
      const specs = Object.values(held).map(({ shape, dtype }) => ({ shape, dtype }));
      expect(Object.values(modelStateSpecs(model))).toEqual(specs);
      const actual = outputsOf(model, held)['logits']!;
      const rounded = make();
      for (const parameter of rounded.parameters) parameter.trainable = false;
      const expected = outputsOf(rounded, roundedOf(model, values))['logits']!;
      actual.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 6));
    },
  );

  test('a frozen base in bf16 under adapters has the gradients of the rounded base', () => {
    const adapted = () => {
      const model = make();
      applyLora(model, { targetModules: 'all-linear', rank: 2 });
      return model;
    };
    const model = adapted();
    storeFrozen(model, 'bf16');
    const values = { ...initializeParameters(model, 3) };
    for (const { name, shape } of model.parameters.filter((one) => one.name.includes('lora_B')))
      values[name] = hostTensor(
        'f32',
        shape,
        Float32Array.from({ length: shape[0]! * shape[1]! }, (_, i) => i / 50),
      );
    const actual = outputsOf(model, heldOf(model, values));
    expect(Object.keys(actual).length).toBeGreaterThan(4);
    expect(actual).toEqual(outputsOf(adapted(), roundedOf(model, values)));
  });
});

test('matrices alone are narrow: vectors stay as they are', () => {
  const model = gpt2(sizes);
  storeWeights(model, 'i8');
  const wide = model.parameters.filter(({ storage }) => storage === undefined);
  expect(wide.every(({ shape }) => shape.length === 1)).toBe(true);
  const conv1d = model.parameters.find(({ name }) => name.endsWith('h.0.attn.c_attn.weight'))!;
  const table = model.parameters.find(({ name }) => name.endsWith('wte.weight'))!;
  expect(Object.values(storedSpecs(conv1d)).map(({ shape }) => shape)).toEqual([
    [8, 24],
    [1, 24],
  ]);
  expect(Object.values(storedSpecs(table)).map(({ shape }) => shape)).toEqual([
    [11, 8],
    [11, 1],
  ]);
});

test('8 bits: the largest of a channel is ±127, half goes to the even, and zeros stay zeros', () => {
  const part = { name: 'w', shape: [3, 2], storage: 'i8', channelAxis: 0 } as const;
  const held = storedValues(part, hostTensor('f32', [3, 2], [127, 2.5, -254, 3, 0, 0]));
  expect(held['w']!.data).toEqual(Int8Array.of(127, 2, -127, 2, 0, 0));
  expect(held['w.scale']).toEqual(hostTensor('f32', [3, 1], [1, 2, 1]));
  expect([...widenedValue(part, held).data]).toEqual([127, 2, -254, 4, 0, 0]);
});

test('a value in the very storage type is used as it is, and one in another is rounded again', () => {
  const part = { name: 'w', shape: [2], storage: 'bf16' } as const;
  const half = narrowed('f16', hostTensor('f32', [2], [1 + 2 ** -10, 3]));
  const own = narrowed('bf16', hostTensor('f32', [2], [1.5, 3]));
  expect(storedValues(part, own)['w']).toBe(own);
  expect([...widened(storedValues(part, half)['w'] as HostTensor<'bf16'>).data]).toEqual([1, 3]);
  expect([...storedValues({ ...part, storage: undefined }, half)['w']!.data]).toEqual([1 + 2 ** -10, 3]);
});

test('a number that f16 does not hold is refused, and bf16 rounds it', () => {
  const part = { name: 'w', shape: [2], storage: 'f16' } as const;
  expect(() => storedValues(part, hostTensor('f32', [2], [1, -65520]))).toThrow(
    expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('-65520') }),
  );
  const most = storedValues(part, hostTensor('f32', [2], [65519, Infinity]));
  expect([...widened(most['w'] as HostTensor<'f16'>).data]).toEqual([65504, Infinity]);
  expect(storedValues({ ...part, storage: 'bf16' }, hostTensor('f32', [2], [1, -65520]))).toBeDefined();
});

test('what is trained is held in f32, and something has to be frozen', () => {
  const model = gpt2(sizes);
  const refused = expect.objectContaining({ code: 'INVALID_CONFIG' });
  expect(() => storeFrozen(model, 'bf16')).toThrow(refused);
  model.parameters[0]!.storage = 'bf16';
  expect(() => requireWideTrained(model)).toThrow('transformer.wte.weight is trained, but held in bf16.');
});
