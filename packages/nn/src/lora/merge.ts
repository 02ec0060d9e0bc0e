import { AttuneError, hostTensor, type HostTensor, type HostTensors } from '@attune/core';
import { asFloat32 } from '../storage/stored.js';
import type { RootModule } from '../module/root-module.js';
import { loraLayers } from './apply-lora.js';
import type { LoraLinear } from './lora-linear.js';

/** A layer's weight with the adapter's update, row by row of `[out, in]`. */
interface UpdatedRow {
  readonly row: number;
  readonly values: Float64Array;
}

function tensorOf(tensors: HostTensors, name: string): HostTensor<'f32'> {
  const tensor = tensors[name];
  if (tensor) return asFloat32(name, tensor);
  throw new AttuneError('CHECKPOINT_MISMATCH', `The tensors have no ${name}.`, {
    fix: 'Give those of the base model and those of the adapter together.',
  });
}

/** Where element `[row, column]` of the `[out, in]` weight is stored. */
function placeOf({ layout, inFeatures, outFeatures }: LoraLinear): (row: number, column: number) => number {
  return layout === 'out-in'
    ? (row, column) => row * inFeatures + column
    : (row, column) => column * outFeatures + row;
}

/** The rows of `W + s · B · A`, in float64. `values` is reused from row to row. */
function* updatedRows(layer: LoraLinear, tensors: HostTensors): Generator<UpdatedRow> {
  const [weight, a, b] = [layer.weight, layer.lora_A.weight, layer.lora_B.weight].map(
    ({ name }) => tensorOf(tensors, name).data,
  ) as [Float32Array, Float32Array, Float32Array];
  const { inFeatures, outFeatures, scale } = layer;
  const rank = layer.lora_A.outFeatures;
  const place = placeOf(layer);
  const values = new Float64Array(inFeatures);
  for (let row = 0; row < outFeatures; row++) {
    for (let column = 0; column < inFeatures; column++) values[column] = weight[place(row, column)]!;
    for (let k = 0; k < rank; k++) {
      const factor = scale * b[row * rank + k]!;
      if (factor === 0) continue;
      for (let column = 0; column < inFeatures; column++) {
        values[column]! += factor * a[k * inFeatures + column]!;
      }
    }
    yield { row, values };
  }
}

function norm(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}

/**
 * The lengths that DoRA's columns have: what its magnitudes begin with, under their names. Empty where the adapters are
 * plain LoRA.
 *
 * @param tensors the base model's, and the adapters'.
 */
export function columnNorms(model: RootModule, tensors: HostTensors): Record<string, HostTensor<'f32'>> {
  const norms: Record<string, HostTensor<'f32'>> = {};
  for (const layer of loraLayers(model).values()) {
    if (!layer.lora_magnitude_vector) continue;
    const lengths = new Float32Array(layer.outFeatures);
    for (const { row, values } of updatedRows(layer, tensors)) lengths[row] = norm(values);
    norms[layer.lora_magnitude_vector.name] = hostTensor('f32', [layer.outFeatures], lengths);
  }
  return norms;
}

/**
 * The base model's tensors with the adapters' updates added: the same function, without adapters.
 *
 * @param model with adapters.
 * @param tensors the base model's, and the adapters'.
 * @returns under the names of the base model. Tensors that no adapter changes are not copied.
 * @throws AttuneError CHECKPOINT_MISMATCH that names the tensor that is missing.
 */
export function mergeLora(model: RootModule, tensors: HostTensors): HostTensors {
  const merged: Record<string, HostTensor> = {};
  const parts = new Set<string>();
  for (const [path, layer] of loraLayers(model)) {
    for (const part of model.parameters) {
      if (part.name.startsWith(`${path}.lora_`)) parts.add(part.name);
    }
    const { name, shape } = layer.weight;
    const place = placeOf(layer);
    const data = new Float32Array(layer.inFeatures * layer.outFeatures);
    const magnitudes =
      layer.lora_magnitude_vector && tensorOf(tensors, layer.lora_magnitude_vector.name).data;
    for (const { row, values } of updatedRows(layer, tensors)) {
      const factor = magnitudes ? magnitudes[row]! / norm(values) : 1;
      values.forEach((value, column) => (data[place(row, column)] = factor * value));
    }
    merged[name] = hostTensor('f32', shape, data);
  }
  for (const { name } of [...model.parameters, ...model.buffers.filter(({ persistent }) => persistent)]) {
    if (!parts.has(name)) merged[name] ??= tensorOf(tensors, name);
  }
  return merged;
}
