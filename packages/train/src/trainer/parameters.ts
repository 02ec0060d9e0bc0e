import {
  AttuneError,
  formatSpec,
  listFaults,
  sameSpec,
  type Backend,
  type HostTensors,
  type Model,
  type ModelBuffer,
  type Parameter,
  type State,
  type TensorSpecs,
} from '@attune/core';
import { initialize } from '@attune/nn';

function specsByName(tensors: readonly (Parameter | ModelBuffer)[]): TensorSpecs {
  return Object.fromEntries(tensors.map(({ name, shape, dtype }) => [name, { shape, dtype }]));
}

/**
 * Specs of what is saved of a model, by name: its parameters and persistent buffers. With `frozen: false`, parameters that
 * are not trained do not count.
 */
export function weightSpecs(
  model: Model,
  { frozen = true }: { readonly frozen?: boolean } = {},
): TensorSpecs {
  return specsByName([
    ...model.parameters.filter(({ trainable }) => frozen || trainable),
    ...model.buffers.filter(({ persistent }) => persistent),
  ]);
}

/** Specs of everything that a model has on a device, by name. */
function modelSpecs(model: Model): TensorSpecs {
  return specsByName([...model.parameters, ...model.buffers]);
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
      `These ${what} do not belong to this model: ${listFaults(faults)}.`,
      {
        data: { faults },
      },
    );
  }
  return Object.fromEntries(Object.keys(specs).map((name) => [name, tensors[name]!]));
}

/** Refuses a model that does not fit on the device, before its initialisers fill the host's memory. */
function checkMemory(backend: Backend, specs: TensorSpecs): void {
  const { memoryBytes } = backend.device;
  const elements = Object.values(specs).map(({ shape }) => shape.reduce((size, dim) => size * dim, 1));
  const bytes = 4 * elements.reduce((sum, size) => sum + size, 0);
  if (memoryBytes === undefined || bytes <= memoryBytes) return;
  throw new AttuneError(
    'OUT_OF_MEMORY',
    `The model's parameters take ${bytes} bytes, but ${backend.name} has ${memoryBytes}.`,
    { fix: 'Use a smaller model, or another backend.' },
  );
}

/** Where the first values of a model come from. */
export interface WeightSource {
  /** Values by name. */
  readonly tensors?: HostTensors;
  /** For the initialisers of what is not among the tensors. Without it, they must hold every weight. */
  readonly seed?: number;
}

/**
 * Puts a model's parameters and buffers on a device.
 *
 * @throws AttuneError OUT_OF_MEMORY; CHECKPOINT_MISMATCH if a tensor does not fit, or is missing and there is no seed.
 */
export async function allocateParameters(
  backend: Backend,
  model: Model,
  { tensors = {}, seed }: WeightSource,
): Promise<State> {
  const specs = modelSpecs(model);
  checkMemory(backend, specs);
  const required = seed === undefined ? weightSpecs(model) : givenSpecs(specs, tensors);
  const given = expectTensors('weights', required, tensors);
  const others = [...model.parameters, ...model.buffers].filter(({ name }) => !(name in given));
  const state = await backend.allocate(specs);
  try {
    await state.write(given);
    // One by one: what has been written need not stay in the host's memory.
    for (const one of others) await state.write(initialize([one], seed ?? 0));
  } catch (error) {
    state.dispose();
    throw error;
  }
  return state;
}

/** The specs of those tensors that are given. */
export function givenSpecs(specs: TensorSpecs, tensors: HostTensors): TensorSpecs {
  return Object.fromEntries(Object.entries(specs).filter(([name]) => name in tensors));
}
