import { basename, isAbsolute, join } from 'node:path';
import { AttuneError } from '@attune/core';
import {
  ADAPTER_CONFIG_JSON,
  ADAPTER_SAFETENSORS,
  isClassifierConfig,
  type ClassifierConfig,
  type JsonObject,
} from '@attune/formats';
import { openSafetensorsFile } from '@attune/formats/node';
import { languageModel, sequenceClassifier } from '@attune/nn';
import { bodyOf, finetune, LABELS_JSON, storedSettings, type OpenAnyModel } from '@attune/runs';
import { exists, readJson } from '../../environment/files.js';
import { diskRun } from '../../config/disk-run.js';

/** True if a folder holds an adapter rather than a model. */
export async function isAdapter(path: string): Promise<boolean> {
  return (await exists(join(path, ADAPTER_CONFIG_JSON))) && !(await exists(join(path, 'config.json')));
}

async function readObject(path: string): Promise<JsonObject> {
  const value = await readJson(path);
  if (typeof value === 'object' && value !== null) return value as JsonObject;
  throw new AttuneError('FILE_CORRUPT', `${path} must hold a JSON object.`);
}

/** An absolute path as an adapter names it: its last name alone, and no id of the hub. */
export function publicName(path: string): string {
  return `./${basename(path)}`;
}

/** The absolute path that an adapter's own run was given, if that is what the adapter names by its last name. */
async function recordedBase(path: string, base: string): Promise<string | undefined> {
  for (const run of [join(path, '..'), join(path, '..', '..')]) {
    const { model } = await storedSettings(diskRun(run), finetune).catch(() => ({ model: undefined }));
    const isNamed = model !== undefined && isAbsolute(model) && publicName(model) === base;
    if (isNamed && (await exists(model))) return model;
  }
  return undefined;
}

/**
 * The model that an adapter names as the one it was trained on: that of the run it lies in; a folder, from where attune
 * runs or from the adapter's own folder; or else a model of the hub, at the commit that the adapter names.
 *
 * @throws AttuneError FILE_NOT_FOUND, FILE_CORRUPT.
 */
export async function readBaseName(path: string): Promise<string> {
  const json = await readObject(join(path, ADAPTER_CONFIG_JSON));
  const { base_model_name_or_path: base, revision } = json;
  if (typeof base === 'string' && base !== '') {
    const recorded = await recordedBase(path, base);
    if (recorded !== undefined) return recorded;
    if (isAbsolute(base) || (await exists(base))) return base;
    if (await exists(join(path, base))) return join(path, base);
    const isPath = /^\.{1,2}[/\\]/.test(base);
    if (!isPath) return typeof revision === 'string' && !base.includes('@') ? `${base}@${revision}` : base;
    throw new AttuneError(
      'FILE_NOT_FOUND',
      `The adapter in ${path} was trained on ${base}, and there is no such folder here.`,
      {
        fix: 'Run it from where it was trained, or name the model with --model and the adapter with --adapter.',
      },
    );
  }
  throw new AttuneError(
    'FILE_NOT_FOUND',
    `The adapter in ${path} does not say which model it was trained on.`,
    {
      fix: 'Name that with --model, and the adapter with --adapter.',
    },
  );
}

/** Where an adapter keeps the head of a classifier. */
const HEAD = 'base_model.model.score.weight';

/**
 * The model that an adapter is laid over: the one that was read, or, for the adapter of a classifier, that with a head for
 * as many classes. The head's numbers are the adapter's.
 */
export async function withAdapterHead(
  opened: OpenAnyModel,
  adapter: string,
): Promise<Pick<OpenAnyModel, 'config' | 'model' | 'tensors'>> {
  const { config, tensors } = opened;
  if (isClassifierConfig(config)) return opened;
  const file = await openSafetensorsFile(join(adapter, ADAPTER_SAFETENSORS));
  const head = file.specs[HEAD];
  await file.close();
  if (!head) return opened;
  const path = join(adapter, LABELS_JSON);
  const { labels, problemType } = (await exists(path)) ? await readObject(path) : {};
  const classifier = sequenceClassifier(languageModel(config), {
    numLabels: head.shape[0]!,
    ...(Array.isArray(labels) && { labels: labels.map(String) }),
    ...(problemType === 'regression' && { problemType }),
  });
  return {
    config: classifier.config as ClassifierConfig,
    model: classifier,
    tensors: bodyOf(classifier, tensors),
  };
}
