import {
  AttuneError,
  beyondFloat16,
  bytesOf,
  bytesPerElement,
  formatSpec,
  narrowInto,
  sameSpec,
  type DType,
  type HostTensor,
  type TensorSpec,
} from '@attune/core';
import type { TensorReader } from './tensor-reader.js';
import { storedDType, type FloatDType } from './dtypes.js';
import { LENGTH_BYTES, METADATA_KEY } from './header.js';

/** Options of writing, beside the tensors. */
export interface SafetensorsOptions {
  /** Strings for the header, e.g. `{ format: 'pt' }`, which transformers expects. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** How f32 tensors are stored. Default `f32`: as they are. */
  readonly floats?: FloatDType;
}

/** Bytes of a chunk: a multiple of every element's size. */
const CHUNK_BYTES = 2 ** 20;

/** The reference implementation writes wide dtypes first, so that each tensor is aligned, and names in order. */
const order = ['F32', 'I32', 'BF16', 'F16', 'I8', 'BOOL'];
const orderOf = (dtype: DType, floats: FloatDType) => order.indexOf(storedDType(dtype, floats));

/** Bytes that a tensor takes in the file. */
function storedBytes(spec: TensorSpec, floats: FloatDType): number {
  return spec.dtype === 'f32' && floats !== 'f32' ? bytesOf(spec) / 2 : bytesOf(spec);
}

/** The order of strings by code point, as their UTF-8 sorts. */
function compareCodePoints(a: string, b: string): number {
  const [left, right] = [[...a], [...b]];
  const index = left.findIndex((character, i) => character !== right[i]);
  if (index < 0) return left.length - right.length;
  return left[index]!.codePointAt(0)! - (right[index]?.codePointAt(0) ?? -1);
}

function inFileOrder(reader: TensorReader, floats: FloatDType): [string, TensorSpec][] {
  return Object.entries(reader.specs).sort(
    ([a, { dtype }], [b, other]) =>
      orderOf(dtype, floats) - orderOf(other.dtype, floats) || compareCodePoints(a, b),
  );
}

function encodeHeader(
  tensors: readonly [string, TensorSpec][],
  { metadata, floats = 'f32' }: SafetensorsOptions,
): Uint8Array {
  const parts: string[] = [];
  // Built by hand: an object would put names that look like integers first.
  const add = (name: string, value: unknown) =>
    parts.push(`${JSON.stringify(name)}:${JSON.stringify(value)}`);
  if (metadata) add(METADATA_KEY, metadata);
  let begin = 0;
  for (const [name, spec] of tensors) {
    if (name === METADATA_KEY) {
      throw new AttuneError(
        'INVALID_ARGUMENT',
        `A tensor in a safetensors file cannot be named ${METADATA_KEY}.`,
      );
    }
    const end = begin + storedBytes(spec, floats);
    add(name, { dtype: storedDType(spec.dtype, floats), shape: spec.shape, data_offsets: [begin, end] });
    begin = end;
  }
  const json = new TextEncoder().encode(`{${parts.join(',')}}`);
  const length = Math.ceil(json.byteLength / 8) * 8;
  const header = new Uint8Array(LENGTH_BYTES + length).fill(' '.charCodeAt(0));
  new DataView(header.buffer).setBigUint64(0, BigInt(length), true);
  header.set(json, LENGTH_BYTES);
  return header;
}

/** The elements of a tensor from `start` on, as little-endian bytes. */
function encodeChunk(
  { dtype, data }: HostTensor,
  start: number,
  count: number,
  floats: FloatDType,
): Uint8Array {
  if (dtype === 'bool')
    return Uint8Array.from(data.subarray(start, start + count), (value) => (value ? 1 : 0));
  if (dtype === 'i8') return Uint8Array.from(data.subarray(start, start + count));
  if (dtype === 'bf16' || dtype === 'f16')
    return encodeHalves(data.subarray(start, start + count) as Uint16Array);
  // By their bits, so that NaNs keep theirs.
  const bits = new Int32Array(data.buffer, data.byteOffset + start * 4, count);
  if (dtype === 'f32' && floats !== 'f32') return narrow(bits, floats);
  const bytes = new Uint8Array(count * 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < count; i++) view.setInt32(i * 4, bits[i]!, true);
  return bytes;
}

/** Floats, by their bits, as little-endian halves. */
function narrow(bits: Int32Array, floats: 'bf16' | 'f16'): Uint8Array {
  const halves = new Uint16Array(bits.length);
  narrowInto(halves, floats, new Float32Array(bits.buffer, bits.byteOffset, bits.length));
  return encodeHalves(halves);
}

/** 16-bit elements as little-endian bytes. */
function encodeHalves(halves: Uint16Array): Uint8Array {
  const bytes = new Uint8Array(halves.length * 2);
  const view = new DataView(bytes.buffer);
  halves.forEach((half, i) => view.setUint16(i * 2, half, true));
  return bytes;
}

/** @throws AttuneError INVALID_ARGUMENT if a finite number is beyond what 16 bits hold. */
function checkRange(reader: TensorReader, name: string, { data }: HostTensor<'f32'>): void {
  const beyond = beyondFloat16(data);
  if (beyond === undefined) return;
  throw new AttuneError(
    'INVALID_ARGUMENT',
    `${reader.name}: "${name}" has the value ${beyond}, which f16 does not hold.`,
    { fix: 'Store it as bf16 or f32.' },
  );
}

function checkTensor(reader: TensorReader, name: string, spec: TensorSpec, tensor: HostTensor): void {
  if (sameSpec(tensor, spec) && tensor.data.byteLength === bytesOf(spec)) return;
  throw new AttuneError(
    'SHAPE_MISMATCH',
    `${reader.name}: "${name}" should be ${formatSpec(spec)}, but ${formatSpec(tensor)} with ` +
      `${tensor.data.length} elements was read.`,
  );
}

/**
 * A safetensors file in chunks of up to 1 MiB. One tensor at a time is read, when its turn comes. The same tensors give
 * the same bytes, those that the reference implementation writes: the header padded to 8 bytes, wide dtypes first, and
 * names by code point.
 *
 * @throws AttuneError INVALID_ARGUMENT if a tensor is named `__metadata__`; SHAPE_MISMATCH if one is not what its spec
 * says; what the reader throws; INVALID_ARGUMENT if f16 does not hold a value.
 */
export async function* encodeSafetensors(
  reader: TensorReader,
  options: SafetensorsOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { floats = 'f32' } = options;
  const tensors = inFileOrder(reader, floats);
  yield encodeHeader(tensors, options);
  for (const [name, spec] of tensors) {
    const tensor = await reader.read(name);
    checkTensor(reader, name, spec, tensor);
    if (floats === 'f16' && spec.dtype === 'f32') checkRange(reader, name, tensor as HostTensor<'f32'>);
    const step = CHUNK_BYTES / bytesPerElement[spec.dtype];
    for (let start = 0; start < tensor.data.length; start += step) {
      yield encodeChunk(tensor, start, Math.min(step, tensor.data.length - start), floats);
    }
  }
}
