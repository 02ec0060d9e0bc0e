import { expectInputs } from './checks.js';
import { defineOp } from './define-op.js';
import {
  addWindows,
  forEachWindow,
  pooledShape,
  windowAxes,
  windowPadding,
  windowsAlong,
  type WindowAttributes,
} from './windows.js';

/**
 * The mean of each window: `x f32[N, C, H, W]` → `f32[N, C, OH, OW]`. Padding counts as zeros.
 *
 * Reference implementation: `torch.nn.functional.avg_pool2d`.
 */
export const avgPool2d = defineOp<WindowAttributes>({
  name: 'avgPool2d',
  infer: (inputs, window) => {
    expectInputs('avgPool2d', inputs, ['f32']);
    const output = pooledShape('avgPool2d', inputs[0]!, window);
    return [{ shape: [...inputs[0]!.shape.slice(0, 2), ...output], dtype: 'f32' }];
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
  decompose: (g, [x], window) => {
    const [rows, columns] = windowAxes(window, pooledShape('avgPool2d', x!, window));
    const { before, after } = windowPadding(x!.shape, window.padding, [rows, columns]);
    const total = [columns, rows].reduce(
      (sums, axis) => windowsAlong(g, sums, axis).reduce((sum, part) => g.add(sum, part)),
      g.pad(x!, before, after),
    );
    return [g.mul(total, 1 / (window.kernel[0] * window.kernel[1]))];
  },
  reference: ([x], window, allocate) => {
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    const output = pooledShape('avgPool2d', x!, window);
    const outputs = output[0] * output[1];
    const out = allocate({ shape: [n, c, ...output], dtype: 'f32' });
    const total = new Float64Array(out.size);
    for (let image = 0; image < n * c; image++) {
      forEachWindow([h, w], output, window, (at, input) => {
        total[image * outputs + at]! += x!.data[image * h * w + input]!;
      });
    }
    out.data.set(total.map((sum) => sum / (window.kernel[0] * window.kernel[1])));
    return [out];
  },
});
