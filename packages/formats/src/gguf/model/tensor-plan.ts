import {
  AttuneError,
  formatSpec,
  sameSpec,
  sizeOf,
  type HostTensor,
  type Shape,
  type TensorSpecs,
} from '@attune/core';
import { asFloat32 } from '@attune/nn';
import { Q8_BLOCK, type GgufTensorType } from '../file/tensor-types.js';
import type { GgufTensor } from '../file/writer.js';
import type { TensorReader } from '../../safetensors/tensor-reader.js';

/** A tensor of a file, and how it is made of one of the model's. */
export interface PlannedTensor {
  /** Its name in the file. */
  readonly name: string;
  /** The model's own tensor, by the name that `@attune/nn` gives it; `undefined` for one that is made here. */
  readonly from?: string;
  /** The shape that it has in the file, rows last. */
  readonly shape: Shape;
  /** Puts the numbers in the order of the file. */
  readonly arrange?: (data: Float32Array) => Float32Array;
  /** The numbers of one that is made here. */
  readonly make?: () => Float32Array;
}

/** Tensors that llama.cpp works with in f32 only. */
const ALWAYS_F32 = /^position_embd\.|_norm\.weight$/;

/** Tensors that may be stored in other types, by the end of their names. */
const MATRIX = /\.(weight|lora_a|lora_b)$/;

/**
 * The type that a tensor is stored as in a file of some type: vectors, norms and positions stay f32, and rows that are no
 * whole blocks of q8_0 are f16.
 *
 * Source: llama.cpp, `convert_hf_to_gguf.py`, `prepare_tensors`.
 */
export function storedType(name: string, shape: Shape, type: GgufTensorType): GgufTensorType {
  if (shape.length < 2 || ALWAYS_F32.test(name) || !MATRIX.test(name)) return 'f32';
  return type === 'q8_0' && shape.at(-1)! % Q8_BLOCK !== 0 ? 'f16' : type;
}

/** A matrix with rows and columns exchanged. */
export function transposed(rows: number, columns: number): (data: Float32Array) => Float32Array {
  return (data) => {
    const turned = new Float32Array(data.length);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        turned[column * rows + row] = data[row * columns + column]!;
      }
    }
    return turned;
  };
}

/**
 * The tensors of a file, from those of a model. All are checked now, and each is read when its turn comes.
 *
 * @param specs of the model's tensors, by the names of `@attune/nn`.
 * @throws AttuneError CHECKPOINT_MISMATCH if one is missing or of another shape.
 */
export function plannedTensors(
  plan: readonly PlannedTensor[],
  specs: TensorSpecs,
  reader: TensorReader,
  type: GgufTensorType,
): GgufTensor[] {
  return plan.map(({ name, from, shape, arrange, make }) => {
    if (from !== undefined) checkTensor(reader, from, specs);
    return {
      ...{ name, shape, type: storedType(name, shape, type) },
      async read() {
        if (from === undefined) return make ? make() : new Float32Array(sizeOf(shape));
        const { data } = asFloat32(from, await reader.read(from));
        return arrange ? arrange(data) : data;
      },
    };
  });
}

function checkTensor({ name: source, specs: found }: TensorReader, name: string, specs: TensorSpecs): void {
  const expected = specs[name]!;
  const stored = Object.hasOwn(found, name) ? found[name] : undefined;
  // In memory, floats may be held as they are stored.
  const isFloat = stored && ['f32', 'bf16', 'f16'].includes(stored.dtype);
  if (stored && isFloat && sameSpec({ ...stored, dtype: 'f32' } as HostTensor, expected)) return;
  const what = stored ? `is ${formatSpec(stored)} instead of ${formatSpec(expected)}` : 'is missing';
  throw new AttuneError('CHECKPOINT_MISMATCH', `${source}: ${name} ${what}.`);
}
