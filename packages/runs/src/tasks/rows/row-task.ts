import type { Backend, Dataset, Loss, TensorSource } from '@attune/core';
import type { EncodedExamples, ExampleDataset, ExampleSampling, LabelSet } from '@attune/data';
import type { TaskType } from '@attune/formats';
import type { Trainer } from '@attune/train';
import type { OpenExamples } from '../../models/model/host.js';
import type { ModelText } from '../../models/text/model-text.js';
import type { OpenAnyModel } from '../../models/model/opened-model.js';
import type { Sampler } from '../../sampling/sampler.js';
import type { ReadExamplesOptions } from './row-data.js';

/** How rows become batches. */
export interface RowDataConfig extends ReadExamplesOptions {
  readonly batchSize: number;
  /** Batches of a step. Default 1. */
  readonly gradientAccumulationSteps?: number;
  readonly sampling: ExampleSampling;
  readonly packing: boolean;
  readonly groupByLength?: boolean;
  /** Rows of a batch of validation. Default: `batchSize`. */
  readonly evaluationBatchSize?: number;
  /** The kind of labels that a head predicts. Default: detected from the labels. */
  readonly head?: LabelSet['kind'];
}

/** Rows as a model learns from them. */
export interface RowData {
  readonly train: ExampleDataset;
  /** Finite: every row once. */
  readonly validation?: Dataset;
  readonly test?: Dataset;
  /** The rows themselves. */
  readonly examples: OpenExamples;
  /** The labels, of a classification. */
  readonly labels?: LabelSet;
  readonly report: OpenExamples['report'];
}

/** The parts that show the model of a run on rows. */
export interface RowSamplerParts {
  readonly backend: Backend;
  readonly model: OpenAnyModel['model'];
  readonly trainer: Trainer;
  readonly text: ModelText;
  readonly data: RowData;
  readonly config: { readonly samples: number; readonly sampleTokens: number };
}

/** The task of a run on rows. */
export interface RowTask {
  /** peft's name for it. */
  readonly taskType: TaskType;
  /** Losses are of tokens, and have a perplexity; the finished model can write. */
  readonly predictsTokens: boolean;
  /** Rows as batches, for training, validation and test. */
  open(examples: OpenExamples, config: RowDataConfig, padId: number): RowData;
  /**
   * The model that fits the rows: the one that was read, or with another head.
   *
   * @throws AttuneError INVALID_CONFIG, CHECKPOINT_MISMATCH if it does not fit them.
   */
  fit(source: OpenAnyModel<TensorSource>, data: RowData): OpenAnyModel<TensorSource>;
  loss(data: RowData, config: { readonly chunkTokens?: number | undefined }): Loss;
  /** Shows what the model has learned; `undefined` if there is nothing to show. */
  sampler(parts: RowSamplerParts): Sampler | undefined;
  /** Files that the model's folder has for this task. */
  files(source: OpenAnyModel<TensorSource>): Readonly<Record<string, unknown>>;
}

/** The batches of validation and test, of those parts that there are. */
export function otherParts<T>(
  { validation, test }: OpenExamples,
  open: (rows: EncodedExamples) => T,
): { readonly validation?: T; readonly test?: T } {
  return { ...(validation && { validation: open(validation) }), ...(test && { test: open(test) }) };
}

/** The order in which rows are trained. */
export function trainingOrder(config: RowDataConfig, padId: number) {
  const { batchSize, gradientAccumulationSteps: batchesPerStep, sampling, seed } = config;
  return { batchSize, batchesPerStep, sampling, seed, padId };
}
