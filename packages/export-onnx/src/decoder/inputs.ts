import type { SymbolicValue } from '@attune/lowering-onnx';
import type { DecoderWriter } from './decoder-writer.js';

/** The shape of cached keys and values. */
export interface CacheShape {
  readonly layers: number;
  /** Heads of keys and values. */
  readonly heads: number;
  /** Width of a head. */
  readonly width: number;
}

/** Keys and values, `f32[B, heads, tokens, width]`. */
export interface KeyValue {
  readonly key: SymbolicValue;
  readonly value: SymbolicValue;
}

/** The inputs of a decoder. */
export interface DecoderInputs {
  /** `i64[B, T]`: the tokens that come after those that are cached. */
  readonly inputIds: SymbolicValue;
  /** `i64[B, P + T]`: 1 for a token, 0 for what a shorter text is padded with on its left. */
  readonly attentionMask: SymbolicValue;
  /** `i64[B, T]`: the places of the tokens, from 0 on where each text begins. */
  readonly positionIds: SymbolicValue;
  /** The `present` outputs of earlier runs, for P tokens; P may be 0. */
  readonly past: readonly KeyValue[];
}

const BATCH = 'batch_size';
const LENGTH = 'sequence_length';
const PAST = 'past_sequence_length';
const TOTAL = 'total_sequence_length';

/** Declares the inputs, under the names that optimum and transformers.js use. */
export function declareInputs({ graph }: DecoderWriter, { layers, heads, width }: CacheShape): DecoderInputs {
  const cache = (name: string) => graph.input(name, 'f32', [BATCH, heads, PAST, width]);
  return {
    inputIds: graph.input('input_ids', 'i64', [BATCH, LENGTH]),
    attentionMask: graph.input('attention_mask', 'i64', [BATCH, TOTAL]),
    positionIds: graph.input('position_ids', 'i64', [BATCH, LENGTH]),
    past: Array.from({ length: layers }, (_, layer) => ({
      key: cache(`past_key_values.${layer}.key`),
      value: cache(`past_key_values.${layer}.value`),
    })),
  };
}

/** Declares the outputs: `logits f32[B, T, V]`, and what is to be cached. */
export function declareOutputs(
  { graph }: DecoderWriter,
  logits: SymbolicValue,
  vocabSize: number,
  present: readonly KeyValue[],
  { heads, width }: CacheShape,
): void {
  graph.output('logits', logits, 'f32', [BATCH, LENGTH, vocabSize]);
  present.forEach(({ key, value }, layer) => {
    graph.output(`present.${layer}.key`, key, 'f32', [BATCH, heads, TOTAL, width]);
    graph.output(`present.${layer}.value`, value, 'f32', [BATCH, heads, TOTAL, width]);
  });
}
