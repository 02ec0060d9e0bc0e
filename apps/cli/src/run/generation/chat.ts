import { createInterface } from 'node:readline/promises';
import { AttuneError } from '@attune/core';
import { encodePrompt, type Message } from '@attune/data';
import {
  generateText,
  openModel,
  openWithText,
  samplingOf,
  type ChosenBackend,
  type ModelText,
  type SamplingSettings,
} from '@attune/runs';
import { allocateParameters, createGenerator, type Generator } from '@attune/train';
import type { Context } from '../../environment/context.js';
import { exitCodes } from '../../environment/exit-codes.js';
import { heldIn, readsNarrow, type HeldWeights } from '../host/held-weights.js';
import { runHost } from '../host/run-host.js';
import { withBackend } from '../../backends/open-backend.js';
import { answerContent } from './answer-content.js';

/** The request of `attune chat`. */
export interface ChatRequest extends SamplingSettings, ChosenBackend {
  readonly model: string;
  readonly adapter?: string;
  readonly weights: HeldWeights;
  readonly template?: string;
  /** The system prompt. */
  readonly system?: string;
  readonly contextLength: number;
  readonly maxNewTokens: number;
  readonly seed: number;
}

const HELP = `/reset starts a new conversation, /exit quits; Ctrl-C stops an answer.\n`;

/** Talks: each line of stdin is a turn, and each answer goes to stdout as it comes. */
export async function chat(request: ChatRequest, context: Context): Promise<void> {
  const host = runHost(context);
  const { model: given, adapter, weights } = request;
  const asked = { model: given, adapter, narrow: readsNarrow(weights) };
  const { text, ...source } = await openWithText(openModel, asked, host, request.template);
  const model = heldIn(weights, source.model);
  try {
    requireTemplate(text, source.path);
    const { contextLength } = request;
    await withBackend(request, context, async (backend) => {
      const state = await allocateParameters(backend, model, { tensors: source.tensors });
      const generator = await createGenerator({
        ...{ backend, model, state },
        contextLength: Math.min(contextLength, model.config.blockSize),
        // A turn is read after those before it.
        reuse: true,
      });
      try {
        await converse(generator, text, request, context);
      } finally {
        generator.dispose();
        state.dispose();
      }
    });
  } finally {
    await text.close();
  }
}

function requireTemplate({ template }: ModelText, path: string): void {
  if (template) return;
  throw new AttuneError(
    'NO_CHAT_TEMPLATE',
    `${path} has no chat template: it is not said how turns are written.`,
    {
      fix: 'Choose one with --template: chatml, llama3, plain, or a Jinja file. It must be the one the model was trained with.',
    },
  );
}

/** Reads turns and answers them, until there are no more. */
async function converse(
  generator: Generator,
  text: ModelText,
  request: ChatRequest,
  { stdin, stdout, stderr, onInterrupt, exit }: Context,
): Promise<void> {
  const beginning: Message[] =
    request.system === undefined ? [] : [{ role: 'system', content: request.system }];
  let history = [...beginning];
  const interactive = stdin.isTTY ?? false;
  const lines = createInterface({
    input: stdin,
    ...(interactive && { output: stderr.stream, prompt: '> ' }),
  });
  let stopped = false;
  const unsubscribe = onInterrupt((signal) => {
    // Whoever closes the terminal, or ends the process, is not talking any more.
    if (signal !== 'SIGINT') exit(signal === 'SIGPIPE' ? exitCodes.ok : exitCodes.interrupted);
    stopped = true;
  });
  if (interactive) {
    stderr.write(HELP);
    lines.on('SIGINT', () => lines.close());
    lines.prompt();
  }
  try {
    for await (const line of lines) {
      const said = line.trim();
      if (said === '/exit') break;
      if (said === '/reset') history = [...beginning];
      else if (said.startsWith('/') && interactive) stderr.write(HELP);
      else if (said !== '') {
        stopped = false;
        history.push({ role: 'user', content: line });
        const answer = await answerTo(generator, text, history, request, {
          onText: (piece) => void stdout.writeText(piece),
          isStopped: () => stopped,
        });
        stdout.write('\n');
        history.push({ role: 'assistant', content: await answerContent(answer, history, text.template!) });
      }
      if (interactive) lines.prompt();
    }
  } finally {
    unsubscribe();
    lines.close();
  }
}

/**
 * The answer to the last turn. Turns that no longer fit are forgotten, the oldest first; what the conversation began with
 * stays.
 */
async function answerTo(
  generator: Generator,
  text: ModelText,
  history: Message[],
  request: ChatRequest,
  { onText, isStopped }: { readonly onText: (piece: string) => void; readonly isStopped: () => boolean },
): Promise<string> {
  const { contextLength, maxNewTokens, seed } = request;
  const endIds = await text.endIds();
  let prompt = await encodePrompt(history, text);
  while (prompt.length + maxNewTokens > contextLength && forgetTurn(history)) {
    prompt = await encodePrompt(history, text);
  }
  const { text: answer } = await generateText(generator, text.tokenizer, Array.from(prompt), {
    ...samplingOf(request, text.generation),
    ...{ maxNewTokens, onText },
    // Another draw for each turn, and the same conversation for the same seed.
    seed: seed + history.length,
    end: (token: number) => endIds.includes(token) || isStopped(),
  });
  return answer;
}

/** Removes the oldest question and its answer. `false` if there is none but the last. */
function forgetTurn(history: Message[]): boolean {
  const first = history.findIndex(({ role }) => role === 'user');
  if (first < 0 || first >= history.length - 1) return false;
  history.splice(first, 2);
  return true;
}
