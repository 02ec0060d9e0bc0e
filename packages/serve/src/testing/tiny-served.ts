import { gpt2, type Gpt2Model, type Gpt2Options } from '@attune/nn';
import { loadedModel, type LoadedTestModel } from './loaded-model.js';

/** A tiny language model whose parameters are on a backend. */
export type TinyServed = LoadedTestModel<Gpt2Model>;

/** A {@link loadedModel} of 64 positions: a tiny GPT-2. */
export function tinyServed(options: Partial<Gpt2Options> = {}): Promise<TinyServed> {
  return loadedModel(gpt2({ vocabSize: 13, blockSize: 64, nLayer: 1, nHead: 2, nEmbd: 8, ...options }));
}
