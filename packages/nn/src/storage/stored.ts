import {
  allocateHostData,
  AttuneError,
  beyondFloat16,
  formatSpec,
  hostTensor,
  isStorage,
  narrowed,
  sizeOf,
  widened,
  type HostTensor,
  type HostTensors,
  type Model,
  type ModelBuffer,
  type Parameter,
  type Shape,
  type StorageDType,
  type TensorSpec,
  type TensorSpecs,
} from '@attune/core';

/** A tensor of a model: a buffer is held as it is. */
export type ModelPart = Pick<Parameter, 'name' | 'shape' | 'storage' | 'channelAxis'> | ModelBuffer;

const storageOf = (part: ModelPart): StorageDType | undefined =>
  'storage' in part ? part.storage : undefined;

/** The tensor that holds the scales of a parameter in 8 bits. */
export function scaleName(parameter: string): string {
  return `${parameter}.scale`;
}

/** The shape of the scales of a weight: one for each output channel, the others 1, so that they broadcast. */
export function scaleShape({ shape, channelAxis = 0 }: Pick<Parameter, 'shape' | 'channelAxis'>): Shape {
  return shape.map((length, axis) => (axis === channelAxis ? length : 1));
}

/** The tensors that a State holds of a part: its own, and the scales of one in 8 bits. */
export function storedSpecs(part: ModelPart): TensorSpecs {
  const { name, shape } = part;
  const storage = storageOf(part);
  const own: TensorSpec = { shape, dtype: storage ?? 'f32' };
  if (storage !== 'i8') return { [name]: own };
  return { [name]: own, [scaleName(name)]: { shape: scaleShape(part), dtype: 'f32' } };
}

/** The tensors that a State holds of a model. */
export function modelStateSpecs({ parameters, buffers }: Pick<Model, 'parameters' | 'buffers'>): TensorSpecs {
  return Object.assign({}, ...[...parameters, ...buffers].map(storedSpecs)) as TensorSpecs;
}

/** A tensor as f32: itself, or widened. @throws AttuneError DTYPE_MISMATCH for one of whole numbers. */
export function asFloat32(name: string, tensor: HostTensor): HostTensor<'f32'> {
  if (tensor.dtype === 'f32') return tensor as HostTensor<'f32'>;
  if (tensor.dtype === 'bf16' || tensor.dtype === 'f16') return widened(tensor as HostTensor<StorageDType>);
  throw new AttuneError('DTYPE_MISMATCH', `${name} is ${formatSpec(tensor)}, which holds no floats.`);
}

/**
 * A value as a State holds it. One that comes in the parameter's own storage type is used as it is; any other is widened and
 * rounded to it: to nearest, ties to even. In 8 bits each output channel is a multiple of its largest magnitude / 127.
 *
 * @param value f32, bf16 or f16.
 * @throws AttuneError INVALID_ARGUMENT for a number that is finite and would be infinite in f16.
 */
export function storedValues(part: ModelPart, value: HostTensor): HostTensors {
  const { name } = part;
  const storage = storageOf(part);
  if (storage === value.dtype) return { [name]: value };
  const wide = asFloat32(name, value);
  if (storage === undefined) return { [name]: wide };
  if (storage === 'i8') return quantized(part, wide);
  if (storage === 'f16') checkRange(name, wide);
  return { [name]: narrowed(storage, wide) };
}

/** @throws AttuneError INVALID_ARGUMENT if a finite number is beyond what f16 holds. */
function checkRange(name: string, { data }: HostTensor<'f32'>): void {
  const beyond = beyondFloat16(data);
  if (beyond === undefined) return;
  throw new AttuneError(
    'INVALID_ARGUMENT',
    `${name} has the value ${beyond}, which f16 does not hold: its largest number is 65504.`,
    { fix: 'Hold weights in bf16 or f32.' },
  );
}

/** The value of a part, from the tensors that a State holds of it. */
export function widenedValue(part: ModelPart, tensors: HostTensors): HostTensor<'f32'> {
  const { name, shape } = part;
  const tensor = tensors[name]!;
  if (!isStorage(tensor.dtype)) return asFloat32(name, tensor);
  const wide = widened(tensor as HostTensor<StorageDType>);
  if (tensor.dtype !== 'i8') return wide;
  const scale = tensors[scaleName(name)]!.data as Float32Array;
  const channelOf = channels(part);
  return hostTensor(
    'f32',
    shape,
    wide.data.map((value, i) => value * scale[channelOf(i)]!),
  );
}

/** The output channel of each element. */
function channels({ shape, channelAxis = 0 }: Pick<Parameter, 'shape' | 'channelAxis'>) {
  const inner = sizeOf(shape.slice(channelAxis + 1));
  const count = shape[channelAxis]!;
  return (index: number): number => Math.floor(index / inner) % count;
}

/** The whole number nearest to a number, of two that are as near the even one. */
function roundToEven(value: number): number {
  const low = Math.floor(value);
  const rest = value - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 !== 0) ? low + 1 : low;
}

/** `q = round(w / scale)`, `scale = max|w| / 127` of each output channel; 1 for a channel of zeros. */
function quantized(
  part: Pick<Parameter, 'name' | 'shape' | 'channelAxis'>,
  { data }: HostTensor<'f32'>,
): HostTensors {
  const { name, shape } = part;
  const channelOf = channels(part);
  const scales = allocateHostData('f32', sizeOf(scaleShape(part)));
  for (let i = 0; i < data.length; i++) {
    const channel = channelOf(i);
    scales[channel] = Math.max(scales[channel]!, Math.abs(data[i]!));
  }
  for (let i = 0; i < scales.length; i++) scales[i] = scales[i]! > 0 ? scales[i]! / 127 : 1;
  const elements = allocateHostData('i8', data.length);
  for (let i = 0; i < data.length; i++) elements[i] = roundToEven(data[i]! / scales[channelOf(i)]!);
  return {
    [name]: hostTensor('i8', shape, elements),
    [scaleName(name)]: hostTensor('f32', scaleShape(part), scales),
  };
}
