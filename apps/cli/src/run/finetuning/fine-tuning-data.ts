import { AttuneError, type Dataset } from '@attune/core';
import {
  classificationDataset,
  encodeExample,
  exampleDataset,
  exampleEvaluation,
  labelSetOf,
  type EncodedExamples,
  type ExampleDataset,
  type ExampleSampling,
  type LabelSet,
  type RefusedRow,
} from '@attune/data';
import { openExamples, type ExamplesReport, type OpenExamples } from '@attune/data/node';
import { parseColumns, type FineTuningDataSettings } from '@attune/runs';
import type { ModelText } from '../models/model-text.js';

/** Longer rows than this are asked for, and not taken because a model could. */
const LARGEST_DEFAULT_LENGTH = 2048;

export interface ReadExamplesOptions extends Omit<FineTuningDataSettings, 'template'> {
  readonly seed: number;
  /** See `encodeExamples`: for reports. */
  readonly onRefused?: (refused: RefusedRow) => void;
}

/**
 * Reads and encodes fine-tuning data for a model.
 *
 * @param positions how many the model has, if that is known.
 * @param vocabSize of the model, if that is known.
 * @throws AttuneError as {@link openExamples}; INVALID_CONFIG if rows may be longer than the model can read;
 * TOKEN_OUT_OF_RANGE, with file and line, if a row has a token that the model does not have.
 */
export async function readExamples(
  config: ReadExamplesOptions,
  text: ModelText,
  positions?: number,
  vocabSize = Infinity,
): Promise<OpenExamples> {
  const { data, format, columns, trainOn, onOverlength, validationFraction, seed, onRefused } = config;
  const { tokenizer, specialTokens, template } = text;
  const { maxLength = Math.min(positions ?? Infinity, LARGEST_DEFAULT_LENGTH) } = config;
  if (positions !== undefined && maxLength > positions) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `--max-length is ${maxLength}, but the model reads at most ${positions} tokens.`,
      { fix: `Use at most ${positions}.` },
    );
  }
  return openExamples(data, {
    ...{ maxLength, onOverlength, validationFraction, seed, onRefused },
    ...(format !== 'auto' && { format }),
    columns: parseColumns(columns),
    alpaca: template ? 'messages' : 'completion',
    async encode(example) {
      const encoded = await encodeExample(example, { tokenizer, specialTokens, template, trainOn });
      checkVocabulary(encoded.ids, vocabSize);
      return encoded;
    },
    reported: { bos: specialTokens.bos, ends: await text.endIds(), unk: specialTokens.unk },
  });
}

function checkVocabulary(ids: Int32Array, vocabSize: number): void {
  const foreign = ids.find((id) => id >= vocabSize);
  if (foreign === undefined) return;
  throw new AttuneError(
    'TOKEN_OUT_OF_RANGE',
    `the tokenizer gives id ${foreign}, but the model's vocabulary has ${vocabSize} tokens.`,
    { fix: 'Put the tokenizer.json that the model was trained with into its folder.' },
  );
}

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

export interface FineTuningDataConfig extends ReadExamplesOptions {
  readonly batchSize: number;
  /** Batches of a step. Default 1. */
  readonly gradientAccumulationSteps?: number;
  readonly sampling: ExampleSampling;
  readonly packing: boolean;
  readonly groupByLength?: boolean;
  /** Rows of a batch of validation. Default: `batchSize`. */
  readonly evaluationBatchSize?: number;
  /** What a head predicts, for data with labels. Default: what the labels look like. */
  readonly head?: LabelSet['kind'];
}

/** What fine-tuning learns from. */
export interface FineTuningData {
  readonly train: ExampleDataset;
  /** Finite: every row once. */
  readonly validation?: Dataset;
  readonly test?: Dataset;
  /** The rows themselves. */
  readonly examples: OpenExamples;
  /** What the labels are, of a classification. */
  readonly labels?: LabelSet;
  readonly report: ExamplesReport;
}

/**
 * Opens the data of a fine-tuning run: datasets for a language model, or, where rows have labels, for a head on it.
 *
 * @throws AttuneError as {@link openExamples} and the datasets.
 */
export async function openFineTuningData(
  config: FineTuningDataConfig,
  text: ModelText,
  positions?: number,
  vocabSize?: number,
): Promise<FineTuningData> {
  const examples = await readExamples(config, text, positions, vocabSize);
  const { report } = examples;
  const { batchSize, sampling, seed, packing, groupByLength, evaluationBatchSize = batchSize } = config;
  const { padId } = text.specialTokens;
  const order = { batchSize, batchesPerStep: config.gradientAccumulationSteps, sampling, seed, padId };
  const others = <T>(open: (rows: EncodedExamples) => T) => ({
    ...(examples.validation && { validation: open(examples.validation) }),
    ...(examples.test && { test: open(examples.test) }),
  });

  if (report.format === 'classification') {
    const labels = labelSetOf(examples.train, config.head);
    if (labels.kind === 'classes') checkSeveralClasses(examples.train);
    const once = {
      batchSize: evaluationBatchSize,
      sampling: 'sequential',
      epochs: 1,
      rewind: true,
      labels,
      padId,
    } as const;
    return {
      train: classificationDataset(examples.train, { ...order, labels }),
      ...others((rows) => classificationDataset(rows, once)),
      ...{ examples, labels, report },
    };
  }
  const { maxLength } = report;
  return {
    train: exampleDataset(examples.train, {
      ...order,
      packing,
      groupByLength,
      ...(packing && { maxLength }),
    }),
    ...others((rows) => exampleEvaluation(rows, { batchSize: evaluationBatchSize, padId })),
    ...{ examples, report },
  };
}
