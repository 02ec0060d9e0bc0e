/** Names in the folder of a run. */
export const CONFIG_YAML = 'config.yaml';
export const METRICS_JSONL = 'metrics.jsonl';
export const RUN_JSON = 'run.json';
export const SAMPLES = 'samples';
export const FINAL = 'final';
/** Where a run keeps token files that it made for itself. */
export const OWN_DATA = 'data';

/** The folder of a run's event files, for TensorBoard. */
export const TENSORBOARD = 'tensorboard';
/** Names of event files that attune writes: seconds and milliseconds tell their order. */
export const EVENT_FILE = /^events\.out\.tfevents\.(\d{10})\.(\d{3})\.attune$/;

/** First line of a run's `config.yaml`: by it, a run is told from files of somebody else before it is overwritten. */
export const HEADING = 'The resolved configuration of a run of attune. Use it again with --config.';

/** Files of a model folder, as runs write them. */
export const MODEL_FILES =
  /^(config|generation_config|meta|tokenizer|tokenizer_config|special_tokens_map|added_tokens|vocab|labels|adapter_config|trainer_state)\.json$|\.safetensors$|^merges\.txt$|^chat_template\.jinja$/;
