import type { Tensor } from '../graph/tensor.js';
import type { Vocabulary } from '../graph/vocabulary.js';
import { expectInputs, expectSpec } from '../tensor/checks.js';
import { MAX_F32 } from '../tensor/index.js';
import { defineComposite } from './define.js';
import {
  addWindows,
  pooledShape,
  windowAxes,
  windowPadding,
  windowsAlong,
  type HeightWidth,
  type WindowAttributes,
  type WindowAxis,
} from './windows.js';

/** Images with so much around them that the windows fit: with the lowest float32, so that padding never wins. */
function padWithLowest(g: Vocabulary, x: Tensor, window: WindowAttributes, output: HeightWidth): Tensor {
  const { before, after } = windowPadding(x.shape, window.padding, windowAxes(window, output));
  const padded = g.pad(x, before, after);
  if (padded === x) return x;
  const inside = g.pad(g.constant(1, x.shape.slice(2)), before.slice(2), after.slice(2));
  return g.select(g.less(0, inside), padded, -MAX_F32);
}

/** The largest of several tensors, element by element. */
function largestOf(g: Vocabulary, parts: readonly Tensor[]): Tensor {
  return parts.reduce((largest, part) => g.maximum(largest, part));
}

/**
 * The largest element of each window: `x f32[N, C, H, W]` → `f32[N, C, OH, OW]`. Padding is never the largest. Where several
 * elements are, the gradient goes to the first, row by row.
 *
 * Reference implementation: `torch.nn.functional.max_pool2d`.
 */
export const maxPool2d = defineComposite(
  'maxPool2d',
  // Along rows first, then along columns.
  (g, [x], window: WindowAttributes) => {
    const output = pooledShape('maxPool2d', x, window);
    const [rows, columns] = windowAxes(window, output);
    const across = largestOf(g, windowsAlong(g, padWithLowest(g, x, window, output), columns));
    return largestOf(g, windowsAlong(g, across, rows));
  },
  {
    check: (inputs, window) => {
      expectInputs('maxPool2d', inputs, ['f32']);
      pooledShape('maxPool2d', inputs[0]!, window);
    },
    grad: (g, { inputs: [x], attrs, dOutput }) => g.applyAll('maxPool2dGrad', [x!, dOutput], attrs),
  },
);

/** Sends `dy`, along one axis, to the first element of each window that is its largest. */
function toFirstLargest(g: Vocabulary, x: Tensor, dy: Tensor, window: WindowAxis): Tensor {
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
export const maxPool2dGrad = defineComposite(
  'maxPool2dGrad',
  // The first row that has the largest element, and within it the first column.
  (g, [x, dy]: readonly [Tensor, Tensor], window: WindowAttributes) => {
    const output = pooledShape('maxPool2dGrad', x, window);
    const [rows, columns] = windowAxes(window, output);
    const padded = padWithLowest(g, x, window, output);
    const across = largestOf(g, windowsAlong(g, padded, columns));
    const dAcross = toFirstLargest(g, across, dy, rows);
    const dPadded = toFirstLargest(g, padded, dAcross, columns);
    return g.slice(dPadded, windowPadding(x.shape, window.padding, [rows, columns]).before, x.shape);
  },
  {
    check: (inputs, window) => {
      expectInputs('maxPool2dGrad', inputs, ['f32', 'f32']);
      const [x, dy] = inputs;
      const output = pooledShape('maxPool2dGrad', x!, window);
      expectSpec('maxPool2dGrad', 'dy', dy!, { shape: [...x!.shape.slice(0, 2), ...output], dtype: 'f32' });
    },
  },
);

/**
 * The mean of each window: `x f32[N, C, H, W]` → `f32[N, C, OH, OW]`. Padding counts as zeros.
 *
 * Reference implementation: `torch.nn.functional.avg_pool2d`.
 */
export const avgPool2d = defineComposite(
  'avgPool2d',
  (g, [x], window: WindowAttributes) => {
    const [rows, columns] = windowAxes(window, pooledShape('avgPool2d', x, window));
    const { before, after } = windowPadding(x.shape, window.padding, [rows, columns]);
    const total = [columns, rows].reduce(
      (sums, axis) => windowsAlong(g, sums, axis).reduce((sum, part) => g.add(sum, part)),
      g.pad(x, before, after),
    );
    return g.mul(total, 1 / (window.kernel[0] * window.kernel[1]));
  },
  {
    check: (inputs, window) => {
      expectInputs('avgPool2d', inputs, ['f32']);
      pooledShape('avgPool2d', inputs[0]!, window);
    },
    // Each element of a window receives the same share.
    grad: (g, { inputs: [x], attrs: window, dOutput }) => {
      const [rows, columns] = windowAxes(window, dOutput.shape.slice(2) as [number, number]);
      const [kh, kw] = window.kernel;
      const { before, after } = windowPadding(x!.shape, window.padding, [rows, columns]);
      const [height, width] = [2, 3].map((axis) => before[axis]! + x!.shape[axis]! + after[axis]!);
      const share = g.mul(dOutput, 1 / (kh * kw));
      const across = addWindows(
        g,
        Array.from({ length: kh }, () => share),
        rows,
        height!,
      );
      const padded = addWindows(
        g,
        Array.from({ length: kw }, () => across),
        columns,
        width!,
      );
      return [g.slice(padded, before, x!.shape)];
    },
  },
);
