import { AttuneError, didYouMean, type HostTensor, type HostTensors, type TensorSpecs } from '@attune/core';

/** Named tensors that are read one at a time, so that a large model need not be in memory as a whole. */
export interface TensorReader {
  /** For messages: a path, or `memory`. */
  readonly name: string;
  /** The specs of the tensors that `read` returns, by name. */
  readonly specs: TensorSpecs;
  /** Tensors that are there, but cannot be read: the dtype of each by name. */
  readonly unreadable?: Readonly<Record<string, string>>;
  /** @throws AttuneError UNKNOWN_TENSOR, FILE_CORRUPT, DTYPE_MISMATCH. */
  read(name: string): Promise<HostTensor>;
}

/** Tensors in memory as a reader. */
export function memoryTensors(tensors: HostTensors, name = 'memory'): TensorReader {
  return {
    name,
    specs: tensors,
    async read(tensor) {
      if (!Object.hasOwn(tensors, tensor)) throw unknownTensor(name, tensor, Object.keys(tensors));
      return tensors[tensor]!;
    },
  };
}

/** Reads the named tensors, or all. */
export async function readTensors(
  reader: TensorReader,
  names: Iterable<string> = Object.keys(reader.specs),
): Promise<HostTensors> {
  const tensors: [string, HostTensor][] = [];
  for (const name of names) tensors.push([name, await reader.read(name)]);
  return Object.fromEntries(tensors);
}

/** UNKNOWN_TENSOR: what was asked for, and the nearest that exists. */
export function unknownTensor(source: string, name: string, known: Iterable<string>): AttuneError {
  return new AttuneError('UNKNOWN_TENSOR', `${source} has no tensor "${name}".`, {
    fix: didYouMean(name, known),
  });
}
