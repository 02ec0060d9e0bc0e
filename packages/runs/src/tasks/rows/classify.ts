import { AttuneError } from '@attune/core';
import { classificationDataset, labelSetOf, type EncodedExamples } from '@attune/data';
import { isClassifierConfig } from '@attune/formats';
import { crossEntropy, meanSquaredError } from '@attune/nn';
import { fitToLabels } from '../../models/model/classifier-head.js';
import { LABELS_JSON } from '../../models/folder/companion-files.js';
import { classSampler } from '../../sampling/class-sampler.js';
import { otherParts, trainingOrder, type RowTask } from './row-task.js';

/** A model that always gives the one class there is has a loss of 0, and has learnt nothing. */
function checkSeveralClasses(train: EncodedExamples): void {
  const first = train.facts(0).label;
  for (let i = 1; i < train.count; i++) if (train.facts(i).label !== first) return;
  throw new AttuneError(
    'INVALID_EXAMPLE',
    `All rows to train on in ${train.name} have the label ${JSON.stringify(first)}: there is nothing to tell apart.`,
    { fix: 'Add rows of another class, or check which column holds the label (--columns label=NAME).' },
  );
}

/** Learns the labels of rows, classes or numbers, with a head on the model. */
export const classify: RowTask = {
  taskType: 'SEQ_CLS',
  predictsTokens: false,

  open(examples, config, padId) {
    const { batchSize: trained, evaluationBatchSize: batchSize = trained } = config;
    const labels = labelSetOf(examples.train, config.head);
    if (labels.kind === 'classes') checkSeveralClasses(examples.train);
    const once = { batchSize, sampling: 'sequential', epochs: 1, rewind: true, labels, padId } as const;
    return {
      train: classificationDataset(examples.train, { ...trainingOrder(config, padId), labels }),
      ...otherParts(examples, (rows) => classificationDataset(rows, once)),
      ...{ examples, labels, report: examples.report },
    };
  },

  fit: (source, { labels }) => fitToLabels(source, labels!),

  loss: ({ labels }) =>
    labels!.kind === 'classes'
      ? crossEntropy({ target: 'label' })
      : meanSquaredError({ output: 'logits', target: 'label' }),

  sampler({ backend, model, trainer, data: { validation, labels } }) {
    return validation && classSampler({ backend, model, trainer, data: validation, labels: labels! });
  },

  files({ config }) {
    if (!isClassifierConfig(config)) return {};
    const { labels = null, problemType } = config;
    return { [LABELS_JSON]: { labels, problemType } };
  },
};
