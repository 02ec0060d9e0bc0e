import type { ServedModel } from '../models/served-model.js';
import { startAnswers, type Answer, type AnswerPiece } from './answers.js';
import { invalid } from './api-error.js';
import type { Call, Reply } from './call.js';
import { eachPrompt, type CompletionRequest } from './completion-request.js';
import { encodeCompletion } from './encode.js';
import { completionReporter, type ReportedToken } from './logprobs.js';
import { MOST_TEXTS } from './parameters.js';
import { answerHead, usageOf, type CompletionChoice } from './responses.js';
import { anySeed, samplingFor } from './sampling.js';

/** OpenAI's default. */
const MAX_TOKENS = 16;

/**
 * Answers `POST /v1/completions`.
 *
 * @throws ApiError; AttuneError as encoding, queueing and generating do.
 */
export async function complete(request: CompletionRequest, model: ServedModel, call: Call): Promise<Reply> {
  const { echo, n, logprobs: asked, stream, stop, seed } = request;
  const given = eachPrompt(request.prompt ?? '');
  const texts = given.length * (n ?? 1);
  if (texts > MOST_TEXTS) {
    throw invalid(`One request may ask for ${MOST_TEXTS} texts, but prompts times n are ${texts}.`, 'n');
  }
  const prompts = await Promise.all(given.map((prompt) => encodeCompletion(prompt, model)));
  const read = prompts.reduce((sum, { tokens }) => sum + tokens.length, 0);
  call.count({ prompt_tokens: read });
  const { signal } = call;
  const logprobs = asked ?? undefined;
  const maxNewTokens = request.max_tokens ?? MAX_TOKENS;
  const started = await startAnswers(prompts, model, {
    ...{ maxNewTokens, logprobs, signal },
    sampling: samplingFor(request, model),
    seed: seed ?? anySeed(),
    n: n ?? 1,
    stop: [stop ?? []].flat().filter((text) => text !== ''),
  });
  // What stands before the answers is scored in its turn of the queue, as they are.
  const scored =
    echo && logprobs !== undefined
      ? await Promise.all(prompts.map(({ tokens }) => model.score(tokens, logprobs, signal)))
      : undefined;
  const head = answerHead('cmpl', model.id);
  const answers = started.map((answer) =>
    writer(answer, model, {
      echo: echo ?? false,
      report: logprobs !== undefined,
      scores: scored?.[prompts.indexOf(answer.prompt)],
    }),
  );
  const usage = (tokens: readonly number[]) => {
    const drawn = tokens.reduce((sum, count) => sum + count, 0);
    call.count({ completion_tokens: drawn });
    return usageOf(read, drawn);
  };
  const whole = { ...head, object: 'text_completion' };
  if (!stream) {
    const finished = await Promise.all(answers.map((write) => wholeChoice(write)));
    const choices = finished.map(({ choice }) => choice);
    return { body: { ...whole, choices, usage: usage(finished.map(({ tokens }) => tokens)) } };
  }
  const withUsage = request.stream_options?.include_usage ?? false;
  return {
    async events(send) {
      const chunk = (choices: readonly CompletionChoice[]) =>
        send({ ...whole, choices, ...(withUsage && { usage: null }) });
      const tokens = await Promise.all(answers.map((write) => write((choice) => chunk([choice]))));
      const counted = usage(tokens);
      if (withUsage) send({ ...whole, choices: [], usage: counted });
    },
  };
}

/** Writes an answer as pieces, the last of which says how it ended. Resolves to the tokens drawn. */
type Write = (onChoice: (choice: CompletionChoice) => void) => Promise<number>;

interface WriterOptions {
  readonly echo: boolean;
  readonly report: boolean;
  /** The tokens of the prompt, where they are reported. */
  readonly scores?: readonly ReportedToken[] | undefined;
}

function writer(answer: Answer, { text: { tokenizer } }: ServedModel, options: WriterOptions): Write {
  const { index, prompt } = answer;
  const { echo, report, scores } = options;
  return async (onChoice) => {
    const reporter = completionReporter(tokenizer, echo ? [] : prompt.before);
    const write = (piece: { text: string; tokens: readonly ReportedToken[] }, end?: 'stop' | 'length') =>
      onChoice({
        ...{ index, text: piece.text, finish_reason: end ?? null },
        logprobs: report && (piece.tokens.length > 0 || end === undefined) ? reporter(piece.tokens) : null,
      });
    if (echo) write({ text: prompt.text, tokens: scores ?? [] });
    const end = await answer.read((piece: AnswerPiece) => write(piece));
    write({ text: '', tokens: [] }, end.finishReason);
    return end.tokens;
  };
}

/** An answer as one. */
async function wholeChoice(write: Write): Promise<{ choice: CompletionChoice; tokens: number }> {
  const pieces: CompletionChoice[] = [];
  const tokens = await write((piece) => pieces.push(piece));
  const { index, finish_reason } = pieces.at(-1)!;
  const reports = pieces.flatMap(({ logprobs }) => logprobs ?? []);
  const logprobs = {
    tokens: reports.flatMap((report) => report.tokens),
    token_logprobs: reports.flatMap((report) => report.token_logprobs),
    top_logprobs: reports.flatMap((report) => report.top_logprobs),
    text_offset: reports.flatMap((report) => report.text_offset),
  };
  const text = pieces.map((piece) => piece.text).join('');
  return {
    choice: { index, text, logprobs: reports.length > 0 ? logprobs : null, finish_reason },
    tokens,
  };
}
