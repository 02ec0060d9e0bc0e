import { gpt2 } from '../models/gpt2/model.js';
import { initializeParameters } from './initialize.js';

function deviation(values: Float32Array): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
}

test('follows nanoGPT: normal 0.02, residual projections narrower by √(2 · nLayer), biases 0, norms 1', () => {
  const model = gpt2({ vocabSize: 97, blockSize: 32, nLayer: 8, nHead: 2, nEmbd: 64 });
  const values = initializeParameters(model, 1);
  const of = (name: string) => values[`transformer.${name}`]!.data;
  expect(deviation(of('wte.weight'))).toBeCloseTo(0.02, 3);
  expect(deviation(of('h.3.attn.c_attn.weight'))).toBeCloseTo(0.02, 3);
  expect(deviation(of('h.3.attn.c_proj.weight'))).toBeCloseTo(0.02 / 4, 3);
  expect(deviation(of('h.3.mlp.c_proj.weight'))).toBeCloseTo(0.02 / 4, 3);
  expect(new Set(of('h.3.mlp.c_fc.bias'))).toEqual(new Set([0]));
  expect(new Set(of('ln_f.weight'))).toEqual(new Set([1]));
});

test('a seed gives the same values, another seed others, and a deeper model the same in the layers it shares', () => {
  const shape = { vocabSize: 7, blockSize: 4, nHead: 1, nEmbd: 4 };
  const first = (nLayer: number, seed: number) =>
    initializeParameters(gpt2({ ...shape, nLayer }), seed)['transformer.h.0.attn.c_attn.weight']!.data;
  expect(first(1, 5)).toEqual(first(1, 5));
  expect(first(1, 5)).not.toEqual(first(1, 6));
  expect(first(1, 5)).toEqual(first(3, 5));
});
