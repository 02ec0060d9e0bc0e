import { writeFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { backend as reference } from '@attune/backend-reference';
import {
  hostTensor,
  Random,
  sizeOf,
  type Backend,
  type CausalLm,
  type HostTensors,
  type State,
} from '@attune/core';
import type { ModelFiles } from '@attune/lowering-onnx';
import { applyLora, languageModel, mergeLora, type LanguageModelConfig, type LoraOptions } from '@attune/nn';
import { allocateParameters, createGenerator } from '@attune/train';

/** Weights none of which is 0 or 1, so that each counts. */
export function randomWeights(model: CausalLm, seed = 7): HostTensors {
  const random = new Random(seed);
  return Object.fromEntries(
    model.parameters.map(({ name, shape }) => {
      const scale = shape.length === 1 && name.endsWith('weight') ? 1 : 0;
      const data = Float32Array.from({ length: sizeOf(shape) }, () => scale + 0.3 * random.normal());
      return [name, hostTensor('f32', shape, data)];
    }),
  );
}

/** An adapter with random factors, and the weights of the model that it is added to. */
export function randomAdapter(
  config: LanguageModelConfig,
  base: HostTensors,
  options: LoraOptions,
  seed: number,
) {
  const model = languageModel(config);
  const lora = applyLora(model, options);
  const own = Object.entries(randomWeights(model, seed));
  const tensors = Object.fromEntries(own.filter(([name]) => name.includes('.lora_')));
  return {
    model,
    config: { lora },
    tensors,
    replaced: {},
    merged: mergeLora(model, { ...base, ...tensors }),
  };
}

/** A model on the reference backend. */
export interface OnReference {
  readonly backend: Backend;
  readonly model: CausalLm;
  readonly state: State;
}

/** Runs something with a model on the reference backend. */
export async function onReference<T>(
  model: CausalLm,
  tensors: HostTensors,
  use: (on: OnReference) => Promise<T>,
): Promise<T> {
  const backend = await reference.create();
  try {
    return await use({ backend, model, state: await allocateParameters(backend, model, { tensors }) });
  } finally {
    await backend.dispose();
  }
}

/** The tokens that attune takes to be the likeliest, one after the other. */
export async function greedyTokens(
  on: OnReference,
  prompt: readonly number[],
  count: number,
): Promise<number[]> {
  const generator = await createGenerator(on);
  try {
    const tokens: number[] = [];
    const options = { maxNewTokens: count, temperature: 0 };
    for await (const token of generator.generate(prompt, options)) tokens.push(token);
    return tokens;
  } finally {
    generator.dispose();
  }
}

/** Writes the files of a model. */
export async function writeFiles(folder: string, files: ModelFiles): Promise<void> {
  for (const [name, chunks] of files) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), chunks);
  }
}
