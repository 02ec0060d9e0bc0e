import type { SymbolicValue } from '@attune/lowering-onnx';
import type { DecoderWriter } from '../decoder/decoder-writer.js';

/** A linear layer's shape. */
export interface LinearShape {
  readonly inputs: number;
  readonly outputs: number;
  readonly bias: boolean;
  /** How the model keeps the weight: `[in, out]`, as GPT-2 does, or `[out, in]`, as PyTorch's `Linear`. */
  readonly layout: 'in-out' | 'out-in';
}

/** `x · W + b`: `f32[B, T, in]` → `f32[B, T, out]`. In ONNX the weight is `[in, out]`, as quantizers look for it. */
export function linear(
  w: DecoderWriter,
  x: SymbolicValue,
  path: string,
  { inputs, outputs, bias, layout }: LinearShape,
): SymbolicValue {
  const name = `${path}.weight`;
  const weight =
    layout === 'in-out' ? w.weight(name, [inputs, outputs]) : w.transposedWeight(name, [inputs, outputs]);
  const product = w.matmul(x, weight);
  return bias ? w.add(product, w.weight(`${path}.bias`, [outputs])) : product;
}

/**
 * Logits by the token embedding, `f32[B, T, C]` → `f32[B, T, V]`. The table is `[V, C]` and large: Gemm reads it that way
 * round, where a Transpose would be a second one in memory.
 */
export function tiedHead(
  w: DecoderWriter,
  hidden: SymbolicValue,
  table: string,
  [vocabSize, width]: readonly [number, number],
): SymbolicValue {
  const flat = w.reshape(hidden, [-1, width]);
  const logits = w.node('Gemm', [flat, w.weight(table, [vocabSize, width])], { transB: { int: 1 } });
  const rows = w.node('Shape', [hidden], { end: { int: 2 } }); // [B, T]
  return w.node('Reshape', [logits, w.concat([rows, w.graph.ints([vocabSize])], 0)]);
}
