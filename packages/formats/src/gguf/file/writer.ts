import { AttuneError, sizeOf, type Shape } from '@attune/core';
import { ByteWriter } from './byte-writer.js';
import { encodeElements } from './encode-elements.js';
import { writeMetadata, type GgufMetadata } from './metadata.js';
import { storedBytes, tensorTypeIds, type GgufTensorType } from './tensor-types.js';

/** A tensor of a file. Its numbers are read when their turn comes. */
export interface GgufTensor {
  readonly name: string;
  /** Rows last, as everywhere here: `[out, in]`. The file has the sizes the other way round. */
  readonly shape: Shape;
  readonly type: GgufTensorType;
  read(): Promise<Float32Array>;
}

/** The contents of a file. */
export interface GgufContents {
  readonly metadata: GgufMetadata;
  readonly tensors: readonly GgufTensor[];
}

const VERSION = 3;

/** Where tensors begin: multiples of it. The format's default, which need not be written. */
const ALIGNMENT = 32;

/** Longest name that llama.cpp has room for. */
const MAX_NAME_BYTES = 63;

/** Numbers of a chunk: a multiple of every block. */
const CHUNK = 2 ** 18;

const padded = (bytes: number) => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

function header({ metadata, tensors }: GgufContents): Uint8Array {
  const to = new ByteWriter();
  for (const character of 'GGUF') to.u8(character.charCodeAt(0));
  to.u32(VERSION);
  to.u64(tensors.length);
  to.u64(metadata.size);
  for (const [key, value] of metadata) writeMetadata(to, key, value);
  let offset = 0;
  for (const { name, shape, type } of tensors) {
    to.string(name);
    to.u32(shape.length);
    for (const size of [...shape].reverse()) to.u64(size);
    to.u32(tensorTypeIds[type]);
    to.u64(offset);
    offset += padded(storedBytes(name, shape, type));
  }
  to.align(ALIGNMENT);
  return to.written();
}

function checkNames(tensors: readonly GgufTensor[]): void {
  const names = new Set<string>();
  for (const { name } of tensors) {
    if (names.has(name)) throw new AttuneError('INVALID_ARGUMENT', `Two tensors are named ${name}.`);
    if (new TextEncoder().encode(name).length > MAX_NAME_BYTES) {
      throw new AttuneError(
        'INVALID_ARGUMENT',
        `${name} is longer than the ${MAX_NAME_BYTES} bytes of a name.`,
      );
    }
    names.add(name);
  }
}

/**
 * A GGUF file in chunks of up to 1 MiB, its header aside. One tensor at a time is read, when its turn comes. The bytes are
 * those that gguf-py writes.
 *
 * Source: ggml-org/ggml, `docs/gguf.md`, version 3.
 *
 * @throws AttuneError INVALID_ARGUMENT for names that are taken or too long, rows that are no whole blocks, and numbers that
 * a type does not hold; SHAPE_MISMATCH if a tensor is not as large as it says; what reading the tensors throws.
 */
export async function* encodeGguf(contents: GgufContents): AsyncGenerator<Uint8Array, void, undefined> {
  checkNames(contents.tensors);
  yield header(contents);
  for (const { name, shape, type, read } of contents.tensors) {
    const data = await read();
    if (data.length !== sizeOf(shape)) {
      throw new AttuneError(
        'SHAPE_MISMATCH',
        `${name} should have ${sizeOf(shape)} numbers, but ${data.length} were read.`,
      );
    }
    for (let start = 0; start < data.length; start += CHUNK) {
      yield encodeElements(name, data.subarray(start, start + CHUNK), type);
    }
    const bytes = storedBytes(name, shape, type);
    const gap = padded(bytes) - bytes;
    if (gap > 0) yield new Uint8Array(gap);
  }
}
