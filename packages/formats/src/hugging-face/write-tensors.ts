import { AttuneError, formatSpec, listFaults, sameSpec, zeros, type HostTensors } from '@attune/core';
import { memoryTensors, unknownTensor, type TensorReader } from '../safetensors/tensor-reader.js';
import type { ModelConfig } from './model-config.js';
import { savedSpecs, zeroSpecs } from './read-tensors.js';

/**
 * A model's tensors as a Hugging Face folder stores them: without a tied head, and with zeros for what transformers has
 * and the model has not.
 *
 * @param parameters by the names that `@attune/nn` gives them.
 * @throws AttuneError CHECKPOINT_MISMATCH that lists every tensor that is missing, unexpected or of another shape.
 */
export function storedTensors(config: ModelConfig, parameters: HostTensors | TensorReader): TensorReader {
  const reader = isReader(parameters) ? parameters : memoryTensors(parameters, 'the model');
  const own = savedSpecs(config);
  const faults = [
    ...Object.entries(own).flatMap(([name, spec]) => {
      const found = reader.specs[name];
      if (!found) return [`${name} is missing`];
      return sameSpec(found, spec) ? [] : [`${name} is ${formatSpec(found)} instead of ${formatSpec(spec)}`];
    }),
    ...Object.keys(reader.specs).flatMap((name) =>
      Object.hasOwn(own, name) ? [] : [`${name} is unexpected`],
    ),
  ];
  if (faults.length > 0) {
    throw new AttuneError(
      'CHECKPOINT_MISMATCH',
      `These tensors are not those of the configured model: ${listFaults(faults)}.`,
      { data: { faults } },
    );
  }
  const specs = { ...own, ...zeroSpecs(config) };
  return {
    name: reader.name,
    specs,
    async read(name) {
      if (Object.hasOwn(own, name)) return reader.read(name);
      const spec = Object.hasOwn(specs, name) ? specs[name] : undefined;
      if (!spec) throw unknownTensor(reader.name, name, Object.keys(specs));
      return zeros(spec);
    },
  };
}

function isReader(tensors: HostTensors | TensorReader): tensors is TensorReader {
  return typeof tensors['read'] === 'function';
}
