/** `adapter_config.json`. */
import { parseAdapterConfig } from '../../../packages/formats/dist/peft/adapter-config.js';
import { parseJsonObject } from '@attune/files';
import { json } from '../fixtures.js';

export const target = {
  form: 'json',
  seeds: ['peft_lora', 'peft_dora', 'peft_rslora', 'peft_saved', 'finetune_llama'].map((name) =>
    json(`${name}/adapter/adapter_config.json`),
  ),
  read: (bytes) => parseAdapterConfig(parseJsonObject(bytes, 'adapter_config.json'), 'adapter_config.json'),
};
