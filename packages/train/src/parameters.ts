import {
  AttuneError,
  formatSpec,
  sameSpec,
  type Backend,
  type HostTensors,
  type Model,
  type State,
  type TensorSpecs,
} from '@attune/core';
import { initializeParameters } from '@attune/nn';

/** Specs of a model's parameters by name. */
export function parameterSpecs(model: Model): TensorSpecs {
  return Object.fromEntries(model.parameters.map(({ name, shape, dtype }) => [name, { shape, dtype }]));
}

/**
 * Picks the named tensors out of `tensors`, checking that all are there and fit. Others are left alone.
 *
 * @throws AttuneError CHECKPOINT_MISMATCH that lists every tensor that is missing or of another shape.
 */
export function expectTensors(what: string, specs: TensorSpecs, tensors: HostTensors): HostTensors {
  const faults = Object.entries(specs).flatMap(([name, spec]) => {
    const tensor = tensors[name];
    if (!tensor) return [`${name} is missing`];
    return sameSpec(tensor, spec) ? [] : [`${name} is ${formatSpec(tensor)} instead of ${formatSpec(spec)}`];
  });
  if (faults.length > 0) {
    throw new AttuneError(
      'CHECKPOINT_MISMATCH',
      `These ${what} do not belong to this model: ${faults.join('; ')}.`,
      {
        data: { faults },
      },
    );
  }
  return Object.fromEntries(Object.keys(specs).map((name) => [name, tensors[name]!]));
}

/** Refuses a model that no backend could hold, before its initialisers fill the host's memory. */
function checkRoom(backend: Backend, specs: TensorSpecs): void {
  const { memoryBytes } = backend.device;
  const elements = Object.values(specs).map(({ shape }) => shape.reduce((size, dim) => size * dim, 1));
  const bytes = 4 * elements.reduce((sum, size) => sum + size, 0);
  if (memoryBytes === undefined || bytes <= memoryBytes) return;
  throw new AttuneError(
    'OUT_OF_MEMORY',
    `The model's parameters take ${bytes} bytes, but ${backend.name} has ${memoryBytes} in all.`,
    { fix: 'Use a smaller model, or another backend.' },
  );
}

/**
 * Puts a model's parameters on a device.
 *
 * @param source where the values come from: a seed for the initialisers, or tensors that were read.
 * @throws AttuneError OUT_OF_MEMORY; CHECKPOINT_MISMATCH if the tensors are not the model's.
 */
export async function allocateParameters(
  backend: Backend,
  model: Model,
  source: { readonly seed: number } | { readonly tensors: HostTensors },
): Promise<State> {
  const specs = parameterSpecs(model);
  checkRoom(backend, specs);
  const values =
    'seed' in source
      ? initializeParameters(model, source.seed)
      : expectTensors('weights', specs, source.tensors);
  const state = await backend.allocate(specs);
  await state.write(values);
  return state;
}
