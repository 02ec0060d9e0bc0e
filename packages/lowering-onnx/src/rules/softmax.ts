import { sizeOf } from '@attune/core';
import type { NodeContext, Rule } from './context.js';
import type { OnnxValue } from '../writer/graph-writer.js';
import type { Operators } from '../writer/operators.js';

const LAST = { axis: { int: -1 } };

export function softmax(ops: Operators, x: OnnxValue): OnnxValue {
  // The kernel for WebGPU launches a group of threads for each row, and fails where there is none.
  if (ops.target === 'webgpu' && sizeOf(x.shape) === 0) return ops.w.apply('Identity', [x], x);
  return ops.w.apply('Softmax', [x], x, LAST);
}

function logSoftmax(ops: Operators, x: OnnxValue): OnnxValue {
  if (ops.target !== 'webgpu') return ops.w.apply('LogSoftmax', [x], x, LAST);
  const axis = x.shape.length - 1;
  const shifted = ops.sub(x, ops.max(x, [axis], true));
  return ops.sub(shifted, ops.unary('Log', ops.sum(ops.unary('Exp', shifted), [axis], true)));
}

/** Where a row's target is ignored, and a column that exists for every row: `bool[…]`, `i32[…, 1]`. */
function targetColumns({ ops, attrs }: NodeContext, targets: OnnxValue) {
  const ignored = ops.equal(targets, attrs['ignoreIndex'] as number);
  const column = ops.reshape(ops.where(ignored, 0, targets), [...targets.shape, 1]);
  return { ignored, column };
}

const softmaxCrossEntropy: Rule = (c) => {
  const { ops } = c;
  const [logits, targets] = c.inputs as [OnnxValue, OnnxValue];
  const { ignored, column } = targetColumns(c, targets);
  const picked = ops.w.apply(
    'GatherElements',
    [logSoftmax(ops, logits), column],
    { ...column, dtype: 'f32' },
    LAST,
  );
  return [ops.where(ignored, 0, ops.unary('Neg', ops.reshape(picked, targets.shape)))];
};

/** `softmax · dLoss`, and `dLoss` less in the target's column: one element a row, so that no two meet. */
const softmaxCrossEntropyGrad: Rule = (c) => {
  const { ops } = c;
  const [logits, targets, dLoss] = c.inputs as [OnnxValue, OnnxValue, OnnxValue];
  const { ignored, column } = targetColumns(c, targets);
  const scale = ops.reshape(ops.where(ignored, 0, dLoss), column.shape);
  const scaled = ops.mul(ops.unary('Exp', logSoftmax(ops, logits)), scale);
  const attributes = { ...LAST, reduction: 'add' };
  return [ops.w.apply('ScatterElements', [scaled, column, ops.unary('Neg', scale)], logits, attributes)];
};

export const softmaxRules = {
  softmax: ({ ops, inputs: [x] }) => [softmax(ops, x!)],
  logSoftmax: ({ ops, inputs: [x] }) => [logSoftmax(ops, x!)],
  softmaxCrossEntropy,
  softmaxCrossEntropyGrad,
} satisfies Record<string, Rule>;
