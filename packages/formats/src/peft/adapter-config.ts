import { AttuneError, mayBacktrackForever } from '@attune/core';
import { loraConfig, type LoraConfig, type LoraBias } from '@attune/nn';
import { isJsonObject, type JsonObject } from '../bytes/json.js';

/** What an adapter is for, in peft's words. */
export type TaskType = 'CAUSAL_LM' | 'SEQ_CLS';

/** What `adapter_config.json` says. */
export interface AdapterConfig {
  /** `targetModules` is a regular expression over paths where peft was given one. */
  readonly lora: Omit<LoraConfig, 'targetModules'> & {
    readonly targetModules: LoraConfig['targetModules'] | RegExp;
  };
  readonly taskType: TaskType | null;
  /** Where the model came from that it was trained on. */
  readonly baseModel: string | null;
}

/** Keys that change what is computed, each with its only value that is computed here, beside `null` and what is empty. */
const UNSUPPORTED: Readonly<Record<string, unknown>> = {
  alora_invocation_tokens: null,
  alpha_pattern: null,
  arrow_config: null,
  corda_config: null,
  ensure_weight_tying: false,
  eva_config: null,
  exclude_modules: null,
  kasa_config: null,
  layer_replication: null,
  layers_pattern: null,
  layers_to_transform: null,
  loftq_config: null,
  lora_bias: false,
  lora_ga_config: null,
  megatron_config: null,
  monteclora_config: null,
  rank_pattern: null,
  target_parameters: null,
  trainable_token_indices: null,
  use_bdlora: null,
  use_qalora: false,
  velora_config: null,
};

/** Keys that say nothing about what is computed from weights that are there. */
const HARMLESS = new Set([
  'auto_mapping',
  'base_model_name_or_path',
  'inference_mode',
  'init_lora_weights',
  'megatron_core',
  'peft_version',
  'qalora_group_size',
  'revision',
]);

const READ = new Set([
  ...['peft_type', 'task_type', 'r', 'lora_alpha', 'lora_dropout', 'target_modules', 'modules_to_save'],
  ...['bias', 'use_rslora', 'use_dora', 'fan_in_fan_out'],
]);

/** Whether a value asks for nothing: `null`, `false`, `{}` or `[]`. */
function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isJsonObject(value)) return Object.keys(value).length === 0;
  return value === null || value === undefined || value === false;
}

function unsupported(json: JsonObject): string[] {
  const faults: string[] = [];
  if (json['peft_type'] !== 'LORA')
    faults.push(`peft_type is ${JSON.stringify(json['peft_type'])} (only "LORA" is)`);
  for (const [key, value] of Object.entries(json)) {
    if (READ.has(key) || HARMLESS.has(key) || isEmpty(value)) continue;
    if (Object.hasOwn(UNSUPPORTED, key) && UNSUPPORTED[key] === value) continue;
    faults.push(`${key} is ${JSON.stringify(value)}`);
  }
  const { task_type: task } = json;
  if (task !== undefined && task !== null && task !== 'CAUSAL_LM' && task !== 'SEQ_CLS') {
    faults.push(`task_type is ${JSON.stringify(task)} (only "CAUSAL_LM" and "SEQ_CLS" are)`);
  }
  return faults;
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}

function targetModules(value: unknown, name: string): LoraConfig['targetModules'] | RegExp {
  if (value === 'all-linear' || isTexts(value)) return value;
  try {
    if (typeof value === 'string' && !mayBacktrackForever(value)) return new RegExp(`^(?:${value})$`, 'u');
  } catch (cause) {
    throw new AttuneError(
      'UNSUPPORTED_MODEL',
      `${name}: target_modules is no regular expression: ${String(value)}.`,
      {
        cause,
      },
    );
  }
  const expected = typeof value === 'string' ? 'a pattern that comes to an end' : 'names';
  throw new AttuneError(
    'FILE_CORRUPT',
    `${name}: target_modules must be ${expected}, but is ${JSON.stringify(value)}.`,
  );
}

/**
 * Reads the contents of an `adapter_config.json`.
 *
 * @param name of the file, for messages.
 * @throws AttuneError UNSUPPORTED_MODEL that lists every setting that is not supported; FILE_CORRUPT or INVALID_CONFIG for
 * values that make no sense.
 */
export function parseAdapterConfig(json: JsonObject, name: string): AdapterConfig {
  const faults = unsupported(json);
  if (faults.length > 0) {
    throw new AttuneError(
      'UNSUPPORTED_MODEL',
      `${name} asks for what is not supported: ${faults.join('; ')}.`,
      {
        fix: 'Merge the adapter into its model with peft, and load the merged model.',
        data: { faults },
      },
    );
  }
  const saved = json['modules_to_save'] ?? [];
  if (!isTexts(saved)) {
    throw new AttuneError(
      'FILE_CORRUPT',
      `${name}: modules_to_save must be names, but is ${JSON.stringify(saved)}.`,
    );
  }
  const targets = targetModules(json['target_modules'], name);
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
  const base = json['base_model_name_or_path'];
  return {
    lora: { ...lora, targetModules: targets },
    taskType: (json['task_type'] ?? null) as TaskType | null,
    baseModel: typeof base === 'string' ? base : null,
  };
}

/** The contents of an `adapter_config.json`, as peft reads it. */
export function formatAdapterConfig(
  { lora, taskType, baseModel }: AdapterConfig & { readonly lora: LoraConfig },
  {
    fanInFanOut,
  }: {
    /** Whether the adapted weights are stored `[in, out]`, as GPT-2's are. */ readonly fanInFanOut: boolean;
  },
): JsonObject {
  const { modulesToSave } = lora;
  return {
    base_model_name_or_path: baseModel,
    bias: lora.bias,
    fan_in_fan_out: fanInFanOut,
    inference_mode: true,
    init_lora_weights: true,
    lora_alpha: lora.alpha,
    lora_dropout: lora.dropout,
    modules_to_save: modulesToSave.length > 0 ? modulesToSave : null,
    peft_type: 'LORA',
    r: lora.rank,
    target_modules: lora.targetModules,
    task_type: taskType,
    use_dora: lora.useDora,
    use_rslora: lora.useRslora,
  };
}
