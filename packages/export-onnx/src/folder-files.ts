import { AttuneError, type HostTensors } from '@attune/core';
import { formatJson } from '@attune/files';
import { CONFIG_JSON, GENERATION_CONFIG_JSON, TOKENIZER_FILES, type JsonObject } from '@attune/formats';
import type { ModelFiles } from '@attune/lowering-onnx';
import { onnxFileName } from './export-decoder.js';
import { adapterFile } from './adapter/adapter-tensors.js';
import type { WeightDType } from './weights/weight-reader.js';

/** The contents of a folder that transformers.js reads. */
export interface OnnxFolderContents {
  /** The model, as `exportDecoder` gives it. */
  readonly model: ModelFiles;
  /** The dtype of the exported weights. Default f32. */
  readonly dtype?: WeightDType;
  /** The model's `config.json`. */
  readonly config: JsonObject;
  /** The model's `generation_config.json`, where it has one. */
  readonly generationConfig?: JsonObject;
  /** Files of the tokenizer by name: JSON documents, or texts and bytes, which are written as they are. */
  readonly tokenizer?: Readonly<Record<string, unknown>>;
  /** Adapters for a model that takes them as inputs, by name: as `adapterTensors` gives them. */
  readonly adapters?: Readonly<Record<string, HostTensors>>;
}

/** The folder within, in which models lie. */
export const ONNX_FOLDER = 'onnx';

/** The folder within, in which adapters lie. */
const ADAPTERS_FOLDER = 'adapters';

/** The path of an adapter in the folder of its model. */
export function adapterPath(name: string): string {
  return `${ADAPTERS_FOLDER}/${name}.safetensors`;
}

/** Files of a model folder beside its `onnx`. A folder with any other is not one that was exported. */
const OWN_FILES: ReadonlySet<string> = new Set([
  ONNX_FOLDER,
  ADAPTERS_FOLDER,
  CONFIG_JSON,
  GENERATION_CONFIG_JSON,
  ...TOKENIZER_FILES,
]);

/** True for a name in a folder that an export may have put there. */
export function isOwnEntry(entry: string): boolean {
  return OWN_FILES.has(entry);
}

/** The keys of `config.json` by which transformers.js finds the model without being told. */
function libraryConfig(model: ModelFiles, dtype: WeightDType): JsonObject {
  const dataFiles = model.size - 1;
  return {
    dtype: dtype === 'f32' ? 'fp32' : 'fp16',
    ...(dataFiles > 0 && { use_external_data_format: { [onnxFileName(dtype)]: dataFiles } }),
  };
}

/** transformers reads a chat template from a file of its own, transformers.js from `tokenizer_config.json`. */
function withChatTemplate(files: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { 'chat_template.jinja': template, 'tokenizer_config.json': config } = files;
  if (typeof template !== 'string' || typeof config !== 'object') return files;
  // The file counts, as in transformers; templates for special occasions stay beside it.
  const { chat_template: written } = config as { readonly chat_template?: unknown };
  const named = Array.isArray(written)
    ? (written as readonly { readonly name?: unknown }[]).filter(({ name }) => name !== 'default')
    : [];
  const chatTemplate = named.length > 0 ? [{ name: 'default', template }, ...named] : template;
  return { ...files, 'tokenizer_config.json': { ...config, chat_template: chatTemplate } };
}

/**
 * The files of a model folder as transformers.js reads it, by their paths in it; `config.json` comes last, as the sign
 * that all are there. Its `transformers.js_config` says which file is the model.
 *
 * @throws AttuneError INVALID_ARGUMENT if a file of the tokenizer has a name that no tokenizer's has.
 */
export function onnxFolderFiles({
  model,
  dtype = 'f32',
  config,
  generationConfig,
  tokenizer = {},
  adapters = {},
}: OnnxFolderContents): ReadonlyMap<string, string | Uint8Array | AsyncIterable<Uint8Array>> {
  const files = new Map<string, string | Uint8Array | AsyncIterable<Uint8Array>>();
  for (const [name, chunks] of model) files.set(`${ONNX_FOLDER}/${name}`, chunks);
  for (const [name, tensors] of Object.entries(adapters)) files.set(adapterPath(name), adapterFile(tensors));
  const taken = ['config.json', 'generation_config.json', ONNX_FOLDER, ADAPTERS_FOLDER];
  for (const [name, content] of Object.entries(withChatTemplate(tokenizer))) {
    if (taken.includes(name) || !OWN_FILES.has(name)) {
      throw new AttuneError('INVALID_ARGUMENT', `${JSON.stringify(name)} is not a file of a tokenizer.`);
    }
    files.set(
      name,
      typeof content === 'string' || content instanceof Uint8Array ? content : formatJson(content),
    );
  }
  if (generationConfig) files.set('generation_config.json', formatJson(generationConfig));
  files.set('config.json', formatJson({ ...config, 'transformers.js_config': libraryConfig(model, dtype) }));
  return files;
}
