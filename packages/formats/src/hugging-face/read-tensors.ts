import {
  AttuneError,
  formatSpec,
  listFaults,
  sameSpec,
  type HostData,
  type HostTensor,
  type TensorSpecs,
} from '@attune/core';
import { unknownTensor, type TensorReader } from '../safetensors/tensor-reader.js';
import { familyOf } from './families.js';
import { isClassifierConfig, modelOf, type ModelConfig } from './model-config.js';

/** Heads, which stand beside the bare model. */
const HEADS = ['lm_head.weight', 'score.weight'];

/** The tensors that a model saves: its parameters, and the buffers that are not made again. */
export function savedSpecs(config: ModelConfig): TensorSpecs {
  const model = modelOf(config);
  const saved = [...model.parameters, ...model.buffers.filter(({ persistent }) => persistent)];
  return Object.fromEntries(saved.map(({ name, shape, dtype }) => [name, { shape, dtype }]));
}

/** The tensors that a folder has and the model has not, all zero. */
export function zeroSpecs(config: ModelConfig): TensorSpecs {
  const body = isClassifierConfig(config) ? config.body : config;
  return familyOf(body).zeroTensors?.(body) ?? {};
}

/**
 * The tensors of a folder as the model's own: by the names that `@attune/nn` gives them, each read when it is asked for.
 * Names are known with and without the prefix of the bare model; tables and masks that are computed here are passed over.
 * A tied head that is stored must equal the embedding, which is checked when that is read.
 *
 * @throws AttuneError CHECKPOINT_MISMATCH that lists every tensor that is missing, unexpected or of another shape;
 * what the reader throws.
 */
export async function modelTensors(config: ModelConfig, reader: TensorReader): Promise<TensorReader> {
  const body = isClassifierConfig(config) ? config.body : config;
  const family = familyOf(body);
  const specs = savedSpecs(config);
  const zero = zeroSpecs(config);
  const aliases: Readonly<Record<string, string>> = modelOf(body).aliases;
  const fullName = (stored: string) =>
    stored.startsWith(family.prefix) || HEADS.includes(stored) ? stored : `${family.prefix}${stored}`;
  const stored = storedNames(reader, fullName, (name) => family.isComputed(name));
  const { names } = stored;
  // A classifier has no use for the head that predicts tokens.
  const isSpare = (name: string) =>
    Object.hasOwn(aliases, name) || (isClassifierConfig(config) && name === HEADS[0]);
  // Not push(...more): a file may have more tensors than one call can take as arguments.
  const faults = stored.faults.concat(differences({ ...specs, ...zero }, reader, names, isSpare));
  if (faults.length > 0) throw mismatch(reader, faults);
  const wrong = await nonZero(Object.keys(zero), reader, names);
  if (wrong.length > 0) throw mismatch(reader, wrong);
  /** Reads a tensor, and compares with it what is tied to it. */
  const readBy = async (read: TensorReader['read'], name: string): Promise<HostTensor> => {
    if (!Object.hasOwn(specs, name)) throw unknownTensor(reader.name, name, Object.keys(specs));
    const tensor = await read(names.get(name)!);
    const tied = Object.keys(aliases).filter((alias) => aliases[alias] === name && names.has(alias));
    for (const alias of tied) {
      const head = names.get(alias)!;
      requireEqual(reader, head, name, tensor, await read(head));
    }
    return tensor;
  };
  const { readStored = reader.read } = reader;
  return {
    name: reader.name,
    specs,
    read: (name) => readBy((stored) => reader.read(stored), name),
    readStored: (name) => readBy((stored) => readStored.call(reader, stored), name),
  };
}

function mismatch(reader: TensorReader, faults: readonly string[]): AttuneError {
  return new AttuneError(
    'CHECKPOINT_MISMATCH',
    `The tensors of ${reader.name} are not those of the model that its config.json describes: ${listFaults(faults)}.`,
    { fix: 'Check that config.json and weights are of the same model.', data: { faults } },
  );
}

/** Stored names by full name. Two may have the same: `wte.weight` and `transformer.wte.weight`. */
function storedNames(
  reader: TensorReader,
  fullName: (stored: string) => string,
  isComputed: (name: string) => boolean,
): { names: Map<string, string>; faults: string[] } {
  const names = new Map<string, string>();
  const faults: string[] = [];
  for (const stored of [...Object.keys(reader.specs), ...Object.keys(reader.unreadable ?? {})]) {
    if (isComputed(stored)) continue;
    const name = fullName(stored);
    const other = names.get(name);
    if (other === undefined) names.set(name, stored);
    else faults.push(`${other} and ${stored} are the same tensor`);
  }
  return { names, faults };
}

function differences(
  expected: TensorSpecs,
  reader: TensorReader,
  names: ReadonlyMap<string, string>,
  isSpare: (name: string) => boolean,
): string[] {
  const faults: string[] = [];
  for (const [name, spec] of Object.entries(expected)) {
    const stored = names.get(name);
    const found = stored === undefined ? undefined : reader.specs[stored];
    if (stored === undefined) faults.push(`${name} is missing`);
    else if (!found) faults.push(`${name} is ${reader.unreadable?.[stored]}, which is not read`);
    else if (!sameSpec(found, spec))
      faults.push(`${name} is ${formatSpec(found)} instead of ${formatSpec(spec)}`);
  }
  for (const name of names.keys()) {
    if (!Object.hasOwn(expected, name) && !isSpare(name)) faults.push(`${name} is unexpected`);
  }
  return faults;
}

async function nonZero(
  expected: readonly string[],
  reader: TensorReader,
  names: ReadonlyMap<string, string>,
): Promise<string[]> {
  const faults: string[] = [];
  for (const name of expected) {
    const { data } = await reader.read(names.get(name)!);
    if (data.some((value) => value !== 0))
      faults.push(`${name} is not zero, although the model has no biases`);
  }
  return faults;
}

function sameValues(a: HostData, b: HostData): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]) || value === b[i]);
}

function requireEqual(
  reader: TensorReader,
  stored: string,
  tied: string,
  embedding: HostTensor,
  head: HostTensor,
): void {
  if (sameSpec(head, embedding) && sameValues(head.data, embedding.data)) return;
  throw new AttuneError(
    'UNSUPPORTED_MODEL',
    `${reader.name} has a ${stored} of its own, although config.json ties it to ${tied}: they must be equal.`,
    {
      fix: 'If the head is meant to be its own, set tie_word_embeddings to false where the model type allows it.',
    },
  );
}
