import {
  AttuneError,
  formatSpec,
  Random,
  sameSpec,
  type HostTensors,
  type Model,
  type ModelBuffer,
  type Parameter,
  type Shape,
} from '@attune/core';
import type { TensorReader } from '@attune/formats';
import type { Weight } from '@attune/lowering-onnx';
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
 * The tensors of a model as parts of an ONNX model. They are checked now, and read when the model is written, one at a
 * time.
 */
export class WeightReader {
  private readonly parts: ReadonlyMap<string, Parameter | ModelBuffer>;

  constructor(
    model: Model,
    private readonly tensors: TensorReader,
    private readonly dtype: WeightDType,
  ) {
    this.parts = new Map([...model.parameters, ...model.buffers].map((part) => [part.name, part]));
  }

  /** A tensor of the model. @throws AttuneError CHECKPOINT_MISMATCH if it is missing or of another shape. */
  weight(name: string): Weight {
    const part = this.parts.get(name)!;
    const { shape } = part;
    if ('persistent' in part && !part.persistent) {
      // A table that is the same for all models of this shape, and in no checkpoint.
      return { name, shape, elementType: 'f32', read: async () => bytesOf(part.init(new Random(0), shape)) };
    }
    this.check(name, shape);
    const half = isHalf(shape, this.dtype);
    return {
      ...{ name, shape, elementType: half ? 'f16' : 'f32' },
      read: async () => {
        const data = (await this.tensors.read(name)).data as Float32Array;
        return half ? halves(name, data) : bytesOf(data);
      },
    };
  }

  private check(name: string, shape: Shape): void {
    const expected = { dtype: 'f32', shape } as const;
    const found = Object.hasOwn(this.tensors.specs, name) ? this.tensors.specs[name] : undefined;
    if (found && sameSpec(found, expected)) return;
    const what = found ? `is ${formatSpec(found)} instead of ${formatSpec(expected)}` : 'is missing';
    throw new AttuneError('CHECKPOINT_MISMATCH', `${this.tensors.name}: ${name} ${what}.`);
  }
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
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
