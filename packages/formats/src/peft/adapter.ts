import {
  AttuneError,
  formatSpec,
  listFaults,
  sameSpec,
  type HostTensor,
  type HostTensors,
} from '@attune/core';
import { applyLora, isSavedAs, loraLayers, type LoraConfig, type RootModule } from '@attune/nn';
import { formatJson, type FileContent } from '../bytes/file-content.js';
import { readJsonObject } from '../bytes/json.js';
import { extraFiles } from '../folder/extra-files.js';
import type { Folder } from '../folder/folder.js';
import { encodeSafetensors, openSafetensors } from '../safetensors/index.js';
import { memoryTensors, readTensors } from '../tensor-reader.js';
import {
  formatAdapterConfig,
  parseAdapterConfig,
  type AdapterConfig,
  type TaskType,
} from './adapter-config.js';

/** Names of the files of an adapter. */
export const ADAPTER_CONFIG_JSON = 'adapter_config.json';
export const ADAPTER_SAFETENSORS = 'adapter_model.safetensors';

/** What peft writes before the name that a tensor has in its model. */
const PREFIX = 'base_model.model.';

/** The tensors of a model that belong to its adapters, peft's name for each. */
export function adapterNames(model: RootModule): ReadonlyMap<string, string> {
  const layers = loraLayers(model);
  const names = model.parameters.flatMap(({ name, trainable }): [string, string][] => {
    if (!trainable) return [];
    const [, path = '', part = ''] = /^(?:(.*)\.)?([^.]+)$/.exec(name)!;
    // A bias that was the layer's before: peft keeps the layer it adapts apart.
    const own = layers.has(path) && !part.startsWith('lora_') ? `${path}.base_layer.${part}` : name;
    return [[name, `${PREFIX}${own}`]];
  });
  return new Map(names);
}

/** What an adapter's folder is written from. */
export interface AdapterContents {
  /** With adapters. */
  readonly model: RootModule;
  readonly lora: LoraConfig;
  /** At least those of the adapters, by the names that `@attune/nn` gives them. */
  readonly tensors: HostTensors;
  readonly taskType: TaskType;
  /** Where the model came from. */
  readonly baseModel: string | null;
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
  taskType,
  baseModel,
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
  const fanInFanOut = [...loraLayers(model).values()].some(({ layout }) => layout === 'in-out');
  return [
    ...extraFiles(files, [ADAPTER_SAFETENSORS, ADAPTER_CONFIG_JSON]),
    [
      ADAPTER_SAFETENSORS,
      encodeSafetensors(memoryTensors(named, 'the adapter'), { metadata: { format: 'pt' } }),
    ],
    [ADAPTER_CONFIG_JSON, formatJson(formatAdapterConfig({ lora, taskType, baseModel }, { fanInFanOut }))],
  ];
}

/** An adapter that was read, and laid over its model. */
export interface ReadAdapter {
  readonly config: AdapterConfig & { readonly lora: LoraConfig };
  /** By the names that `@attune/nn` gives them. */
  readonly tensors: HostTensors;
}

/**
 * Reads an adapter that peft or {@link adapterFiles} wrote, and lays it over the model it was trained on: that one has
 * adapters then, and what the adapter's tensors do not hold is frozen.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT, UNSUPPORTED_MODEL; CHECKPOINT_MISMATCH that lists every tensor that does
 * not fit, as with an adapter for another model. The model is as it was then, unless it is the tensors that do not fit.
 */
export async function readAdapter(folder: Folder, model: RootModule): Promise<ReadAdapter> {
  const config = parseAdapterConfig(await readJson(folder), `${folder.name}/${ADAPTER_CONFIG_JSON}`);
  const lora = await layOver(model, config, folder.name);
  const source = await folder.open(ADAPTER_SAFETENSORS);
  try {
    const reader = await openSafetensors(source);
    const names = adapterNames(model);
    const shapes = new Map(model.parameters.map((parameter) => [parameter.name, parameter]));
    const faults = [...names].flatMap(([own, peft]) => {
      const spec = { shape: shapes.get(own)!.shape, dtype: 'f32' } as const;
      const found = reader.specs[peft];
      if (!found) return [`${peft} is missing`];
      return sameSpec(found, spec) ? [] : [`${peft} is ${formatSpec(found)} instead of ${formatSpec(spec)}`];
    });
    const known = new Set(names.values());
    for (const name of Object.keys(reader.specs)) if (!known.has(name)) faults.push(`${name} is unexpected`);
    if (faults.length > 0) throw foreign(folder.name, faults);
    const read = await readTensors(reader, names.values());
    const tensors = [...names].map(([own, peft]): [string, HostTensor] => [own, read[peft]!]);
    return { config: { ...config, lora }, tensors: Object.fromEntries(tensors) };
  } finally {
    await source.close();
  }
}

function foreign(name: string, faults: readonly string[]): AttuneError {
  return new AttuneError(
    'CHECKPOINT_MISMATCH',
    `The adapter in ${name} is not one for this model: ${listFaults(faults)}.`,
    { fix: 'Load it with the model it was trained on.', data: { faults } },
  );
}

async function readJson(folder: Folder) {
  const source = await folder.open(ADAPTER_CONFIG_JSON);
  try {
    return await readJsonObject(source);
  } finally {
    await source.close();
  }
}

/** Applies the adapters that a configuration describes. */
async function layOver(model: RootModule, { lora }: AdapterConfig, name: string): Promise<LoraConfig> {
  const { targetModules } = lora;
  // What the expression fits, as whole paths: those are names as well.
  const named =
    targetModules instanceof RegExp
      ? [...model.modules.keys()].filter((path) => targetModules.test(path))
      : targetModules;
  if (named.length === 0) {
    throw foreign(name, [`no module fits its target_modules, ${String(targetModules)}`]);
  }
  try {
    // peft names the heads that any model for a task may have.
    const present = (one: string) => [...model.modules.keys()].some((path) => isSavedAs(path, one));
    const modulesToSave = lora.modulesToSave.filter(present);
    return applyLora(model, { ...lora, modulesToSave, targetModules: named });
  } catch (error) {
    if (!(error instanceof AttuneError)) throw error;
    throw new AttuneError(
      'CHECKPOINT_MISMATCH',
      `The adapter in ${name} is not one for this model: ${error.message}`,
      {
        fix: 'Load it with the model it was trained on.',
        cause: error,
      },
    );
  }
}
