import type { ServedModel } from '../models/served-model.js';
import { startAnswers, type Answer } from './answers.js';
import { invalid } from './api-error.js';
import type { Call, Reply } from './call.js';
import { maxTokensOf, messageOf, type ChatRequest } from './chat-request.js';
import { encodeChat } from './encode.js';
import { chatLogprobs, type ReportedToken } from './logprobs.js';
import { formFor } from './response-format.js';
import { answerHead, usageOf, type ChatChoice, type ChatChunkChoice } from './responses.js';
import { anySeed, samplingFor } from './sampling.js';
import { spellingsOf } from './token-texts.js';

/**
 * Answers `POST /v1/chat/completions`.
 *
 * @throws ApiError; AttuneError as encoding, queueing and generating do.
 */
export async function chat(request: ChatRequest, model: ServedModel, call: Call): Promise<Reply> {
  const { n, stop, stream, seed, logprobs: reports, top_logprobs: top } = request;
  if (top != null && !reports) throw invalid('top_logprobs needs logprobs to be true.', 'top_logprobs');
  const maxNewTokens = maxTokensOf(request) ?? model.batcher.contextLength;
  const prompt = await encodeChat(request.messages.map(messageOf), request.chat_template_kwargs ?? {}, model);
  const read = prompt.tokens.length;
  call.count({ prompt_tokens: read });
  const sampling = samplingFor(request, model);
  const { tokenizer } = model.text;
  const spelled = reports ? await spellingsOf(tokenizer) : undefined;
  const form = await formFor(request.response_format, model, call.signal);
  const answers = await startAnswers([prompt], model, {
    maxNewTokens,
    sampling,
    seed: seed ?? anySeed(),
    n: n ?? 1,
    stop: [stop ?? []].flat().filter((text) => text !== ''),
    logprobs: reports ? (top ?? 0) : undefined,
    ...(form && { constraint: () => form.text() }),
    signal: call.signal,
  }).finally(() => form?.release());
  const report = (tokens: readonly ReportedToken[]) =>
    spelled ? chatLogprobs(tokenizer, spelled, tokens) : null;
  const usage = (tokens: readonly number[]) => {
    const drawn = tokens.reduce((sum, count) => sum + count, 0);
    call.count({ completion_tokens: drawn });
    return usageOf(read, drawn);
  };
  const head = answerHead('chatcmpl', model.id);
  if (!stream) {
    const finished = await Promise.all(answers.map((answer) => wholeChoice(answer, report)));
    const choices = finished.map(({ choice }) => choice);
    const counted = usage(finished.map(({ tokens }) => tokens));
    return { body: { ...head, object: 'chat.completion', choices, usage: counted } };
  }
  const withUsage = request.stream_options?.include_usage ?? false;
  return {
    async events(send) {
      const whole = { ...head, object: 'chat.completion.chunk' };
      const chunk = (choice: ChatChunkChoice) =>
        send({ ...whole, choices: [choice], ...(withUsage && { usage: null }) });
      const tokens = await Promise.all(answers.map((answer) => writeChunks(answer, report, chunk)));
      const counted = usage(tokens);
      if (withUsage) send({ ...whole, choices: [], usage: counted });
    },
  };
}

type Report = (tokens: readonly ReportedToken[]) => ChatChoice['logprobs'];

/** Writes an answer as chunks: who speaks, what is said, how it ended. Resolves to the tokens drawn. */
async function writeChunks(
  { index, read }: Answer,
  report: Report,
  chunk: (choice: ChatChunkChoice) => void,
): Promise<number> {
  const idle = { index, logprobs: null, finish_reason: null };
  chunk({ ...idle, delta: { role: 'assistant', content: '' } });
  const { finishReason, tokens } = await read((piece) =>
    chunk({ ...idle, delta: { content: piece.text }, logprobs: report(piece.tokens) }),
  );
  chunk({ ...idle, delta: {}, finish_reason: finishReason });
  return tokens;
}

/** An answer as one. */
async function wholeChoice(
  { index, read }: Answer,
  report: Report,
): Promise<{ choice: ChatChoice; tokens: number }> {
  let content = '';
  const reported: ReportedToken[] = [];
  const { finishReason, tokens } = await read((piece) => {
    content += piece.text;
    reported.push(...piece.tokens);
  });
  const message = { role: 'assistant', content, refusal: null } as const;
  return { choice: { index, message, logprobs: report(reported), finish_reason: finishReason }, tokens };
}
