import { AttuneError, hostTensor, listFaults, type HostTensor, type HostTensors } from '@attune/core';
import { encodeSafetensors, memoryTensors, type ReadAdapter } from '@attune/formats';
import { loraLayers, type LoraConfig, type LoraLinear, type RootModule } from '@attune/nn';
import { inputNames } from './adapter-inputs.js';

/** The parts of an adapter that was read which say what it changes. */
export interface AdapterParts extends Pick<ReadAdapter, 'tensors' | 'replaced'> {
  readonly config: { readonly lora: LoraConfig };
}

/** The changes that an adapter makes beside those by factors of layers, in words. */
function otherChanges({ config: { lora }, replaced }: AdapterParts): string[] {
  return [
    ...(lora.useDora ? ['DoRA rescales the weights themselves'] : []),
    ...(lora.modulesToSave.length > 0 ? [`it has modules of its own: ${lora.modulesToSave.join(', ')}`] : []),
    ...(lora.bias === 'none' ? [] : [`it has biases of its own: ${lora.bias}`]),
    ...(Object.keys(replaced).length > 0
      ? [`it has weights in place of the model's: ${Object.keys(replaced).join(', ')}`]
      : []),
  ];
}

/** `[rows, columns]` as `[columns, rows]`, times a number. */
function turned({ shape, data }: HostTensor, scale = 1): HostTensor<'f32'> {
  const [rows, columns] = shape as [number, number];
  const values = new Float32Array(data.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      values[column * rows + row] = scale * data[row * columns + column]!;
    }
  }
  return hostTensor('f32', [columns, rows], values);
}

/**
 * The matrices of an adapter as a decoder that was exported with inputs for them takes them, by the names of these inputs:
 * `A f32[in, r]`, and `B f32[r, out]` times the adapter's scale. Layers that it leaves alone are not among them.
 *
 * @param model with the adapter laid over it, as `readAdapter` leaves it.
 * @param layers those that have inputs; any, if left out.
 * @throws AttuneError UNSUPPORTED_MODEL if the adapter changes more than can be fed; INVALID_ARGUMENT if it changes a layer
 * that has no inputs.
 */
export function adapterTensors(
  model: RootModule,
  adapter: AdapterParts,
  layers?: readonly string[],
): HostTensors {
  const changes = otherChanges(adapter);
  if (changes.length > 0) {
    throw new AttuneError(
      'UNSUPPORTED_MODEL',
      `An adapter like this cannot be fed to a model: ${listFaults(changes)}.`,
      { fix: 'Export the model with the adapter added to its weights.', data: { faults: changes } },
    );
  }
  const adapted = loraLayers(model);
  const without = [...adapted.keys()].filter((path) => layers && !layers.includes(path));
  if (without.length > 0) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `The adapter changes layers for which the model has no inputs: ${listFaults(without)}.`,
      { fix: 'Export the model with inputs for these layers, too.', data: { layers: without } },
    );
  }
  return Object.fromEntries(
    [...adapted].flatMap(([path, layer]) => layerTensors(path, layer, adapter.tensors)),
  );
}

function layerTensors(path: string, layer: LoraLinear, tensors: HostTensors): [string, HostTensor][] {
  const { a, b } = inputNames(path);
  return [
    [a, turned(tensors[layer.lora_A.weight.name]!)],
    [b, turned(tensors[layer.lora_B.weight.name]!, layer.scale)],
  ];
}

/** The file of an adapter for an exported decoder: safetensors, by the names of the decoder's inputs. */
export function adapterFile(tensors: HostTensors): AsyncIterable<Uint8Array> {
  return encodeSafetensors(memoryTensors(tensors, 'the adapter'), { metadata: { format: 'onnx' } });
}
