import type { SymbolicValue } from '@attune/lowering-onnx';
import type { KeyValue } from '../decoder/inputs.js';
import type { DecoderWriter } from '../decoder/decoder-writer.js';

/** Heads of an attention. */
export interface Heads {
  /** The number of query heads: a multiple of the number of key heads. */
  readonly queries: number;
  /** The number of heads of keys and values. */
  readonly keys: number;
  /** Width of a head. */
  readonly width: number;
}

/** `f32[B, T, heads · width]` → `f32[B, heads, T, width]`. */
export function splitHeads(w: DecoderWriter, x: SymbolicValue, heads: number, width: number): SymbolicValue {
  return w.transpose(w.reshape(x, [0, 0, heads, width]), [0, 2, 1, 3]);
}

/**
 * Attention of queries `f32[B, H, T, D]` to what is cached and to keys and values `f32[B, K, T, D]` of the same tokens.
 *
 * @param visible what is added to scores, `f32[B, 1, T, P + T]`.
 * @param scale what scores are multiplied by.
 * @returns the result, `f32[B, T, H · D]`, and the cache with the new keys and values.
 */
export function attention(
  w: DecoderWriter,
  { query, key, value }: { readonly query: SymbolicValue } & KeyValue,
  past: KeyValue,
  visible: SymbolicValue,
  { queries, keys, width }: Heads,
  scale = 1 / Math.sqrt(width),
): { readonly output: SymbolicValue; readonly present: KeyValue } {
  const present = { key: w.concat([past.key, key], 2), value: w.concat([past.value, value], 2) };
  const scaled = w.mul(query, w.graph.float(scale));
  const flipped = w.transpose(present.key, [0, 1, 3, 2]); // [B, K, D, P + T]
  if (queries === keys) {
    const scores = w.add(w.matmul(scaled, flipped), visible);
    const mixed = w.matmul(softmax(w, scores), present.value); // [B, H, T, D]
    const output = w.reshape(w.transpose(mixed, [0, 2, 1, 3]), [0, 0, queries * width]);
    return { output, present };
  }
  // Queries that share a key are a group, in an axis along which keys and values are the same.
  const group = queries / keys;
  const grouped = w.reshape(scaled, [0, keys, group, -1, width]);
  const shared = (x: SymbolicValue) => w.unsqueeze(x, [2]);
  const scores = w.add(w.matmul(grouped, shared(flipped)), shared(visible)); // [B, K, G, T, P + T]
  const mixed = w.matmul(softmax(w, scores), shared(present.value));
  const output = w.reshape(w.transpose(mixed, [0, 3, 1, 2, 4]), [0, 0, queries * width]);
  return { output, present };
}

function softmax(w: DecoderWriter, scores: SymbolicValue): SymbolicValue {
  return w.node('Softmax', [scores], { axis: { int: -1 } });
}
