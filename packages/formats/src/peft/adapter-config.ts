import { AttuneError } from '@attune/core';
import { loraConfig, type LoraConfig, type LoraBias } from '@attune/nn';
import type { JsonObject } from '@attune/files';
import { initFault, initFix, unsupportedKeys } from './adapter-keys.js';
import type { LayerChoice, ModuleNames } from './target-modules.js';

/** The task of an adapter, in peft's words. */
export type TaskType = 'CAUSAL_LM' | 'SEQ_CLS';

/** The contents of `adapter_config.json`. */
export interface AdapterConfig {
  /** `targetModules` is a pattern over paths, of Python's, where peft was given one text. */
  readonly lora: Omit<LoraConfig, 'targetModules'> & { readonly targetModules: ModuleNames };
  /** Which of the modules that `targetModules` names are adapted. Default: all. */
  readonly layerChoice?: LayerChoice;
  /** True if what is saved of a tied embedding is its head as well. */
  readonly ensureWeightTying?: boolean;
  readonly taskType: TaskType | null;
  /** Where the model came from that it was trained on. */
  readonly baseModel: string | null;
  /** The commit, branch or tag of a base model on the hub. Default: its main branch. */
  readonly revision?: string;
}

const MERGE_FIX = 'Merge the adapter into its model with peft, and load the merged model.';

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

/** Names of modules or, as one text, a pattern over their paths. */
function moduleNames(json: JsonObject, key: string, name: string): ModuleNames {
  const value = json[key];
  if (typeof value === 'string' || isTexts(value)) return value;
  throw new AttuneError(
    'FILE_CORRUPT',
    `${name}: ${key} must be names or a pattern, but is ${JSON.stringify(value)}.`,
  );
}

/** The keys by which peft leaves out some of the modules that `target_modules` names. */
function layerChoice(json: JsonObject, name: string): LayerChoice {
  const { layers_to_transform: layers = null, exclude_modules: excluded = null } = json;
  const indices = typeof layers === 'number' ? [layers] : (layers ?? []);
  if (!Array.isArray(indices) || !indices.every(Number.isInteger)) {
    throw new AttuneError(
      'FILE_CORRUPT',
      `${name}: layers_to_transform must be indices of layers, but is ${JSON.stringify(layers)}.`,
    );
  }
  const within = [json['layers_pattern'] ?? []].flat().filter((one) => one !== '');
  if (within.length > 1 || !within.every((one) => typeof one === 'string' && /^\w+$/.test(one))) {
    throw new AttuneError(
      'UNSUPPORTED_MODEL',
      `${name}: layers_pattern must be the name of one list, but is ${JSON.stringify(json['layers_pattern'])}.`,
      { fix: MERGE_FIX },
    );
  }
  if (indices.length + within.length > 0 && typeof json['target_modules'] === 'string') {
    throw new AttuneError(
      'FILE_CORRUPT',
      `${name}: layers_to_transform and layers_pattern go with names in target_modules, not with a pattern.`,
    );
  }
  return {
    excluded: excluded === null || excluded === '' ? [] : moduleNames(json, 'exclude_modules', name),
    layers: indices as number[],
    ...(within.length > 0 && { within: within[0] as string }),
  };
}

/**
 * Reads the contents of an `adapter_config.json`.
 *
 * @param name of the file, for messages.
 * @throws AttuneError UNSUPPORTED_MODEL that lists every setting that is not supported; FILE_CORRUPT or INVALID_CONFIG for
 * values that make no sense.
 */
export function parseAdapterConfig(json: JsonObject, name: string): AdapterConfig {
  const faults = unsupportedKeys(json);
  if (faults.length > 0) {
    throw new AttuneError(
      'UNSUPPORTED_MODEL',
      `${name} asks for what is not supported: ${faults.join('; ')}.`,
      {
        fix: MERGE_FIX,
        data: { faults },
      },
    );
  }
  const init = initFault(json['init_lora_weights']);
  if (init !== undefined) {
    throw new AttuneError('UNSUPPORTED_MODEL', `${name} cannot be laid over the model as it is: ${init}.`, {
      fix: initFix(json['init_lora_weights']),
      data: { faults: [init] },
    });
  }
  const saved = json['modules_to_save'] ?? [];
  if (!isTexts(saved)) {
    throw new AttuneError(
      'FILE_CORRUPT',
      `${name}: modules_to_save must be names, but is ${JSON.stringify(saved)}.`,
    );
  }
  const targetModules = moduleNames(json, 'target_modules', name);
  const { targetModules: _, ...lora } = loraConfig({
    targetModules: ['checked above'],
    rank: json['r'] as number,
    alpha: json['lora_alpha'] as number,
    dropout: (json['lora_dropout'] ?? 0) as number,
    modulesToSave: saved,
    bias: (json['bias'] ?? 'none') as LoraBias,
    useRslora: json['use_rslora'] === true,
    useDora: json['use_dora'] === true,
  });
  const { base_model_name_or_path: base, revision } = json;
  return {
    lora: { ...lora, targetModules },
    ensureWeightTying: json['ensure_weight_tying'] === true,
    layerChoice: layerChoice(json, name),
    taskType: (json['task_type'] ?? null) as TaskType | null,
    baseModel: typeof base === 'string' ? base : null,
    ...(typeof revision === 'string' && revision !== '' && { revision }),
  };
}

/** The contents of an `adapter_config.json`, as peft reads it. */
export function formatAdapterConfig(
  {
    lora,
    taskType,
    baseModel,
    revision,
    ensureWeightTying = false,
  }: AdapterConfig & { readonly lora: LoraConfig },
  {
    fanInFanOut,
  }: {
    /** True if the adapted weights are stored `[in, out]`, as GPT-2's are. */
    readonly fanInFanOut: boolean;
  },
): JsonObject {
  const { modulesToSave } = lora;
  return {
    base_model_name_or_path: baseModel,
    bias: lora.bias,
    ensure_weight_tying: ensureWeightTying,
    fan_in_fan_out: fanInFanOut,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: lora.alpha,
    lora_dropout: lora.dropout,
    modules_to_save: modulesToSave.length > 0 ? modulesToSave : null,
    peft_type: 'LORA',
    r: lora.rank,
    ...(revision !== undefined && { revision }),
    target_modules: lora.targetModules,
    task_type: taskType,
    use_dora: lora.useDora,
    use_rslora: lora.useRslora,
  };
}
