import type { Backend } from '@attune/core';
import { classificationDataset, labelSetOf } from '@attune/data';
import {
  answerEnd,
  answerIds,
  fitToLabels,
  generateTexts,
  openAnyModel,
  openModel,
  openWithText,
  promptOf,
  readExamples,
  type FinetuneConfig,
  type RunHost,
} from '@attune/runs';
import { allocateParameters, createGenerator, evaluateClassification, scoreAnswer } from '@attune/train';

/** A question that a model answered. */
export interface Answer {
  readonly prompt: string;
  readonly expected: string;
  readonly answer: string;
}

/** A finished run, or a model, that is asked about the rows for the test. */
export interface Examinee {
  readonly model: string;
  /** The settings of the run: its data, and how that is read. */
  readonly config: FinetuneConfig;
  readonly backend: Backend;
  readonly host: RunHost;
}

/** Questions that are answered together. */
const TOGETHER = 20;
/** Longer than any answer. */
const LONGEST = 12;

/** Lets a model answer every row, taking the likeliest character each time, up to the end of the line. */
export async function answerAll({ model: path, config, backend, host }: Examinee): Promise<Answer[]> {
  const { model, tensors, text } = await openWithText(openModel, { model: path }, host);
  const { tokenizer } = text;
  const { test: rows } = await readExamples(host, config, text);
  const ends = await text.endIds();
  const questions = Array.from({ length: rows!.count }, (_, i) => {
    const row = rows!.row(i);
    return { prompt: promptOf(row), expected: tokenizer.decode(answerIds(row, ends)).trim(), seed: 0 };
  });
  const contextLength = Math.max(...questions.map(({ prompt }) => prompt.length)) + LONGEST;
  const state = await allocateParameters(backend, model, { tensors });
  const generator = await createGenerator({ backend, model, state, rows: TOGETHER, contextLength });
  const options = { maxNewTokens: LONGEST, temperature: 0, ...answerEnd(ends) };
  const answers: Answer[] = [];
  try {
    const drawn = generateTexts(generator, TOGETHER, tokenizer, questions, options);
    for await (const [{ prompt, expected }, { text: answer }] of drawn) {
      answers.push({ prompt: tokenizer.decode(prompt), expected, answer: answer.trim() });
    }
    return answers;
  } finally {
    generator.dispose();
    state.dispose();
    await text.close();
  }
}

/** Share of the answers that are right. */
export function exactMatch(answers: readonly Answer[]): number {
  const right = answers.filter(({ answer, expected }) => scoreAnswer(answer, expected).exactMatch);
  return right.length / answers.length;
}

/** Share of the rows that a classifier tells apart rightly: a language model gets a head that knows nothing. */
export async function accuracyOf({ model: path, config, backend, host }: Examinee): Promise<number> {
  const { text, ...opened } = await openWithText(openAnyModel, { model: path }, host);
  const { train, test } = await readExamples(host, config, text);
  await text.close();
  const labels = labelSetOf(train);
  const { model, tensors } = fitToLabels(opened, labels);
  const data = classificationDataset(test!, {
    batchSize: TOGETHER,
    labels,
    sampling: 'sequential',
    epochs: 1,
  });
  const state = await allocateParameters(backend, model, { tensors, seed: 1 });
  try {
    return (await evaluateClassification({ backend, model, state, data })).accuracy;
  } finally {
    state.dispose();
  }
}
