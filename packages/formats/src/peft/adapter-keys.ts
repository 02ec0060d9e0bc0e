import { isJsonObject, type JsonObject } from '@attune/files';

/**
 * Keys of peft's configurations, up to 0.21, that do not change what is computed from the weights that an adapter stores.
 * Those of an initialisation are among them: `init_lora_weights` decides which one is used.
 */
const HARMLESS = new Set([
  ...[
    'auto_mapping',
    'base_model_name_or_path',
    'inference_mode',
    'megatron_core',
    'peft_version',
    'revision',
  ],
  // peft sets this one from the layers that it finds.
  'fan_in_fan_out',
  ...['corda_config', 'eva_config', 'loftq_config', 'lora_ga_config'],
  // Read with use_qalora only, which is refused.
  'qalora_group_size',
  // peft leaves out what a file says of it.
  'runtime_config',
]);

/** Keys that are read. */
const READ = new Set([
  ...[
    'peft_type',
    'task_type',
    'r',
    'lora_alpha',
    'lora_dropout',
    'target_modules',
    'modules_to_save',
    'bias',
  ],
  ...['use_rslora', 'use_dora', 'init_lora_weights', 'ensure_weight_tying'],
  ...['exclude_modules', 'layers_to_transform', 'layers_pattern'],
]);

/** Keys that peft takes for set even where their value is an empty object: its defaults apply. */
const SET_WHEN_PRESENT = new Set([
  ...['arrow_config', 'kasa_config', 'monteclora_config', 'use_bdlora', 'velora_config'],
]);

/** Initialisations that leave the weights of the base model alone, and the training of both factors. */
const INITS: readonly unknown[] = [true, false, null, undefined, 'gaussian', 'eva', 'orthogonal'];

/** Reasons for which an initialisation is refused, by how its name begins. */
const REFUSED_INITS: readonly (readonly [string, string])[] = [
  ...['pissa', 'olora', 'corda', 'loftq', 'lora_ga'].map(
    (name) => [name, 'it took the first factors out of the weights of the base model'] as const,
  ),
  ['mica', 'it trains one of the two factors only'],
];

/** `null`, `false`, `{}` and `[]` ask for nothing. */
function isEmpty(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0;
  if (isJsonObject(value)) return Object.keys(value).length === 0;
  return value === null || value === undefined || value === false;
}

/** Everything that an `adapter_config.json` asks for and that is not computed here, a phrase each. */
export function unsupportedKeys(json: JsonObject): string[] {
  const faults: string[] = [];
  if (json['peft_type'] !== 'LORA')
    faults.push(`peft_type is ${JSON.stringify(json['peft_type'])} (only "LORA" is)`);
  for (const [key, value] of Object.entries(json)) {
    if (READ.has(key) || HARMLESS.has(key)) continue;
    if (SET_WHEN_PRESENT.has(key) ? value === null || value === false : isEmpty(value)) continue;
    faults.push(`${key} is ${JSON.stringify(value)}`);
  }
  const { task_type: task } = json;
  if (task !== undefined && task !== null && task !== 'CAUSAL_LM' && task !== 'SEQ_CLS') {
    faults.push(`task_type is ${JSON.stringify(task)} (only "CAUSAL_LM" and "SEQ_CLS" are)`);
  }
  return faults;
}

/** Why an adapter that began as `init_lora_weights` says is refused; `undefined` if it is not. */
export function initFault(init: unknown): string | undefined {
  const name = typeof init === 'string' ? init.toLowerCase() : init;
  if (INITS.includes(name)) return undefined;
  const said = `init_lora_weights is ${JSON.stringify(init)}`;
  const known = typeof name === 'string' && REFUSED_INITS.find(([begin]) => name.startsWith(begin));
  return known ? `${said}: ${known[1]}` : said;
}

const CONVERT =
  'Convert it with peft: load the base model, make model = PeftModel.from_pretrained(base, adapter), and call ' +
  'model.save_pretrained(out, path_initial_model_for_weight_conversion=initial), where initial is the adapter as it was ' +
  'saved before its training.';

/** The way out of {@link initFault}. */
export function initFix(init: unknown): string {
  // Their factors are drawn again each time that peft makes them.
  return typeof init === 'string' && init.toLowerCase().startsWith('pissa_niter')
    ? `${CONVERT} Without that, peft itself comes only near to what was trained: ${init} begins with random numbers.`
    : `${CONVERT} Or merge it there: model.merge_and_unload().save_pretrained(out).`;
}
