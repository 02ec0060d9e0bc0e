import { AttuneError, type TensorSource } from '@attune/core';
import type { LabelSet } from '@attune/data';
import { isClassifierConfig, type ClassifierConfig, type FolderModel } from '@attune/formats';
import { languageModel, sequenceClassifier } from '@attune/nn';
import type { OpenAnyModel } from './opened-model.js';

/** The number of scores that labels need. */
function widthOf(labels: LabelSet): number {
  return labels.kind === 'classes' ? labels.names.length : labels.size;
}

/**
 * A model that reads text: the one that was read.
 *
 * @throws AttuneError INVALID_CONFIG if it is a classifier.
 */
export function fitToText(opened: OpenAnyModel<TensorSource>): OpenAnyModel<TensorSource> {
  if (!isClassifierConfig(opened.config)) return opened;
  throw new AttuneError(
    'INVALID_CONFIG',
    `${opened.path} holds a classifier, but the rows of the data have no label.`,
    { fix: 'A classification has rows like {"text": "…", "label": "…"}.' },
  );
}

/**
 * A model with a head for labels: the classifier that was read, or the language model that was read with a new head.
 *
 * @throws AttuneError CHECKPOINT_MISMATCH if a classifier has other classes than the data.
 */
export function fitToLabels(
  opened: OpenAnyModel<TensorSource>,
  labels: LabelSet,
): OpenAnyModel<TensorSource> {
  const { config, path } = opened;
  if (isClassifierConfig(config)) {
    checkLabels(config, labels, path);
    return opened;
  }
  const model = sequenceClassifier(languageModel(config), {
    numLabels: widthOf(labels),
    ...(labels.kind === 'classes' ? { labels: labels.names } : { problemType: 'regression' as const }),
  });
  return {
    ...opened,
    model,
    config: model.config as ClassifierConfig,
    tensors: bodyOf(model, opened.tensors),
  };
}

function checkLabels({ numLabels, labels }: ClassifierConfig, data: LabelSet, path: string): void {
  const names = data.kind === 'classes' ? data.names : undefined;
  const same = numLabels === widthOf(data) && (!labels || !names || labels.join('\0') === names.join('\0'));
  if (same) return;
  throw new AttuneError(
    'CHECKPOINT_MISMATCH',
    `The classifier in ${path} tells ${labels?.join(', ') ?? numLabels} apart, but the data has ${names?.join(', ') ?? widthOf(data)}.`,
    {
      fix: 'Start from the language model it was made from: a new head is made for the classes of the data.',
    },
  );
}

/** Tokens that a model knows. */
export function vocabSizeOf({ config }: Pick<OpenAnyModel, 'config'>): number {
  return (isClassifierConfig(config) ? config.body : config).vocabSize;
}

/** Longest sequence that a model takes. */
export function positionsOf({ config }: Pick<OpenAnyModel, 'config'>): number {
  return (isClassifierConfig(config) ? config.body : config).blockSize;
}

/** The tensors of a language model that a classifier has as well. */
export function bodyOf<T>(
  model: FolderModel,
  tensors: Readonly<Record<string, T>>,
): Readonly<Record<string, T>> {
  const own = new Set(model.parameters.map(({ name }) => name));
  return Object.fromEntries(Object.entries(tensors).filter(([name]) => own.has(name)));
}
