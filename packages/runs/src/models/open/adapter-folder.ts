import { AttuneError, type HostTensors } from '@attune/core';
import { readJsonObject, withFile, type Folder } from '@attune/files';
import {
  ADAPTER_CONFIG_JSON,
  ADAPTER_SAFETENSORS,
  CONFIG_JSON,
  isClassifierConfig,
  modelOf,
  openSafetensors,
  readAdapter,
  type ClassifierConfig,
  type ModelConfig,
} from '@attune/formats';
import { languageModel, mergeLora, sequenceClassifier } from '@attune/nn';
import { bodyOf } from '../model/classifier-head.js';
import { LABELS_JSON } from '../folder/companion-files.js';
import { hasEntry } from '../folder/folder-entries.js';
import type { ModelHost } from '../model/host.js';
import type { OpenAnyModel } from '../model/opened-model.js';
import { readTokenizer } from '../folder/tokenizer-folder.js';

/** True if a folder holds an adapter rather than a model. */
export async function isAdapter(folder: Folder): Promise<boolean> {
  return (await hasEntry(folder, ADAPTER_CONFIG_JSON)) && !(await hasEntry(folder, CONFIG_JSON));
}

/**
 * Reads which model an adapter names as the one it was trained on.
 *
 * @returns its name, for {@link ModelHost.locate}.
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT.
 */
export async function readBaseName(adapter: Folder, host: Pick<ModelHost, 'locateBase'>): Promise<string> {
  const { base_model_name_or_path: name, revision } = await readJsonObject(adapter, ADAPTER_CONFIG_JSON);
  if (typeof name !== 'string' || name === '') {
    throw new AttuneError(
      'FILE_NOT_FOUND',
      `The adapter in ${adapter.name} does not say which model it was trained on.`,
      { fix: 'Name that with --model, and the adapter with --adapter.' },
    );
  }
  const base = { name, revision: typeof revision === 'string' ? revision : undefined };
  const found = await host.locateBase(adapter, base);
  if (found !== undefined) return found;
  throw new AttuneError(
    'FILE_NOT_FOUND',
    `The adapter in ${adapter.name} was trained on ${name}, and there is no such folder here.`,
    {
      fix: 'Run it from where it was trained, or name the model with --model and the adapter with --adapter.',
    },
  );
}

/** Where an adapter keeps the head of a classifier. */
const HEAD = 'base_model.model.score.weight';

/**
 * The model that an adapter is laid over: the one that was read, or, for the adapter of a classifier, that with a head for
 * as many classes. The head's numbers are the adapter's.
 */
async function withAdapterHead(
  opened: OpenAnyModel,
  adapter: Folder,
): Promise<Pick<OpenAnyModel, 'model'> & { readonly tensors: HostTensors }> {
  const { config, tensors } = opened;
  if (isClassifierConfig(config)) return opened;
  const { specs } = await withFile(adapter, ADAPTER_SAFETENSORS, openSafetensors);
  const head = specs[HEAD];
  if (!head) return opened;
  const { labels, problemType } = (await hasEntry(adapter, LABELS_JSON))
    ? await readJsonObject(adapter, LABELS_JSON)
    : ({} as Readonly<Record<string, unknown>>);
  const model = sequenceClassifier(languageModel(config), {
    numLabels: head.shape[0]!,
    ...(Array.isArray(labels) && { labels: labels.map(String) }),
    ...(problemType === 'regression' && { problemType }),
  });
  return { model, tensors: bodyOf(model, tensors) };
}

/** A model with an adapter's updates added to its weights, and with the adapter's head where it has one. */
export async function mergeAdapter(opened: OpenAnyModel, adapter: Folder): Promise<OpenAnyModel> {
  const { model, tensors } = await withAdapterHead(opened, adapter);
  const { over } = await readAdapter(adapter, model);
  const merged = mergeLora(model, over(tensors));
  const config = model.config as ModelConfig | ClassifierConfig;
  return {
    ...opened,
    ...{ config, model: modelOf(config), tensors: merged, adapter: adapter.name },
    textFolders: [adapter, ...opened.textFolders],
    // Its own tokenizer, if it has one, is that which it was trained with.
    tokenizer: (await readTokenizer(adapter)) ?? opened.tokenizer,
  };
}
