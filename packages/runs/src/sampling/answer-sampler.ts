import type { Backend, CausalLm } from '@attune/core';
import type { EncodedExamples } from '@attune/data';
import { createGenerator, type Generator, type Trainer } from '@attune/train';
import { generateTexts, type RowOptions } from './generate-rows.js';
import type { ModelText } from '../models/text/model-text.js';
import type { Sampler } from './sampler.js';

/** Rows of a data set that a model is to answer. */
export interface AnswerSamplerParts {
  readonly backend: Backend;
  readonly model: CausalLm;
  readonly trainer: Trainer;
  readonly text: ModelText;
  readonly rows: EncodedExamples;
  readonly config: { readonly samples: number; readonly sampleTokens: number };
}

/** The tokens before the first one that is trained: the prompt of a row. */
export function promptOf({
  ids,
  weights,
}: {
  readonly ids: Int32Array;
  readonly weights: Float32Array;
}): number[] {
  const end = weights.findIndex((weight) => weight > 0);
  return Array.from(ids.subarray(0, Math.max(1, end)));
}

/** The expected answer to the prompt, without the token that ends it. */
export function answerIds(
  row: { readonly ids: Int32Array; readonly weights: Float32Array },
  endIds: readonly number[],
): number[] {
  const start = promptOf(row).length;
  const length = row.weights.subarray(start).findIndex((weight) => weight === 0);
  const ids = row.ids.subarray(start, length < 0 ? undefined : start + length);
  // An end token that is ordinary text may stand within an answer.
  let end = ids.length;
  while (end > 0 && endIds.includes(ids[end - 1]!)) end--;
  return Array.from(ids.subarray(0, end));
}

/** The end of an answer: a token, or, for a model that was trained without one, the end of the line. */
export function answerEnd(endIds: readonly number[]): Pick<RowOptions, 'end' | 'stop'> {
  return endIds.length === 0 ? { stop: ['\n'] } : { end: (token) => endIds.includes(token) };
}

/** As much of a prompt as reminds of it. */
function shortened(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  return line.length > 100 ? `…${line.slice(-100)}` : line;
}

/** Lets the model answer the first rows: each prompt, the answer, and the one that was expected. */
export function answerSampler({ backend, model, trainer, text, rows, config }: AnswerSamplerParts): Sampler {
  const { tokenizer } = text;
  const { blockSize } = model.config;
  const count = Math.min(config.samples, rows.count);
  const examples = Array.from({ length: count }, (_, i) => rows.row(i));
  const prompts = examples.map((row) => promptOf(row).slice(-(blockSize - 1)));
  const longest = prompts.reduce((most, { length }) => Math.max(most, length), 0);
  const contextLength = Math.min(blockSize, longest + config.sampleTokens);
  let generator: Promise<Generator> | undefined;
  return {
    title: 'It now answers',
    texts: { model, rows: count, length: contextLength, prompt: longest },
    async draw() {
      generator ??= trainer
        .parameters()
        .then((state) => createGenerator({ backend, model, state, rows: count, contextLength }));
      const endIds = await text.endIds();
      const requests = examples.map((row, i) => ({ row, prompt: prompts[i]!, seed: 0 }));
      const drawn = generateTexts(await generator, count, tokenizer, requests, {
        maxNewTokens: config.sampleTokens,
        temperature: 0,
        ...answerEnd(endIds),
      });
      const shown: string[] = [];
      for await (const [{ row, prompt }, { text: answer }] of drawn) {
        const expected = tokenizer.decode(answerIds(row, endIds)).trim();
        shown.push(
          `${shortened(tokenizer.decode(prompt))}\n→ ${answer.trim()}\n  (expected: ${shortened(expected)})`,
        );
      }
      return shown.join('\n');
    },
    async dispose() {
      (await generator)?.dispose();
    },
  };
}
