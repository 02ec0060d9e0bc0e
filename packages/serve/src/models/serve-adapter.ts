import type { HostTensors, State } from '@attune/core';
import { storedSpecs, storedValues, type LanguageModel } from '@attune/nn';
import { serveModel, type BatchingOptions, type ServedModel, type ServedModelParts } from './served-model.js';

/** An adapter that was read, and what it answers under. */
export interface AdapterParts extends Pick<ServedModelParts, 'id' | 'text' | 'startGrammar'> {
  /** The model with the adapter's layers. It is the served model's from now on. */
  readonly model: LanguageModel;
  /** Its tensors that are not those of the base. */
  readonly tensors: HostTensors;
}

/**
 * Puts an adapter's tensors on the device, in a State that shares all others with the base: those are held once, however the base
 * holds them. Where a tensor stands in place of one of the base, the model calls it by another name.
 */
async function stateBeside(base: ServedModel, { model, tensors }: AdapterParts): Promise<State> {
  const parts = new Map(base.model.parameters.map((parameter) => [parameter.name, parameter]));
  const own = model.parameters.filter(({ name }) => tensors[name]);
  const values = new Map(own.map((parameter) => [parameter, tensors[parameter.name]!]));
  for (const parameter of model.parameters) {
    if (!values.has(parameter)) parameter.storage = parts.get(parameter.name)?.storage;
    else if (base.state.spec[parameter.name]) parameter.name = `adapter.${parameter.name}`;
  }
  const state = await base.state.extend(Object.assign({}, ...own.map((parameter) => storedSpecs(parameter))));
  try {
    for (const [parameter, tensor] of values) await state.write(storedValues(parameter, tensor));
    return state;
  } catch (error) {
    state.dispose();
    throw error;
  }
}

/**
 * Serves a base model with an adapter, beside the base: the base's parameters are held once, and each has a decoder of its own.
 * Close it before the base.
 *
 * @param options give both the same pool, which says how many decoders there are at a time.
 * @throws AttuneError OUT_OF_MEMORY; CHECKPOINT_MISMATCH for tensors that are none of the model.
 */
export async function serveAdapter(
  base: ServedModel,
  adapter: AdapterParts,
  options: BatchingOptions = {},
): Promise<ServedModel> {
  const state = await stateBeside(base, adapter);
  const { id, text, model, startGrammar } = adapter;
  const served = serveModel(
    { id, text, backend: base.backend, model, state, ...(startGrammar && { startGrammar }) },
    options,
  );
  return {
    ...served,
    async close() {
      await served.close();
      state.dispose();
    },
  };
}
