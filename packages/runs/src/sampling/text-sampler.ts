import type { Backend, CausalLm } from '@attune/core';
import type { Tokenizer } from '@attune/data';
import { createGenerator, type Generator, type Trainer } from '@attune/train';
import type { Sampler } from './sampler.js';
import { emptyPrompt, generateText } from './text-generation.js';

/** Draws a text that continues nothing. The generator is made when it is first needed, and kept. */
export function textSampler({
  backend,
  model,
  trainer,
  tokenizer,
  config,
}: {
  readonly backend: Backend;
  readonly model: CausalLm;
  readonly trainer: Trainer;
  readonly tokenizer: Tokenizer;
  readonly config: { readonly sampleTokens: number; readonly seed: number };
}): Sampler {
  let generator: Promise<Generator> | undefined;
  const prompt = emptyPrompt(tokenizer);
  return {
    title: 'It now writes',
    texts: { model, rows: 1, length: model.config.blockSize, prompt: prompt.length },
    async draw(onText) {
      generator ??= trainer.parameters().then((state) => createGenerator({ backend, model, state }));
      const { text } = await generateText(await generator, tokenizer, prompt, {
        maxNewTokens: config.sampleTokens,
        temperature: 0.8,
        seed: config.seed,
        onText,
      });
      return text.trim();
    },
    async dispose() {
      (await generator)?.dispose();
    },
  };
}
