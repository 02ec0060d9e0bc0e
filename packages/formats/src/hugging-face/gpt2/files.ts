import { AttuneError, type HostTensors } from '@attune/core';
import type { Gpt2Config } from '@attune/nn';
import { formatJson, type FileContent } from '../../bytes/file-content.js';
import { encodeSafetensors } from '../../safetensors/index.js';
import type { TensorReader } from '../../tensor-reader.js';
import { CONFIG_JSON, GENERATION_CONFIG_JSON, MODEL_SAFETENSORS } from '../file-names.js';
import { generationConfig, gpt2ConfigToHuggingFace } from './config-to-hugging-face.js';
import type { SpecialTokens } from './config.js';
import { gpt2TensorsToHuggingFace } from './write-parameters.js';

/** What a GPT-2's folder is written from. */
export interface Gpt2FolderContents {
  readonly config: Gpt2Config;
  /** By the names that `@attune/nn` gives them. */
  readonly parameters: HostTensors | TensorReader;
  readonly tokens?: Partial<SpecialTokens>;
  /** Other files, by name: those of the tokenizer. JSON documents are objects; strings are written as they are. */
  readonly files?: Readonly<Record<string, unknown>>;
}

/** The files of a GPT-2's folder, in the order they are written in: `config.json` last, as the sign that all are there. */
export function gpt2Files({
  config,
  parameters,
  tokens,
  files = {},
}: Gpt2FolderContents): [string, FileContent][] {
  const own: [string, FileContent][] = [
    [
      MODEL_SAFETENSORS,
      encodeSafetensors(gpt2TensorsToHuggingFace(config, parameters), { metadata: { format: 'pt' } }),
    ],
    [GENERATION_CONFIG_JSON, formatJson(generationConfig(tokens))],
    [CONFIG_JSON, formatJson(gpt2ConfigToHuggingFace(config, tokens))],
  ];
  const others = Object.entries(files).map(([name, content]): [string, FileContent] => {
    if (name === '' || /[/\\]/.test(name) || name.startsWith('.') || own.some(([taken]) => taken === name)) {
      throw new AttuneError(
        'INVALID_ARGUMENT',
        `A model's folder cannot take a file named ${JSON.stringify(name)}.`,
      );
    }
    const raw = typeof content === 'string' || content instanceof Uint8Array;
    return [name, raw ? content : formatJson(content)];
  });
  return [...others, ...own];
}
