import {
  GraphBuilder,
  hostTensor,
  interpret,
  NdArray,
  type HostTensor,
  type HostTensors,
} from '@attune/core';
import { initializeParameters } from '../init/initialize.js';
import { gpt2 } from '../models/gpt2/model.js';
import { llama } from '../models/llama/model.js';
import type { LanguageModel } from '../models/families.js';
import { GrowingKvCache } from './growing-kv-cache.js';

const sizes = { vocabSize: 11, blockSize: 8, nLayer: 2, nHead: 4, nEmbd: 16 };
const models: [string, () => LanguageModel][] = [
  ['GPT-2', () => gpt2(sizes)],
  ['shared heads', () => llama({ ...sizes, nKvHead: 2, intermediateSize: 12, initializerRange: 0.3 })],
  [
    'a window in one layer',
    () =>
      llama({
        ...sizes,
        intermediateSize: 12,
        slidingWindow: { size: 3, layers: [1] },
        initializerRange: 0.3,
      }),
  ],
];

const array = ({ shape, dtype, data }: HostTensor) => new NdArray(shape, dtype, data);
const arrays = (tensors: HostTensors) =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, array(tensor)]));
const i32 = (rows: readonly (readonly number[])[]) =>
  new NdArray([rows.length, rows[0]!.length], 'i32', Int32Array.from(rows.flat()));

/** The logits of tokens by row, and what is cached then. */
function read(
  model: LanguageModel,
  inputs: Readonly<Record<'x' | 'kept' | 'positions', readonly (readonly number[])[]>>,
  cached: Readonly<Record<string, NdArray>> = {},
) {
  const g = new GraphBuilder('read');
  const feed = (name: keyof typeof inputs) =>
    g.feed(name, { shape: [inputs[name].length, inputs[name][0]!.length], dtype: 'i32' });
  const empty: Record<string, NdArray> = {};
  const cache = new GrowingKvCache(feed('kept'), inputs.x[0]!.length, (layer, shape) => {
    const past = (name: string) => {
      empty[`${name}.${layer}`] = new NdArray(shape, 'f32', new Float64Array(0));
      return g.feed(`${name}.${layer}`, { shape, dtype: 'f32' });
    };
    return { keys: past('keys'), values: past('values') };
  });
  const hidden = model.forwardWith(g, cache, { x: feed('x'), positions: feed('positions') });
  g.output('logits', model.head(g, hidden));
  cache.present.forEach(({ keys, values }, layer) => {
    g.output(`keys.${layer}`, keys);
    g.output(`values.${layer}`, values);
  });
  const own = Object.fromEntries(Object.entries(inputs).map(([name, rows]) => [name, i32(rows)]));
  const state = arrays(initializeParameters(model, 3));
  const { logits, ...present } = interpret(
    g.build(),
    { feeds: { ...empty, ...cached, ...own }, state },
    'f64',
  ).outputs;
  return { logits: [...logits!.data], present };
}

/** The logits of the model without a cache. */
function whole(model: LanguageModel, x: readonly number[]): number[] {
  const g = new GraphBuilder('whole');
  const tokens = hostTensor('i32', [1, x.length], x);
  g.output('logits', model.forward(g, { x: g.feed('x', tokens) }).logits!);
  const state = arrays(initializeParameters(model, 3));
  return [...interpret(g.build(), { feeds: { x: array(tokens) }, state }, 'f64').outputs['logits']!.data];
}

function expectClose(actual: readonly number[], expected: readonly number[]) {
  expect(actual).toHaveLength(expected.length);
  expect(Math.max(...actual.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-9);
}

const text = [3, 1, 4, 1, 5, 9, 2];
const ones = (length: number) => Array.from({ length }, () => 1);
const upTo = (length: number) => Array.from({ length }, (_, i) => i);
const V = sizes.vocabSize;

describe.each(models)('%s', (_name, modelOf) => {
  test('has the logits of the model without a cache: at once, in parts and token by token', () => {
    const model = modelOf().eval();
    const expected = whole(model, text);
    for (const lengths of [[7], [3, 4], [4, 1, 1, 1]]) {
      let cached: Record<string, NdArray> = {};
      let done = 0;
      for (const length of lengths) {
        const end = done + length;
        const inputs = { x: [text.slice(done, end)], kept: [ones(end)], positions: [upTo(end).slice(done)] };
        const { logits, present } = read(model, inputs, cached);
        expectClose(logits, expected.slice(done * V, end * V));
        [cached, done] = [present, end];
      }
    }
  });

  test('does not see what a shorter text is padded with', () => {
    const model = modelOf().eval();
    const short = text.slice(0, 5);
    const inputs = {
      x: [text, [0, 0, ...short]],
      kept: [ones(7), [0, 0, ...ones(5)]],
      positions: [upTo(7), [1, 1, ...upTo(5)]],
    };
    const { logits } = read(model, inputs);
    expectClose(logits.slice(0, 7 * V), whole(model, text));
    expectClose(logits.slice(9 * V), whole(model, short));
  });
});
