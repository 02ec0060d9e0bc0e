import { backend as reference } from '@attune/backend-reference';
import { hostTensor, type CausalLm, type HostTensors } from '@attune/core';
import { gpt2, llama } from '@attune/nn';
import { allocateParameters } from '@attune/train';
import type { LoadedModel } from '../scoring/window-programs.js';

/** Models of 40 positions, small enough for a unit test. */
export const tinyModels = {
  gpt2: () => gpt2({ vocabSize: 13, blockSize: 40, nLayer: 1, nHead: 2, nEmbd: 8 }),
  llama: () =>
    llama({
      ...{ vocabSize: 13, blockSize: 40, nLayer: 2, nHead: 4, nKvHead: 2, nEmbd: 16 },
      ...{ headDim: 6, intermediateSize: 12 },
    }),
};

/** A model on a backend of its own. */
export interface LoadedTestModel<Model extends CausalLm = CausalLm> extends LoadedModel {
  readonly model: Model;
  dispose(): Promise<void>;
}

/**
 * A model on the reference backend, with parameters so wide that all of the context matters: initial ones are so small that
 * little but the last token does.
 */
export async function loadedModel<Model extends CausalLm>(model: Model): Promise<LoadedTestModel<Model>> {
  const backend = await reference.create();
  const state = await allocateParameters(backend, model, { seed: 4 });
  const names = model.parameters.filter(({ shape }) => shape.length > 1).map(({ name }) => name);
  const wide = Object.entries(await state.read(names)).map(([name, { dtype, shape, data }]) => [
    name,
    hostTensor(
      dtype,
      shape,
      Array.from(data, (value) => 20 * value),
    ),
  ]);
  await state.write(Object.fromEntries(wide) as HostTensors);
  return {
    ...{ backend, model, state },
    async dispose() {
      state.dispose();
      await backend.dispose();
    },
  };
}

/** Tokens that look random. */
export const tokensOf = (count: number, seed: number): number[] =>
  Array.from({ length: count }, (_, i) => Math.floor(Math.abs(Math.sin(seed * 31 + i * 7.3)) * 13) % 13);
