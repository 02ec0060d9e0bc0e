import type { GraphBuilder } from '../graph/builder.js';
import type { Tensor } from '../graph/tensor.js';
import { expectInputs, expectSpec } from './checks.js';
import { defineOp } from './define-op.js';
import { largestOf, padWithLowest } from './max-pool2d.js';
import {
  addWindows,
  forEachWindow,
  pooledShape,
  windowAxes,
  windowPadding,
  windowsAlong,
  type WindowAttributes,
  type WindowAxis,
} from './windows.js';

/** Sends `dy`, along one axis, to the first element of each window that is its largest. */
function toFirstLargest(g: GraphBuilder, x: Tensor, dy: Tensor, window: WindowAxis): Tensor {
  const parts = windowsAlong(g, x, window);
  const largest = largestOf(g, parts);
  let open: Tensor | undefined;
  const gradients = parts.map((part) => {
    const isLargest = g.equal(part, largest);
    const taken = open ? g.logicalAnd(open, isLargest) : isLargest;
    const others = g.logicalNot(isLargest);
    open = open ? g.logicalAnd(open, others) : others;
    return g.select(taken, dy, 0);
  });
  return addWindows(g, gradients, window, x.shape[window.axis]!);
}

/**
 * Gradient of {@link maxPool2d}: `x f32[N, C, H, W]`, `dy f32[N, C, OH, OW]` → `f32[N, C, H, W]`. Each window sends its `dy`
 * to its largest element: the first one, row by row, as PyTorch does.
 */
export const maxPool2dGrad = defineOp<WindowAttributes>({
  name: 'maxPool2dGrad',
  infer: (inputs, window) => {
    expectInputs('maxPool2dGrad', inputs, ['f32', 'f32']);
    const [x, dy] = inputs;
    const output = pooledShape('maxPool2dGrad', x!, window);
    expectSpec('maxPool2dGrad', 'dy', dy!, { shape: [...x!.shape.slice(0, 2), ...output], dtype: 'f32' });
    return [x!];
  },
  // The first row that has the largest element, and within it the first column.
  decompose: (g, [x, dy], window) => {
    const output = pooledShape('maxPool2dGrad', x!, window);
    const [rows, columns] = windowAxes(window, output);
    const padded = padWithLowest(g, x!, window, output);
    const across = largestOf(g, windowsAlong(g, padded, columns));
    const dAcross = toFirstLargest(g, across, dy!, rows);
    const dPadded = toFirstLargest(g, padded, dAcross, columns);
    return [g.slice(dPadded, windowPadding(x!.shape, window.padding, [rows, columns]).before, x!.shape)];
  },
  reference: ([x, dy], window, allocate) => {
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    const output = pooledShape('maxPool2dGrad', x!, window);
    const outputs = output[0] * output[1];
    const out = allocate(x!);
    const total = new Float64Array(out.size);
    for (let image = 0; image < n * c; image++) {
      const start = image * h * w;
      const first = new Int32Array(outputs).fill(-1);
      forEachWindow([h, w], output, window, (at, input) => {
        if (first[at] === -1 || x!.data[start + input]! > x!.data[start + first[at]!]!) first[at] = input;
      });
      first.forEach((input, at) => (total[start + input]! += dy!.data[image * outputs + at]!));
    }
    out.data.set(total);
    return [out];
  },
});
