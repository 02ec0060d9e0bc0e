import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AttuneError, type Backend, type EvaluationMetrics, type State } from '@attune/core';
import {
  classificationDataset,
  exampleEvaluation,
  labelSetOf,
  type EncodedExamples,
  type LabelSet,
} from '@attune/data';
import { exampleFileNames, openExamples, type ExamplePart } from '@attune/data/node';
import { isClassifierConfig, type ClassifierConfig } from '@attune/formats';
import { crossEntropy, meanSquaredError, type LanguageModel } from '@attune/nn';
import {
  answerEnd,
  answerIds,
  fitToLabels,
  fitToText,
  generateTexts,
  languageModelOf,
  openAnyModel,
  openWithText,
  positionsOf,
  promptOf,
  readExamples,
  vocabSizeOf,
  type FineTuningDataSettings,
  type ChosenBackend,
  type ModelText,
  type OpenAnyModel,
} from '@attune/runs';
import {
  allocateParameters,
  createGenerator,
  evaluateClassification,
  evaluateModel,
  scoreAnswer,
  type ClassificationMetrics,
} from '@attune/train';
import type { Context } from '../../environment/context.js';
import { exists } from '../../environment/files.js';
import { heldIn, readsNarrow, type HeldWeights } from '../host/held-weights.js';
import { runHost } from '../host/run-host.js';
import { withBackend } from '../../backends/open-backend.js';

/** The request of `attune evaluate` where the data are rows of a task. */
export interface EvaluateExamplesRequest
  extends Omit<FineTuningDataSettings, 'validationFraction'>, ChosenBackend {
  readonly model: string;
  readonly adapter?: string;
  readonly weights: HeldWeights;
  readonly split: 'val' | 'train' | 'test';
  readonly batchSize: number;
  /** True to let the model answer, too. */
  readonly answers: boolean;
  readonly maxNewTokens: number;
}

/** How the model's answers compare with those of the data. */
export interface AnswerMetrics {
  readonly answers: number;
  /** Share of those that are the same. */
  readonly exactMatch: number;
  /** Mean share of words that both have. */
  readonly f1: number;
}

/** The metrics of an evaluation on rows. */
export interface ExampleMetrics
  extends
    Pick<EvaluationMetrics, 'loss'>,
    // Of tokens: classifiers have neither.
    Partial<Omit<EvaluationMetrics, 'loss'>>,
    Partial<AnswerMetrics>,
    Partial<ClassificationMetrics> {
  readonly rows: number;
  /** Names of the classes, in the order of the confusion matrix. */
  readonly labels?: readonly string[];
}

/** True if data is rows of a task rather than token files. */
export async function isExampleData(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isFile()) return true;
  return (await Promise.all(exampleFileNames.map((name) => exists(join(path, name))))).includes(true);
}

const PARTS = { val: 'validation', train: 'train', test: 'test' } as const satisfies Record<
  string,
  ExamplePart
>;

/** Scores rows: the loss over trained tokens; for classes, how many are right; and, if asked for, the model's answers. */
export async function evaluateExamples(
  request: EvaluateExamplesRequest,
  context: Context,
): Promise<ExampleMetrics> {
  const host = runHost(context);
  const { model: given, adapter, weights } = request;
  const asked = { model: given, adapter, narrow: readsNarrow(weights) };
  const { text, ...opened } = await openWithText(openAnyModel, asked, host, request.template);
  try {
    const settings = { ...request, validationFraction: 0, seed: 0 };
    const read = await readExamples(
      { openRows: openExamples },
      settings,
      text,
      positionsOf(opened),
      vocabSizeOf(opened),
    );
    const rows = await partOf(read, request);
    const labels = read.report.format === 'classification' ? labelsOf(opened, read.train) : undefined;
    const fitted = labels ? fitToLabels(opened, labels) : fitToText(opened);
    const { tensors } = fitted;
    const model = heldIn(weights, fitted.model);
    return await withBackend(request, context, async (backend) => {
      const state = await allocateParameters(backend, model, { tensors });
      try {
        const { padId } = text.specialTokens;
        const { batchSize } = request;
        if (labels) return await classify({ backend, model, state, rows, labels, batchSize, padId });
        const data = exampleEvaluation(rows, { batchSize, padId });
        const metrics = await evaluateModel({
          backend,
          model: model.eval(),
          loss: crossEntropy(),
          state,
          data,
        });
        const decoder = heldIn(weights, languageModelOf(opened.config, opened.path));
        const answers = request.answers
          ? await scoreAnswers({ backend, model: decoder, state, rows, text, request, context })
          : {};
        return { ...metrics, rows: rows.count, ...answers };
      } finally {
        state.dispose();
      }
    });
  } finally {
    await text.close();
  }
}

