import { AttuneError } from '@attune/core';
import type { LabelSet } from '@attune/data';
import { isClassifierConfig, type ClassifierConfig } from '@attune/formats';
import { languageModel, sequenceClassifier } from '@attune/nn';
import type { FinetuneConfig } from '@attune/runs';
import { bodyOf } from './adapter-folder.js';
import type { OpenAnyModel } from './opened-model.js';

/** The number of scores that labels need. */
function widthOf(labels: LabelSet): number {
  return labels.kind === 'classes' ? labels.names.length : labels.size;
}

/**
 * A model that fits the data: for rows with labels, a classifier – the one that was read, or the language model that was
 * read with a new head; for others, a language model.
 *
 * @throws AttuneError INVALID_CONFIG if rows without labels are to train a head, or a classifier; CHECKPOINT_MISMATCH if a
 * classifier has other classes than the data.
 */
export function fitToLabels(
  opened: OpenAnyModel,
  labels: LabelSet | undefined,
  task: FinetuneConfig['task'],
): OpenAnyModel {
  const { config, path } = opened;
  if (!labels) {
    if (task === 'classify' || isClassifierConfig(config)) {
      const what =
        task === 'classify' ? '--task classify trains a head for classes' : `${path} holds a classifier`;
      throw new AttuneError('INVALID_CONFIG', `${what}, but the rows of the data have no label.`, {
        fix: 'A classification has rows like {"text": "…", "label": "…"}.',
      });
    }
    return opened;
  }
  if (task === 'sft') {
    throw new AttuneError('INVALID_CONFIG', '--task sft learns text, but the rows of the data have labels.', {
      fix: 'Leave out --task, or choose --task classify.',
    });
  }
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
