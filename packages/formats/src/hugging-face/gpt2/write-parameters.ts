import { AttuneError, formatSpec, sameSpec, zeros, type HostTensors } from '@attune/core';
import type { Gpt2Config } from '@attune/nn';
import { memoryTensors, unknownTensor, type TensorReader } from '../../tensor-reader.js';
import { gpt2ParameterSpecs, gpt2TensorSpecs } from './parameters.js';

/**
 * A GPT-2's parameters as a Hugging Face folder stores them: without the tied head, and with zeros for the biases of a
 * model that has none.
 *
 * @param parameters by the names that `@attune/nn` gives them.
 * @throws AttuneError CHECKPOINT_MISMATCH that lists every parameter that is missing, unexpected or of another shape.
 */
export function gpt2TensorsToHuggingFace(
  config: Gpt2Config,
  parameters: HostTensors | TensorReader,
): TensorReader {
  const reader = isReader(parameters) ? parameters : memoryTensors(parameters, 'the model');
  const own = gpt2ParameterSpecs(config);
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
      `These parameters are not those of the configured GPT-2: ${faults.join('; ')}.`,
      { data: { faults } },
    );
  }
  const specs = gpt2TensorSpecs(config);
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
