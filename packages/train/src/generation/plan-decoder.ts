import type { CausalLm, Program, TensorSpecs } from '@attune/core';
import { chunksOf } from './chunks.js';
import { cachedProgram } from './logits-programs.js';

/** The tensors and programs of a decoder. */
export interface DecoderPlan {
  /** Keys and values that are kept. */
  readonly caches: TensorSpecs;
  /** Decode, and the prefills of a prompt. */
  readonly programs: readonly Program[];
}

/**
 * The tensors and programs that `createDecoder` would put on a device for texts of these sizes. Nothing is allocated.
 *
 * @param sizes `length` of the context, and tokens of the longest prompt.
 */
export function planDecoder(
  model: CausalLm,
  { rows, length, prompt }: { readonly rows: number; readonly length: number; readonly prompt: number },
): DecoderPlan {
  const chunks = prompt > 1 ? chunksOf(0, Math.min(prompt, length), length) : [];
  const prefills = [...new Set(chunks.map(({ size }) => size))];
  const sizes = [{ entries: rows, tokens: 1 }, ...prefills.map((tokens) => ({ entries: 1, tokens }))];
  return {
    caches: model.cacheSpecs(rows, length),
    programs: sizes.map((size) => cachedProgram(model, { ...size, rows, length })),
  };
}
