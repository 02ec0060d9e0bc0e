/** Names of the files of a Hugging Face folder. */
export const CONFIG_JSON = 'config.json';
export const GENERATION_CONFIG_JSON = 'generation_config.json';
export const MODEL_SAFETENSORS = 'model.safetensors';
export const INDEX_JSON = 'model.safetensors.index.json';

/** Those a tokenizer may have. */
export const TOKENIZER_FILES = [
  'tokenizer.json',
  'tokenizer_config.json',
  'special_tokens_map.json',
  'added_tokens.json',
  'vocab.json',
  'merges.txt',
  'chat_template.jinja',
] as const;
