/** `config.json` of models, of all families. */
import { modelConfigFromHuggingFace } from '@attune/formats';
import { parseJsonObject } from '@attune/files';
import { json } from '../fixtures.js';

const families = ['decoder_gpt2', 'decoder_llama', 'decoder_llama_dynamic', 'decoder_mistral', 'decoder_qwen2_window', 'decoder_qwen3', 'classifier_gpt2', 'classifier_qwen3']; // prettier-ignore

export const target = {
  form: 'json',
  seeds: families.map((name) => json(`hf_${name}/model/config.json`)),
  read: (bytes) => modelConfigFromHuggingFace(parseJsonObject(bytes, 'config.json'), {}, 'config.json'),
};
