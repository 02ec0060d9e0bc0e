import { AttuneError, type HostTensors } from '@attune/core';
import { loraLayers, LoraLinear, type LoraConfig, type RootModule } from '@attune/nn';
import { formatJson, type FileContent } from '@attune/files';
import { extraFiles } from '../hugging-face/extra-files.js';
import { encodeSafetensors, type FloatDType } from '../safetensors/index.js';
import { memoryTensors } from '../safetensors/tensor-reader.js';
import { formatAdapterConfig, type TaskType } from './adapter-config.js';
import { HEAD, HEAD_WEIGHT, isTied } from './tied-head.js';

/** Names of the files of an adapter. */
export const ADAPTER_CONFIG_JSON = 'adapter_config.json';
export const ADAPTER_SAFETENSORS = 'adapter_model.safetensors';

/** The prefix that peft puts before the name of a tensor. */
export const PREFIX = 'base_model.model.';

/** The tensors of a model that belong to its adapters, peft's name for each. */
export function adapterNames(model: RootModule): ReadonlyMap<string, string> {
  const trained = model.parameters.filter(({ trainable }) => trainable);
  return new Map(trained.map(({ name }) => [name, peftName(model, name)]));
}

/** peft's name for a parameter of a model with adapters. */
function peftName(model: RootModule, name: string): string {
  const [, path = '', part = ''] = /^(?:(.*)\.)?([^.]+)$/.exec(name)!;
  // What was the layer's before: peft keeps the layer it adapts apart.
  const isLayers = model.modules.get(path) instanceof LoraLinear && !part.startsWith('lora_');
  return `${PREFIX}${isLayers ? `${path}.base_layer.${part}` : name}`;
}

/** The contents of an adapter's folder. */
export interface AdapterContents {
  /** With adapters. */
  readonly model: RootModule;
  readonly lora: LoraConfig;
  /** At least those of the adapters, by the names that `@attune/nn` gives them. */
  readonly tensors: HostTensors;
  readonly taskType: TaskType;
  /** Weights of embedding and head that stand in place of the base model's: those that came with an adapter read before. */
  readonly replaced?: HostTensors;
  /** Where the model came from. */
  readonly baseModel: string | null;
  /** The commit, branch or tag of a base model on the hub. */
  readonly revision?: string;
  /** How floats are stored. Default `f32`. */
  readonly dtype?: FloatDType;
  /** Other files, by name: those of the tokenizer. JSON documents are objects; strings are written as they are. */
  readonly files?: Readonly<Record<string, unknown>>;
}

/**
 * The files of an adapter, as `PeftModel.from_pretrained` reads them: `adapter_config.json` last.
 *
 * @throws AttuneError CHECKPOINT_MISMATCH that lists every tensor that is missing.
 */
export function adapterFiles({
  model,
  lora,
  tensors,
  replaced = {},
  taskType,
  baseModel,
  revision,
  dtype,
  files = {},
}: AdapterContents): [string, FileContent][] {
  const names = adapterNames(model);
  const missing = [...names.keys()].filter((name) => !Object.hasOwn(tensors, name));
  if (missing.length > 0) {
    throw new AttuneError(
      'CHECKPOINT_MISMATCH',
      `Tensors of the adapter are missing: ${missing.join(', ')}.`,
    );
  }
  const named = Object.fromEntries([...names].map(([own, peft]) => [peft, tensors[own]!]));
  // peft would leave the head at the base's embedding: it is saved as well, and tied where peft can do that.
  const embedding = isTied(model) ? model.aliases[HEAD_WEIGHT]! : undefined;
  const trainsTied = embedding !== undefined && names.has(embedding);
  if (trainsTied) named[`${PREFIX}${HEAD_WEIGHT}`] = tensors[embedding]!;
  const saved = { ...lora, modulesToSave: [...lora.modulesToSave, ...(trainsTied ? [HEAD] : [])] };
  for (const [name, tensor] of Object.entries(replaced)) named[peftName(model, name)] = tensor;
  const fanInFanOut = [...loraLayers(model).values()].some(({ layout }) => layout === 'in-out');
  return [
    ...extraFiles(files, [ADAPTER_SAFETENSORS, ADAPTER_CONFIG_JSON]),
    [
      ADAPTER_SAFETENSORS,
      encodeSafetensors(memoryTensors(named, 'the adapter'), { metadata: { format: 'pt' }, floats: dtype }),
    ],
    [
      ADAPTER_CONFIG_JSON,
      formatJson(
        formatAdapterConfig(
          { lora: saved, taskType, baseModel, revision, ensureWeightTying: trainsTied },
          { fanInFanOut },
        ),
      ),
    ],
  ];
}