/** The rows that are asked for: those of a file are all there are. */
async function partOf(
  read: Awaited<ReturnType<typeof readExamples>>,
  { data, split }: EvaluateExamplesRequest,
): Promise<EncodedExamples> {
  const isFile = (await stat(data)).isFile();
  const rows = isFile ? read.train : read[PARTS[split]];
  if (rows) return rows;
  throw new AttuneError('DATA_TOO_SHORT', `${data} has no file for --split ${split}.`, {
    fix: 'Name a JSONL file, or another split.',
  });
}

/** The classes of the model, which are those the head was trained for; those of the data if it does not name them. */
function labelsOf({ config, path }: OpenAnyModel, rows: EncodedExamples): LabelSet {
  if (!isClassifierConfig(config)) {
    throw new AttuneError('UNSUPPORTED_MODEL', `The rows have labels, but ${path} holds no classifier.`, {
      fix: 'Train a head for them: attune finetune --task classify.',
    });
  }
  const { labels, problemType, numLabels } = config as ClassifierConfig;
  if (problemType === 'regression') return { kind: 'regression', size: numLabels };
  return labels ? { kind: 'classes', names: labels } : labelSetOf(rows, 'classes');
}

async function classify({
  backend,
  model,
  state,
  rows,
  labels,
  batchSize,
  padId,
}: {
  readonly backend: Backend;
  readonly model: OpenAnyModel['model'];
  readonly state: State;
  readonly rows: EncodedExamples;
  readonly labels: LabelSet;
  readonly batchSize: number;
  readonly padId: number;
}): Promise<ExampleMetrics> {
  const once = { batchSize, padId, labels, sampling: 'sequential', epochs: 1, rewind: true } as const;
  const data = classificationDataset(rows, once);
  const loss =
    labels.kind === 'classes'
      ? crossEntropy({ target: 'label' })
      : meanSquaredError({ output: 'logits', target: 'label' });
  const metrics = await evaluateModel({ backend, model: model.eval(), loss, state, data });
  const score = { loss: metrics.loss, rows: rows.count };
  if (labels.kind === 'regression') return score;
  const scores = await evaluateClassification({ backend, model, state, data });
  return { ...score, ...scores, labels: labels.names };
}

/** Lets the model answer each row's prompt, taking the likeliest token each time. */
async function scoreAnswers({
  backend,
  model,
  state,
  rows,
  text,
  request: { maxNewTokens, batchSize },
  context: { stderr },
}: {
  readonly backend: Backend;
  readonly model: LanguageModel;
  readonly state: State;
  readonly rows: EncodedExamples;
  readonly text: ModelText;
  readonly request: EvaluateExamplesRequest;
  readonly context: Context;
}): Promise<AnswerMetrics> {
  const { tokenizer } = text;
  const endIds = await text.endIds(stderr);
  const examples = Array.from({ length: rows.count }, (_, i) => rows.row(i));
  const questions = examples.map((row) => ({
    prompt: promptOf(row).slice(-model.config.blockSize),
    expected: tokenizer.decode(answerIds(row, endIds)),
    seed: 0,
  }));
  const longest = questions.reduce((most, { prompt }) => Math.max(most, prompt.length), 0);
  const count = Math.min(batchSize, questions.length);
  const contextLength = longest + maxNewTokens;
  const generator = await createGenerator({ backend, model, state, rows: count, contextLength });
  try {
    let [exact, f1] = [0, 0];
    const drawn = generateTexts(generator, count, tokenizer, questions, {
      maxNewTokens,
      temperature: 0,
      ...answerEnd(endIds),
    });
    for await (const [{ expected }, { text }] of drawn) {
      const score = scoreAnswer(text, expected);
      exact += Number(score.exactMatch);
      f1 += score.f1;
    }
    return { answers: questions.length, exactMatch: exact / questions.length, f1: f1 / questions.length };
  } finally {
    generator.dispose();
  }
}
