import { AttuneError } from '@attune/core';
import { allocateParameters, createGenerator } from '@attune/train';
import type { Context } from '../context.js';
import { openModel } from './model-folder.js';
import { withBackend } from './open-backend.js';
import { emptyPrompt, generateText } from './text-generation.js';

/** What is asked of `attune generate`. */
export interface GenerateRequest {
  readonly model: string;
  readonly prompt?: string;
  readonly maxNewTokens: number;
  readonly temperature: number;
  readonly topK?: number;
  readonly topP?: number;
  readonly minP?: number;
  readonly repetitionPenalty?: number;
  readonly seed: number;
  readonly stop: readonly string[];
  readonly numSamples: number;
  readonly backend: string;
  /** One JSON object for each text, instead of the text as it comes. */
  readonly json: boolean;
}

/** Between two texts, as nanoGPT prints it. */
const SEPARATOR = '\n---------------\n';

/** Draws texts from a model, and writes them to stdout as they come. */
export async function generate(request: GenerateRequest, context: Context): Promise<void> {
  const { model, tensors, tokenizer, path } = await openModel(request.model, context);
  if (!tokenizer) {
    throw new AttuneError(
      'FILE_NOT_FOUND',
      `${path} has no tokenizer: neither a meta.json nor a tokenizer.json.`,
      {
        fix: "Put the model's tokenizer.json into the folder.",
      },
    );
  }
  const { prompt = '', numSamples, seed, json, backend: name, model: _, ...options } = request;
  const ids = prompt === '' ? emptyPrompt(tokenizer) : Array.from<number>(tokenizer.encode(prompt));
  const { stdout } = context;
  await withBackend(name, context, async (backend) => {
    const state = await allocateParameters(backend, model, { tensors });
    const generator = await createGenerator({ backend, model, state });
    try {
      for (let i = 0; i < numSamples; i++) {
        if (!json) stdout.write(i > 0 ? `${SEPARATOR}${prompt}` : prompt);
        const { text, tokens, finishReason } = await generateText(generator, tokenizer, ids, {
          ...options,
          seed: seed + i,
          onText: json ? undefined : (piece) => void stdout.write(piece),
        });
        stdout.write(json ? `${JSON.stringify({ prompt, text, tokens, finishReason })}\n` : '\n');
      }
    } finally {
      generator.dispose();
      state.dispose();
    }
  });
}
