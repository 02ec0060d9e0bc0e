import { AttuneError, isAttuneError } from '@attune/core';
import { encodePrompt, type Tokenizer } from '@attune/data';
import {
  emptyPrompt,
  generateText,
  generateTexts,
  openModel,
  openWithText,
  samplingOf,
  type GeneratedText,
  type ModelText,
  type RowOptions,
  type SamplingSettings,
  type ChosenBackend,
  type TextRequest,
} from '@attune/runs';
import { allocateParameters, createGenerator, type Generator } from '@attune/train';
import type { Context } from '../../environment/context.js';
import type { Printer } from '../../printing/printer.js';
import { heldIn, readsNarrow, type HeldWeights } from '../host/held-weights.js';
import { runHost } from '../host/run-host.js';
import { withBackend } from '../../backends/open-backend.js';
import { readPrompts } from './prompts-file.js';

/** The request of `attune generate`. */
export interface GenerateRequest extends SamplingSettings, ChosenBackend {
  readonly model: string;
  readonly adapter?: string;
  readonly weights: HeldWeights;
  readonly prompt?: string;
  /** A file of prompts, in place of one. */
  readonly prompts?: string;
  /** How many of them are continued together. */
  readonly batchSize: number;
  readonly maxNewTokens: number;
  readonly seed: number;
  readonly stop: readonly string[];
  readonly numSamples: number;
  /** One JSON object for each text, instead of the text as it comes. */
  readonly json: boolean;
}

/** Between two texts, as nanoGPT prints it. */
const SEPARATOR = '\n---------------\n';

/** A text to be drawn, with what it begins with. */
interface Draw extends TextRequest {
  readonly text: string;
}

/** The parts and options of sampling texts. */
interface Drawing {
  readonly generator: Generator;
  readonly tokenizer: Tokenizer;
  readonly options: RowOptions;
  readonly json: boolean;
}

/** The tokens that a text is continued after. Where there is none, the model begins as it was taught to. */
async function promptIds(prompt: string, text: ModelText): Promise<readonly number[]> {
  const { bos } = text.specialTokens;
  if (prompt === '') return bos === undefined ? emptyPrompt(text.tokenizer) : [bos];
  return Array.from(await encodePrompt(prompt, text));
}

/** The beginning of a text. A text of its own stands after nothing, whatever the model is given to begin. */
async function beginOf(prompt: string, text: ModelText): Promise<Omit<Draw, 'seed'>> {
  const ids = await promptIds(prompt, text);
  return { text: prompt, prompt: ids, ...(prompt === '' && { before: [] }) };
}

/** The prompts of a file. @throws AttuneError as reading and encoding do, with the line. */
async function encodePrompts(path: string, text: ModelText): Promise<Omit<Draw, 'seed'>[]> {
  const draws: Omit<Draw, 'seed'>[] = [];
  for (const { text: prompt, line } of await readPrompts(path)) {
    try {
      draws.push(await beginOf(prompt, text));
    } catch (cause) {
      if (!isAttuneError(cause)) throw cause;
      throw new AttuneError(cause.code, `${path}, line ${line}: ${cause.message}`, { cause });
    }
  }
  return draws;
}

function jsonOf(prompt: string, { text, tokens, finishReason }: GeneratedText): unknown {
  return { prompt, text, tokens, finishReason };
}

/** Draws texts one after the other, and writes each as it comes. */
async function streamTexts(
  draws: readonly Draw[],
  { generator, tokenizer, options, json }: Drawing,
  out: Printer,
) {
  for (const [i, { text: begin, prompt, before, seed }] of draws.entries()) {
    if (!json) out.writeText(i > 0 ? `${SEPARATOR}${begin}` : begin);
    const onText = json ? undefined : (piece: string) => void out.writeText(piece);
    const text = await generateText(generator, tokenizer, prompt, { ...options, before, seed, onText });
    if (json) out.writeJson(jsonOf(begin, text));
    else out.write('\n');
  }
}

/** Draws several texts at a time, and writes them in their order. */
async function batchTexts(draws: readonly Draw[], rows: number, drawing: Drawing, out: Printer) {
  const { generator, tokenizer, options, json } = drawing;
  let separator = '';
  for await (const [draw, text] of generateTexts(generator, rows, tokenizer, draws, options)) {
    if (json) out.writeJson(jsonOf(draw.text, text));
    else out.writeText(`${separator}${draw.text}${text.text}\n`);
    separator = SEPARATOR;
  }
}

/**
 * Draws texts from a model, and writes them to stdout.
 *
 * @throws AttuneError INVALID_CONFIG if there is a prompt and a file of prompts; what reading them and the model throws.
 */
export async function generate(request: GenerateRequest, context: Context): Promise<void> {
  const { prompt, prompts: file, batchSize, numSamples, seed, json, ...rest } = request;
  const { model: given, adapter, weights, maxNewTokens, stop } = rest;
  if (file !== undefined && prompt !== undefined) {
    throw new AttuneError('INVALID_CONFIG', '--prompt and --prompts are both given.', {
      fix: 'Leave one of them out.',
    });
  }
  const asked = { model: given, adapter, narrow: readsNarrow(weights) };
  const opened = await openWithText(openModel, asked, runHost(context));
  const { tensors, text } = opened;
  const model = heldIn(weights, opened.model);
  const { tokenizer } = text;
  const endIds = await text.endIds(context.stderr);
  await text.close();
  const options = {
    ...samplingOf(request, text.generation),
    ...{ maxNewTokens, stop },
    end: (token: number) => endIds.includes(token),
  };
  const begins = file === undefined ? [await beginOf(prompt ?? '', text)] : await encodePrompts(file, text);
  const draws = begins.flatMap((begin) =>
    Array.from({ length: numSamples }, (_, sample): Draw => ({ ...begin, seed: seed + sample })),
  );
  const rows = file === undefined ? 1 : Math.min(batchSize, draws.length);
  // What no text needs costs time.
  const contextLength =
    draws.reduce((max, draw) => Math.max(max, draw.prompt.length), 0) + options.maxNewTokens;
  await withBackend(request, context, async (backend) => {
    const state = await allocateParameters(backend, model, { tensors });
    const generator = await createGenerator({ backend, model, state, rows, contextLength, reuse: true });
    const drawing = { generator, tokenizer, options, json };
    try {
      if (file === undefined) await streamTexts(draws, drawing, context.stdout);
      else await batchTexts(draws, rows, drawing, context.stdout);
    } finally {
      generator.dispose();
      state.dispose();
    }
  });
}
