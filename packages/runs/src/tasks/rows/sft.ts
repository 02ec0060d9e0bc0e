import { exampleDataset, exampleEvaluation } from '@attune/data';
import { crossEntropy } from '@attune/nn';
import { fitToText } from '../../models/model/classifier-head.js';
import { answerSampler } from '../../sampling/answer-sampler.js';
import { otherParts, trainingOrder, type RowTask } from './row-task.js';

/** Learns the text of rows: answers, or all of it. */
export const sft: RowTask = {
  taskType: 'CAUSAL_LM',
  predictsTokens: true,

  open(examples, config, padId) {
    const { batchSize, packing, groupByLength, evaluationBatchSize = batchSize } = config;
    const { report } = examples;
    return {
      train: exampleDataset(examples.train, {
        ...trainingOrder(config, padId),
        packing,
        groupByLength,
        ...(packing && { maxLength: report.maxLength }),
      }),
      ...otherParts(examples, (rows) => exampleEvaluation(rows, { batchSize: evaluationBatchSize, padId })),
      ...{ examples, report },
    };
  },

  fit: fitToText,

  loss: (_data, { chunkTokens }) => crossEntropy({ chunkTokens }),

  sampler({ backend, model, trainer, text, data: { examples }, config }) {
    if (config.samples === 0 || !('head' in model)) return undefined;
    const rows = examples.validation ?? examples.train;
    return answerSampler({ backend, model, trainer, text, rows, config });
  },

  files: () => ({}),
};
