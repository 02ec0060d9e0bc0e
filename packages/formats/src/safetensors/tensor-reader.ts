import {
  AttuneError,
  didYouMean,
  type HostTensor,
  type HostTensors,
  type TensorSource,
  type TensorSpecs,
} from '@attune/core';

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
  /** Reads a tensor as it is stored: bf16 and f16 are not widened to the f32 that `specs` names. */
  readStored?(name: string): Promise<HostTensor>;
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

/** Options of {@link readTensors}. */
export interface ReadTensorsOptions {
  /** True to leave bf16 and f16 as they are, where the reader can: half the memory of f32. */
  readonly narrow?: boolean;
}

/** Reads the named tensors, or all. */
export async function readTensors(
  reader: TensorReader,
  names: Iterable<string> = Object.keys(reader.specs),
  { narrow = false }: ReadTensorsOptions = {},
): Promise<HostTensors> {
  const tensors: [string, HostTensor][] = [];
  const read = (name: string) => (narrow && reader.readStored ? reader.readStored(name) : reader.read(name));
  for (const name of names) tensors.push([name, await read(name)]);
  return Object.fromEntries(tensors);
}

/** The tensors of a reader, each read when it is used. The reader has to stay open as long. */
export function lazyTensors(reader: TensorReader, { narrow = false }: ReadTensorsOptions = {}): TensorSource {
  const read = (name: string) => (narrow && reader.readStored ? reader.readStored(name) : reader.read(name));
  return Object.fromEntries(
    Object.entries(reader.specs).map(([name, { shape, dtype }]) => [
      name,
      { shape, dtype, load: () => read(name) },
    ]),
  );
}

/** UNKNOWN_TENSOR: what was asked for, and the nearest that exists. */
export function unknownTensor(source: string, name: string, known: Iterable<string>): AttuneError {
  return new AttuneError('UNKNOWN_TENSOR', `${source} has no tensor "${name}".`, {
    fix: didYouMean(name, known),
  });
}
