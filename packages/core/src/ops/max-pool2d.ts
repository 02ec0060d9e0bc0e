import type { GraphBuilder } from '../graph/builder.js';
import type { Tensor } from '../graph/tensor.js';
import { MAX_F32 } from '../tensor/index.js';
import { expectInputs } from './checks.js';
import { defineOp } from './define-op.js';
import {
  forEachWindow,
  pooledShape,
  windowAxes,
  windowPadding,
  windowsAlong,
  type Pair,
  type WindowAttributes,
} from './windows.js';

/** Images with so much around them that the windows fit: with the lowest float32, so that padding never wins. */
export function padWithLowest(g: GraphBuilder, x: Tensor, window: WindowAttributes, output: Pair): Tensor {
  const { before, after } = windowPadding(x.shape, window.padding, windowAxes(window, output));
  const padded = g.pad(x, before, after);
  if (padded === x) return x;
  const inside = g.pad(g.constant(1, x.shape.slice(2)), before.slice(2), after.slice(2));
  return g.select(g.less(0, inside), padded, -MAX_F32);
}

/** The largest of several tensors, element by element. */
export function largestOf(g: GraphBuilder, parts: readonly Tensor[]): Tensor {
  return parts.reduce((largest, part) => g.maximum(largest, part));
}

/**
 * The largest element of each window: `x f32[N, C, H, W]` → `f32[N, C, OH, OW]`. Padding is never the largest. Where several
 * elements are, the gradient goes to the first, row by row.
 *
 * Reference implementation: `torch.nn.functional.max_pool2d`.
 */
export const maxPool2d = defineOp<WindowAttributes>({
  name: 'maxPool2d',
  infer: (inputs, window) => {
    expectInputs('maxPool2d', inputs, ['f32']);
    const output = pooledShape('maxPool2d', inputs[0]!, window);
    return [{ shape: [...inputs[0]!.shape.slice(0, 2), ...output], dtype: 'f32' }];
  },
  grad: (g, { inputs: [x], attrs, dOutput }) => g.applyAll('maxPool2dGrad', [x!, dOutput], attrs),
  // Along rows first, then along columns.
  decompose: (g, [x], window) => {
    const output = pooledShape('maxPool2d', x!, window);
    const [rows, columns] = windowAxes(window, output);
    const across = largestOf(g, windowsAlong(g, padWithLowest(g, x!, window, output), columns));
    return [largestOf(g, windowsAlong(g, across, rows))];
  },
  reference: ([x], window, allocate) => {
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    const output = pooledShape('maxPool2d', x!, window);
    const outputs = output[0] * output[1];
    const out = allocate({ shape: [n, c, ...output], dtype: 'f32' });
    out.data.fill(-Infinity);
    for (let image = 0; image < n * c; image++) {
      forEachWindow([h, w], output, window, (at, input) => {
        const index = image * outputs + at;
        out.data[index] = Math.max(out.data[index]!, x!.data[image * h * w + input]!);
      });
    }
    return [out];
  },
});
