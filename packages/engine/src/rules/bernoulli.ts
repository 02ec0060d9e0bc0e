import { sizeOf, type Shape } from '@attune/core';
import { defineRule } from '../steps/rule.js';

/** A random mask, a function of the seed that lies in memory. */
export const bernoulli = defineRule('bernoulli', (_graph, node) => {
  const [seed, output] = [node.inputs[0]!, node.outputs[0]!];
  const { p, stream, shape } = node.attrs as {
    readonly p: number;
    readonly stream: number;
    readonly shape: Shape;
  };
  // A word w is kept if w ≥ p · 2³², that is w > ⌈p · 2³²⌉ − 1; without a threshold, each is.
  const threshold = Math.ceil(p * 2 ** 32);
  return {
    inputs: [seed],
    outputs: [output],
    emit: (tape) =>
      tape.call('bernoulli', [
        ...[...tape.ref(seed), ...tape.ref(output)],
        ...[sizeOf(shape), stream | 0, Math.max(0, threshold - 1) | 0, Number(threshold === 0)],
      ]),
  };
});
