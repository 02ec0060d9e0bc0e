import type { LlamaConfig } from '@attune/nn';
import { CLASSIFIER } from '../family/classifier-config.js';
import type { FolderLayout } from '../family/family.js';
import { readLlamaConfig } from './config-from-hugging-face.js';
import { llamaKeys } from './config-to-hugging-face.js';
import { llamaDialects, type LlamaDialect } from './dialects.js';

/** Rotary frequencies that old folders store. */
const FREQUENCIES = /(^|\.)rotary_emb\.inv_freq$/;

function layout({ className }: LlamaDialect): FolderLayout<LlamaConfig> {
  return {
    prefix: 'model.',
    readConfig: readLlamaConfig,
    writeConfig: llamaKeys,
    className: (head) => `${className}${head === 'tokens' ? 'ForCausalLM' : CLASSIFIER}`,
    isComputed: (name) => FREQUENCIES.test(name),
  };
}

/** The families of Llama's kind: one decoder, described by its configuration. */
export const llamaLayouts = Object.fromEntries(
  Object.entries(llamaDialects).map(([family, dialect]) => [family, layout(dialect)]),
) as Record<LlamaConfig['family'], FolderLayout<LlamaConfig>>;
