import {
  allocateHostData,
  AttuneError,
  sizeOf,
  type HostTensor,
  type HostTensors,
  type TensorSpec,
} from '@attune/core';
import { memorySource, type ByteSource } from '@attune/files';
import { readTensors, unknownTensor, type TensorReader } from './tensor-reader.js';
import { bitsPerElement, decodings, storedDecodings, ValueError, type Decoding } from './dtypes.js';
import { corruptFile, readHeader, type SafetensorsEntry } from './header.js';

/** A safetensors file whose header was read: its tensors are read when they are asked for. */
export interface SafetensorsFile extends TensorReader {
  /** The strings that the file carries beside its tensors. */
  readonly metadata: Readonly<Record<string, string>>;
  /** Every tensor as it is stored. Those of a dtype that cannot be read are missing in `specs`. */
  readonly entries: ReadonlyMap<string, SafetensorsEntry>;
  readStored(name: string): Promise<HostTensor>;
}

/** Bytes read at a time: a multiple of every element's size. */
const CHUNK_BYTES = 2 ** 22;

async function readTensor(
  source: ByteSource,
  dataStart: number,
  name: string,
  entry: SafetensorsEntry,
  dtypes: ReadonlyMap<string, Decoding>,
): Promise<HostTensor> {
  const decoding = dtypes.get(entry.dtype);
  if (!decoding) {
    throw new AttuneError(
      'DTYPE_MISMATCH',
      `${source.name}: tensor "${name}" is ${entry.dtype}, which is not read.`,
      {
        fix: `Store it as one of ${[...decodings.keys()].join(', ')}.`,
      },
    );
  }
  const data = allocateHostData(decoding.dtype, sizeOf(entry.shape));
  const elementBytes = bitsPerElement.get(entry.dtype)! / 8;
  for (let begin = entry.begin; begin < entry.end; begin += CHUNK_BYTES) {
    const length = Math.min(CHUNK_BYTES, entry.end - begin);
    const bytes = await source.read(dataStart + begin, length);
    const view = new DataView(bytes.buffer, bytes.byteOffset, length);
    try {
      decoding.decode(view, data, (begin - entry.begin) / elementBytes, length / elementBytes);
    } catch (error) {
      if (!(error instanceof ValueError)) throw error;
      if (entry.dtype === 'BOOL') throw corruptFile(source.name, error.message, name, error);
      throw new AttuneError('DTYPE_MISMATCH', `${source.name}: tensor "${name}": ${error.message}.`, {
        cause: error,
      });
    }
  }
  return { dtype: decoding.dtype, shape: entry.shape, data } as HostTensor;
}

/**
 * Opens a safetensors file. F16 and BF16 are widened to f32, U8 to i32; I64 is narrowed to i32 where every value fits.
 *
 * Source: the format as huggingface/safetensors specifies and checks it.
 *
 * @throws AttuneError FILE_CORRUPT that names the tensor and the reason; FILE_EMPTY.
 */
export async function openSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const { metadata, entries, dataStart } = await readHeader(source);
  const specs = [...entries].flatMap(([name, { dtype, shape }]): [string, TensorSpec][] => {
    const decoding = decodings.get(dtype);
    return decoding ? [[name, { dtype: decoding.dtype, shape }]] : [];
  });
  const readBy = async (name: string, dtypes: ReadonlyMap<string, Decoding>) => {
    const entry = entries.get(name);
    if (!entry) throw unknownTensor(source.name, name, entries.keys());
    return readTensor(source, dataStart, name, entry, dtypes);
  };
  return {
    name: source.name,
    metadata,
    entries,
    specs: Object.fromEntries(specs),
    unreadable: Object.fromEntries(
      [...entries].flatMap(([name, { dtype }]) => (decodings.has(dtype) ? [] : [[name, dtype]])),
    ),
    read: (name) => readBy(name, decodings),
    readStored: (name) => readBy(name, storedDecodings),
  };
}

/**
 * Reads a whole safetensors file from memory.
 *
 * @param name of the file, for messages.
 * @throws AttuneError FILE_CORRUPT, FILE_EMPTY, DTYPE_MISMATCH.
 */
export async function decodeSafetensors(bytes: Uint8Array, name?: string): Promise<HostTensors> {
  const file = await openSafetensors(memorySource(bytes, name));
  return readTensors(file, file.entries.keys());
}
