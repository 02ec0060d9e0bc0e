import type { ValueId } from '@attune/core';
import { callGemm } from '../matmul/gemm.js';
import { storedTable } from '../matmul/narrow-operand.js';
import { defineRule, type StepWriter } from '../../steps/rule.js';

type Place = ReturnType<StepWriter['ref']>;

interface Chunk {
  readonly start: number;
  readonly rows: number;
}

/** Rows from 0 to `total`, `chunk` at once. */
function chunksOf(total: number, chunk: number): Chunk[] {
  return Array.from({ length: Math.max(1, Math.ceil(total / chunk)) }, (_, i) => ({
    start: i * chunk,
    rows: Math.min(chunk, total - i * chunk),
  }));
}

/**
 * The loss of a linear head and its gradients, chunk by chunk: the logits of one are in memory, and their gradient takes their
 * place. A gradient that nobody reads is not computed.
 */
export const linearCrossEntropy = defineRule('linearCrossEntropy', (graph, node) => {
  const inputs = node.inputs as readonly [ValueId, ValueId, ValueId, ValueId];
  const outputs = node.outputs as readonly [ValueId, ValueId, ValueId, ValueId];
  const [hidden, weight, targets, lossWeights] = inputs;
  const [loss, dHidden, dWeight, losses] = outputs;
  const { ignoreIndex, chunk } = node.attrs as { readonly ignoreIndex: number; readonly chunk: number };
  const [total, width] = graph.spec(hidden).shape as readonly [number, number];
  const classes = graph.spec(weight).shape[0]!;
  const { value: stored, storage, scales } = storedTable(graph, weight, classes, width);
  const isRead = (id: ValueId) => graph.readers(id) > 0;
  const isDifferentiated = isRead(dHidden) || isRead(dWeight);
  const read = [...new Set([hidden, stored, targets, lossWeights, ...(scales ? [scales.value] : [])])];

  /** The weight as B of a product: its rows are classes, and columns of B where it is transposed. */
  const head = (tape: StepWriter, isTransposed: boolean) => ({
    ...{ b: tape.ref(stored), storage },
    ...(isTransposed ? { rowB: 1, columnB: width } : { rowB: width, columnB: 1 }),
    ...(scales && {
      scales: {
        at: tape.ref(scales.value),
        of: (scales.of === 'rows') === isTransposed ? ('columns' as const) : ('rows' as const),
      },
    }),
  });

  const emitChunk = (tape: StepWriter, { start, rows }: Chunk, lossesAt: (start: number) => Place) => {
    const own = tape.ref(hidden, start * width);
    const logits = tape.temporary(0);
    callGemm(tape, {
      ...{ a: own, c: logits, m: rows, n: classes, k: width, rowA: width, columnA: 1 },
      ...head(tape, true),
    });
    tape.call('cross_entropy', [
      ...[...logits, ...tape.ref(targets, start)],
      ...(isDifferentiated ? tape.ref(lossWeights, start) : tape.nowhere),
      ...[...lossesAt(start), ...(isDifferentiated ? logits : tape.nowhere)],
      ...[rows, classes, ignoreIndex, tape.f32(0)],
    ]);
    if (isRead(dWeight)) {
      callGemm(tape, {
        ...{ a: logits, b: own, c: tape.ref(dWeight), m: classes, n: width, k: rows },
        ...{ rowA: 1, columnA: classes, rowB: width, columnB: 1, accumulate: start > 0 },
      });
    }
    // The last of a chunk: it may lie where the hidden states are.
    if (isRead(dHidden)) {
      callGemm(tape, {
        ...{ a: logits, c: tape.ref(dHidden, start * width), m: rows, n: width },
        ...{ k: classes, rowA: classes, columnA: 1 },
        ...head(tape, false),
      });
    }
  };

  return {
    inputs: read,
    outputs: outputs.filter((id) => id === loss || isRead(id)),
    mayOverwrite: (input, output) =>
      output === 1 &&
      isRead(dHidden) &&
      read[input] === hidden &&
      hidden !== stored &&
      hidden !== lossWeights,
    temporaries: [Math.min(chunk, total) * classes * 4, isRead(losses) ? 0 : total * 4],
    emit: (tape) => {
      const lossesAt = (start: number) =>
        isRead(losses) ? tape.ref(losses, start) : tape.temporary(1, start);
      for (const rows of chunksOf(total, chunk)) emitChunk(tape, rows, lossesAt);
      // Σ losses · lossWeights.
      callGemm(tape, {
        ...{ a: lossesAt(0), b: tape.ref(lossWeights), c: tape.ref(loss), m: 1, n: 1, k: total },
        ...{ rowA: total, columnA: 1, rowB: 1, columnB: total },
      });
    },
  };
});
