import {
  AttuneError,
  formatSpec,
  listFaults,
  loaded,
  sameSpec,
  totalBytes,
  type Backend,
  type HostTensors,
  type Model,
  type ModelBuffer,
  type Parameter,
  type State,
  type TensorSpec,
  type TensorSource,
  type TensorSpecs,
} from '@attune/core';
import { initialize, modelStateSpecs, storedSpecs, storedValues, widenedValue } from '@attune/nn';

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

/** Parameters and buffers of a model, by name. */
const partsOf = (model: Model) =>
  new Map([...model.parameters, ...model.buffers].map((part) => [part.name, part] as const));

/** Writes tensors of a model as a State holds them, one by one: no more than one is held twice. */
export async function writeWeights(state: State, model: Model, tensors: TensorSource): Promise<void> {
  const parts = partsOf(model);
  for (const [name, tensor] of Object.entries(tensors)) {
    await state.write(storedValues(parts.get(name)!, await loaded(tensor)));
  }
}

/** Reads the named tensors of a model from a State, in f32. */
export async function readWeights(
  state: State,
  model: Model,
  names: readonly string[],
): Promise<HostTensors> {
  const parts = partsOf(model);
  const held = await state.read(names.flatMap((name) => Object.keys(storedSpecs(parts.get(name)!))));
  return Object.fromEntries(names.map((name) => [name, widenedValue(parts.get(name)!, held)]));
}

/**
 * Picks the named tensors out of `tensors`, checking that all are there and fit. Others are left alone. Where f32 is expected,
 * bf16 and f16 will do: they are widened when they are used.
 *
 * @throws AttuneError CHECKPOINT_MISMATCH that lists every tensor that is missing or of another shape.
 */
export function expectTensors<T extends TensorSpec>(
  what: string,
  specs: TensorSpecs,
  tensors: Readonly<Record<string, T>>,
): Readonly<Record<string, T>> {
  const faults = Object.entries(specs).flatMap(([name, spec]) => {
    const tensor = tensors[name];
    if (!tensor) return [`${name} is missing`];
    return fits(tensor, spec) ? [] : [`${name} is ${formatSpec(tensor)} instead of ${formatSpec(spec)}`];
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

/** True for a tensor of this spec, or one of narrow floats where f32 is expected. */
function fits({ shape, dtype }: TensorSpec, spec: TensorSpec): boolean {
  const isNarrow = spec.dtype === 'f32' && (dtype === 'bf16' || dtype === 'f16');
  return sameSpec({ shape, dtype: isNarrow ? 'f32' : dtype }, spec);
}

/** Refuses a model that does not fit on the device, before its initialisers fill the host's memory. */
function checkMemory(backend: Backend, specs: TensorSpecs): void {
  const { memoryBytes } = backend.device;
  const bytes = totalBytes(specs);
  if (memoryBytes === undefined || bytes <= memoryBytes) return;
  throw new AttuneError(
    'OUT_OF_MEMORY',
    `The model's parameters take ${bytes} bytes, but ${backend.name} has ${memoryBytes}.`,
    { fix: 'Use a smaller model, or another backend.' },
  );
}

/** Where the first values of a model come from. */
export interface WeightSource {
  /** Values by name. Those that are read when they are used are in memory one at a time. */
  readonly tensors?: TensorSource;
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
  const held = modelStateSpecs(model);
  checkMemory(backend, held);
  const specs = specsByName([...model.parameters, ...model.buffers]);
  const required = seed === undefined ? weightSpecs(model) : givenSpecs(specs, tensors);
  const given = expectTensors('weights', required, tensors);
  const others = [...model.parameters, ...model.buffers].filter(({ name }) => !(name in given));
  const state = await backend.allocate(held);
  try {
    await writeWeights(state, model, given);
    // One by one: what has been written need not stay in the host's memory.
    for (const one of others) await writeWeights(state, model, initialize([one], seed ?? 0));
  } catch (error) {
    state.dispose();
    throw error;
  }
  return state;
}

/** The specs of those tensors that are given. */
export function givenSpecs(specs: TensorSpecs, tensors: TensorSpecs): TensorSpecs {
  return Object.fromEntries(Object.entries(specs).filter(([name]) => name in tensors));
}
