import type { Backend, State } from '@attune/core';
import type { EncodedExamples, Tokenizer } from '@attune/data';
import type { Gpt2Model } from '@attune/nn';
import { createGenerator, scoreAnswer } from '@attune/train';

/** A question that a model answered. */
export interface Answer {
  readonly prompt: string;
  readonly expected: string;
  readonly answer: string;
}

/** Who answers, and with what. */
export interface Answering {
  readonly backend: Backend;
  readonly model: Gpt2Model;
  readonly state: State;
  readonly tokenizer: Tokenizer;
}

/** Questions that are answered together. */
const TOGETHER = 20;
/** Longer than any answer. */
const LONGEST = 12;

/** Lets a model answer every row, taking the likeliest character each time, up to the end of the line. */
export async function answerAll(
  { backend, model, state, tokenizer }: Answering,
  rows: EncodedExamples,
): Promise<Answer[]> {
  const [lineFeed] = tokenizer.encode('\n');
  const asked = Array.from({ length: rows.count }, (_, i) => {
    const { ids, weights } = rows.row(i);
    const start = weights.findIndex((weight) => weight > 0);
    return {
      ids: Array.from(ids.subarray(0, start)),
      prompt: tokenizer.decode(ids.subarray(0, start)),
      expected: tokenizer.decode(ids.subarray(start)).trim(),
    };
  });
  const contextLength = Math.max(...asked.map(({ ids }) => ids.length)) + LONGEST;
  const generator = await createGenerator({ backend, model, state, rows: TOGETHER, contextLength });
  const answers: Answer[] = [];
  try {
    for (let start = 0; start < asked.length; start += TOGETHER) {
      const batch = asked.slice(start, start + TOGETHER);
      // A short last batch is filled up with questions that nobody asked.
      const prompts = Array.from({ length: TOGETHER }, (_, i) => (batch[i] ?? batch[0]!).ids);
      const drawn = prompts.map((): number[] => []);
      const stop = (tokens: readonly number[]) => tokens.at(-1) === lineFeed;
      const options = { maxNewTokens: LONGEST, temperature: 0, stop };
      for await (const { row, token } of generator.generateRows(prompts, options)) drawn[row]!.push(token);
      for (const [i, { prompt, expected }] of batch.entries()) {
        answers.push({ prompt, expected, answer: tokenizer.decode(drawn[i]!).trim() });
      }
    }
    return answers;
  } finally {
    generator.dispose();
  }
}

/** Share of the answers that are right. */
export function exactMatch(answers: readonly Answer[]): number {
  const right = answers.filter(({ answer, expected }) => scoreAnswer(answer, expected).exactMatch);
  return right.length / answers.length;
}
