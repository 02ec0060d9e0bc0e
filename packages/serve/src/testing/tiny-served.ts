import { backend as reference } from '@attune/backend-reference';
import { hostTensor, type Backend, type HostTensors, type State } from '@attune/core';
import { gpt2, type Gpt2Model, type Gpt2Options } from '@attune/nn';
import { allocateParameters } from '@attune/train';

/** A tiny language model whose parameters are on a backend. */
export interface TinyServed {
  readonly backend: Backend;
  readonly model: Gpt2Model;
  readonly state: State;
  dispose(): Promise<void>;
}

/**
 * A tiny GPT-2 on the reference backend, with parameters so wide that all of the context matters: initial ones are so small that
 * little but the last token does.
 */
export async function tinyServed(options: Partial<Gpt2Options> = {}): Promise<TinyServed> {
  const backend = await reference.create();
  const model = gpt2({ vocabSize: 13, blockSize: 64, nLayer: 1, nHead: 2, nEmbd: 8, ...options });
  const state = await allocateParameters(backend, model, { seed: 4 });
  const names = model.parameters.filter(({ shape }) => shape.length > 1).map(({ name }) => name);
  const wide = Object.entries(await state.read(names)).map(([name, { shape, data }]) => [
    name,
    hostTensor(
      'f32',
      shape,
      Float32Array.from(data, (value) => 20 * value),
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
