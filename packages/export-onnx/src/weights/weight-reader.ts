import {
  AttuneError,
  formatSpec,
  sameSpec,
  type HostTensor,
  type HostTensors,
  type Shape,
} from '@attune/core';
import type { TensorReader } from '@attune/formats';
import type { SymbolicWeight } from '@attune/lowering-onnx';
import { float16Bits, float16Value } from './float16.js';

/** How the numbers of weights are stored. Computed is in f32 either way. */
export type WeightDType = 'f32' | 'f16';

/** As f16 only matrices are stored: vectors are small, and norms and biases are sensitive. */
function isHalf(shape: Shape, dtype: WeightDType): boolean {
  return dtype === 'f16' && shape.length > 1;
}

/** A model's parameters as an export stores them: rounded to f16, or as they are. */
export function storedTensors(tensors: HostTensors, dtype: WeightDType): HostTensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => {
      if (!isHalf(tensor.shape, dtype)) return [name, tensor];
      const data = (tensor.data as Float32Array).map((value) => float16Value(float16Bits(value)));
      return [name, { ...tensor, dtype: 'f32', data }];
    }),
  );
}

/**
 * The tensors of a model as weights of an ONNX graph. They are checked now, and read when the model is written, one at
 * a time.
 */
export class WeightReader {
  constructor(
    private readonly tensors: TensorReader,
    private readonly dtype: WeightDType,
  ) {}

  /** A tensor as it is. @throws AttuneError CHECKPOINT_MISMATCH if it is missing or of another shape. */
  weight(name: string, shape: Shape): SymbolicWeight {
    this.check(name, shape);
    return this.stored(name, shape, async () => this.tensors.read(name));
  }

  /** A matrix that is kept as `[columns, rows]`, as `[rows, columns]`. @throws as {@link WeightReader.weight}. */
  transposed(name: string, [rows, columns]: readonly [number, number]): SymbolicWeight {
    this.check(name, [columns, rows]);
    return this.stored(name, [rows, columns], async () => transpose(await this.tensors.read(name)));
  }

  private check(name: string, shape: Shape): void {
    const expected = { dtype: 'f32', shape } as const;
    const found = Object.hasOwn(this.tensors.specs, name) ? this.tensors.specs[name] : undefined;
    if (found && sameSpec(found, expected)) return;
    const what = found ? `is ${formatSpec(found)} instead of ${formatSpec(expected)}` : 'is missing';
    throw new AttuneError('CHECKPOINT_MISMATCH', `${this.tensors.name}: ${name} ${what}.`);
  }

  private stored(name: string, shape: Shape, read: () => Promise<HostTensor>): SymbolicWeight {
    const half = isHalf(shape, this.dtype);
    return {
      name,
      shape,
      elementType: half ? 'f16' : 'f32',
      read: async () => {
        const data = (await read()).data as Float32Array;
        return half ? halves(name, data) : new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
      },
    };
  }
}

function transpose({ shape, data }: HostTensor): HostTensor {
  const [rows, columns] = shape as [number, number];
  const result = new Float32Array(rows * columns);
  // By blocks, so that what is read and what is written stay in the cache.
  const block = 32;
  for (let top = 0; top < rows; top += block) {
    for (let left = 0; left < columns; left += block) {
      const [bottom, right] = [Math.min(rows, top + block), Math.min(columns, left + block)];
      for (let row = top; row < bottom; row++) {
        for (let column = left; column < right; column++) {
          result[column * rows + row] = data[row * columns + column]!;
        }
      }
    }
  }
  return { dtype: 'f32', shape: [columns, rows], data: result };
}

/** @throws AttuneError UNSUPPORTED_MODEL for a number that no float16 is near to. */
function halves(name: string, data: Float32Array): Uint8Array {
  const bits = new Uint16Array(data.length);
  for (let i = 0; i < data.length; i++) {
    bits[i] = float16Bits(data[i]!);
    if ((bits[i]! & 0x7fff) === 0x7c00 && Number.isFinite(data[i])) {
      throw new AttuneError(
        'UNSUPPORTED_MODEL',
        `${name} has ${data[i]}, and f16 ends at 65504: this model cannot be stored as f16.`,
        { fix: 'Export it as f32.' },
      );
    }
  }
  return new Uint8Array(bits.buffer);
}
