import { GraphBuilder, type Program } from '@attune/core';
import type { Lengths, Sizes } from '@attune/lowering-onnx';
import { GrowingKvCache, type LanguageModel } from '@attune/nn';

const BATCH = 'batch_size';
const LENGTH = 'sequence_length';
const PAST = 'past_sequence_length';
const TOTAL = 'total_sequence_length';

/** The lengths of a decoder that differ from run to run, under the names that optimum and transformers.js use. */
export const decoderLengths: Lengths = { free: [BATCH, LENGTH, PAST], sums: { [TOTAL]: [PAST, LENGTH] } };

/** The inputs that are int64 there. */
export const wideFeeds = ['input_ids', 'attention_mask', 'position_ids'];

/**
 * A model's forward pass with a cache that grows, for some lengths: from `input_ids i32[B, T]`, `attention_mask i32[B, P + T]`
 * (1 for a token, 0 for what a shorter text is padded with on its left), `position_ids i32[B, T]` (from 0 on where a text
 * begins) and `past_key_values.N.key` / `.value` `f32[B, Hkv, P, D]` to `logits f32[B, T, V]` and `present.N.key` /
 * `.value` `f32[B, Hkv, P + T, D]`. P may be 0.
 */
export function decoderProgram(model: LanguageModel, sizes: Sizes): Program {
  const g = new GraphBuilder(model.config.family);
  const [rows, tokens, total] = [sizes[BATCH]!, sizes[LENGTH]!, sizes[TOTAL]!];
  const x = g.feed('input_ids', { shape: [rows, tokens], dtype: 'i32' });
  const kept = g.feed('attention_mask', { shape: [rows, total], dtype: 'i32' });
  const positions = g.feed('position_ids', { shape: [rows, tokens], dtype: 'i32' });
  const cache = new GrowingKvCache(kept, tokens, (layer, shape) => ({
    keys: g.feed(`past_key_values.${layer}.key`, { shape, dtype: 'f32' }),
    values: g.feed(`past_key_values.${layer}.value`, { shape, dtype: 'f32' }),
  }));
  const mode = 'eval';
  const hidden = model.forwardWith(g, cache, { x, positions }, { mode });
  g.output('logits', model.head(g, hidden, { mode }));
  cache.present.forEach(({ keys, values }, layer) => {
    g.output(`present.${layer}.key`, keys);
    g.output(`present.${layer}.value`, values);
  });
  return g.build();
}
