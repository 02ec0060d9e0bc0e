import {
  AttuneError,
  formatSpec,
  sameSpec,
  type HostData,
  type HostTensor,
  type HostTensors,
  type TensorSpecs,
} from '@attune/core';
import type { Gpt2Config } from '@attune/nn';
import type { TensorReader } from '../../tensor-reader.js';
import { fullName, gpt2TensorSpecs, HEAD, isBias, isMaskBuffer, TOKEN_EMBEDDING } from './parameters.js';

function mismatch(reader: TensorReader, faults: readonly string[]): AttuneError {
  return new AttuneError(
    'CHECKPOINT_MISMATCH',
    `The tensors of ${reader.name} are not those of the GPT-2 that its config.json describes: ${faults.join('; ')}.`,
    { fix: 'Check that config.json and weights are of the same model.', data: { faults } },
  );
}

/** Stored names by full name. Two may have the same: `wte.weight` and `transformer.wte.weight`. */
function storedNames(reader: TensorReader): { names: Map<string, string>; faults: string[] } {
  const names = new Map<string, string>();
  const faults: string[] = [];
  for (const stored of [...Object.keys(reader.specs), ...Object.keys(reader.unreadable ?? {})]) {
    const name = fullName(stored);
    if (isMaskBuffer(name)) continue;
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
    if (!Object.hasOwn(expected, name) && name !== HEAD) faults.push(`${name} is unexpected`);
  }
  return faults;
}

function sameValues(a: HostData, b: HostData): boolean {
  return a.length === b.length && a.every((value, i) => Object.is(value, b[i]) || value === b[i]);
}

/**
 * The parameters of a GPT-2, by the names that `@attune/nn` gives them. Names are read with and without `transformer.`;
 * the masks of old folders are passed over. A head must equal the token embedding that it is tied to, and the biases
 * of a model without biases must be zero: both are then left out.
 *
 * @throws AttuneError CHECKPOINT_MISMATCH that lists every tensor that is missing, unexpected or of another shape;
 * UNSUPPORTED_MODEL if the head is not the token embedding; what the reader throws.
 */
export async function readGpt2Parameters(config: Gpt2Config, reader: TensorReader): Promise<HostTensors> {
  const expected = gpt2TensorSpecs(config);
  const { names, faults } = storedNames(reader);
  faults.push(...differences(expected, reader, names));
  if (faults.length > 0) throw mismatch(reader, faults);

  const parameters: Record<string, HostTensor> = {};
  const nonZero: string[] = [];
  for (const name of Object.keys(expected)) {
    const tensor = await reader.read(names.get(name)!);
    if (config.bias || !isBias(name)) parameters[name] = tensor;
    else if (tensor.data.some((value) => value !== 0)) nonZero.push(name);
  }
  if (nonZero.length > 0) {
    throw mismatch(
      reader,
      nonZero.map((name) => `${name} is not zero, although the model has no biases`),
    );
  }
  await checkHead(reader, names.get(HEAD), parameters[TOKEN_EMBEDDING]!);
  return parameters;
}

async function checkHead(
  reader: TensorReader,
  stored: string | undefined,
  embedding: HostTensor,
): Promise<void> {
  if (stored === undefined) return;
  const head = await reader.read(stored);
  if (sameSpec(head, embedding) && sameValues(head.data, embedding.data)) return;
  throw new AttuneError(
    'UNSUPPORTED_MODEL',
    `${reader.name} has a head (${HEAD}) of its own: only one that equals the token embedding is supported.`,
    { fix: 'Choose a model whose word embeddings are tied.' },
  );
}
