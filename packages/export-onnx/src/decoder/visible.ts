import { MASKED_SCORE } from '@attune/core';
import type { SymbolicValue } from '@attune/lowering-onnx';
import type { DecoderWriter } from './decoder-writer.js';
import type { DecoderInputs } from './inputs.js';

/**
 * The bias of attention scores, `f32[B, 1, T, P + T]`: 0 where a token sees another, which is not after it and no
 * padding.
 *
 * @param window how many tokens one sees, itself among them. Default: all.
 */
export function visibility(w: DecoderWriter, inputs: DecoderInputs, window?: number): SymbolicValue {
  const { graph } = w;
  const past = w.lengthOf(inputs.past[0]!.key, 2);
  const total = w.add(past, w.lengthOf(inputs.inputIds, 1));
  const one = graph.int(1);
  const keys = w.node('Range', [graph.int(0), total, one]); // [P + T]
  const queries = w.unsqueeze(w.node('Range', [past, total, one]), [1]); // [T, 1]
  let causal = w.node('LessOrEqual', [keys, queries]);
  if (window !== undefined) {
    const first = w.sub(queries, graph.int(window));
    causal = w.node('And', [causal, w.node('Greater', [keys, first])]);
  }
  const kept = w.unsqueeze(w.node('Greater', [inputs.attentionMask, graph.int(0)]), [1, 2]); // [B, 1, 1, P + T]
  return w.node('Where', [w.node('And', [causal, kept]), graph.float(0), graph.float(MASKED_SCORE)]);
}
