import { sizeOf, type HostTensors } from '@attune/core';
import { asFloat32, type LanguageModelConfig, type LoraConfig } from '@attune/nn';
import { ggufValue as value } from '../file/metadata.js';
import type { GgufTensorType } from '../file/tensor-types.js';
import type { GgufContents, GgufTensor } from '../file/writer.js';
import { architectureOf, generalKeys, notExpressible } from '../model/model.js';
import { storedType } from '../model/tensor-plan.js';

/** An adapter, as `readAdapter` returns it. */
export interface GgufAdapter {
  readonly config: { readonly lora: LoraConfig };
  readonly tensors: HostTensors;
  /** Weights that stand in place of the base model's. Default none. */
  readonly replaced?: HostTensors;
}

/** How an adapter is stored. */
export interface GgufAdapterOptions {
  /** For people: the adapter's name. */
  readonly name: string;
  /** How its factors are stored. Rows that are no whole blocks of q8_0 are stored as f16. Default f32. */
  readonly dtype?: GgufTensorType;
}

/** A factor of an adapter: the path of its layer, and which one it is. */
const FACTOR = /^(.+)\.lora_(A|B)\.weight$/;

const FIX = 'Export the merged model: leave out --adapter-only.';

/** The most that are named of what an adapter has and llama.cpp does not know. */
const MAX_NAMED = 3;

function named(names: readonly string[]): string {
  const more = names.length - MAX_NAMED;
  return names.slice(0, MAX_NAMED).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function faultsOf(
  config: LanguageModelConfig,
  { config: { lora }, tensors, replaced = {} }: GgufAdapter,
): string[] {
  const faults: string[] = [];
  if (lora.useDora) faults.push('it is a DoRA adapter, and llama.cpp knows LoRA only');
  const whole = Object.keys(tensors).filter(
    (name) => !FACTOR.test(name) && !/lora_magnitude_vector/.test(name),
  );
  if (whole.length > 0) faults.push(`it trains more than factors (${named(whole)})`);
  const others = Object.keys(replaced);
  if (others.length > 0) faults.push(`it replaces weights of the model (${named(others)})`);
  const isTied = config.tieEmbeddings ?? true;
  if (isTied && Object.keys(tensors).some((name) => name.startsWith('lm_head.'))) {
    faults.push('it adapts a head that the model ties to its embedding');
  }
  return faults;
}

/**
 * A LoRA adapter as a GGUF file that llama.cpp lays over its model. There it is scaled by `alpha / rank`: a rank-stabilised
 * one, scaled by `alpha / √rank`, is given `alpha · √rank`.
 *
 * Source: llama.cpp, `llama-adapter.cpp`.
 *
 * @param config of the model that it was trained on.
 * @throws AttuneError UNSUPPORTED_MODEL that lists everything in adapter and model that llama.cpp has no words for.
 */
export function ggufAdapter(
  config: LanguageModelConfig,
  adapter: GgufAdapter,
  { name, dtype = 'f32' }: GgufAdapterOptions,
): GgufContents {
  const { rank, alpha, useRslora } = adapter.config.lora;
  const { name: architecture, layers: layersOf, faults: ofModel } = architectureOf(config);
  const layers = layersOf(rank);
  const unknown = Object.keys(adapter.tensors).filter((tensor) => {
    const [, path] = FACTOR.exec(tensor) ?? [];
    return path !== undefined && !layers.has(path);
  });
  const faults = [...ofModel, ...faultsOf(config, adapter)];
  if (unknown.length > 0) faults.push(`llama.cpp's ${architecture} has no layers for ${named(unknown)}`);
  if (faults.length > 0) throw notExpressible(name, faults, FIX);
  const tensors = Object.entries(adapter.tensors).map(([own, tensor]): GgufTensor => {
    const [, path, factor] = FACTOR.exec(own)!;
    const { name: weight, arrangeRows } = layers.get(path!)!;
    const stored = `${weight}.lora_${factor!.toLowerCase()}`;
    const { shape } = tensor;
    return {
      ...{ name: stored, shape, type: storedType(stored, shape, dtype) },
      async read() {
        const { data } = asFloat32(own, tensor);
        return factor === 'B' && arrangeRows ? arrangeRows(data) : data.subarray(0, sizeOf(shape));
      },
    };
  });
  const metadata = new Map([
    ...generalKeys('adapter', { architecture, name, dtype }),
    ['adapter.type', value.string('lora')] as const,
    ['adapter.lora.alpha', value.f32(useRslora ? alpha * Math.sqrt(rank) : alpha)] as const,
  ]);
  return { metadata, tensors };
}
