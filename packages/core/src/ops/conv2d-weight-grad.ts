import { formatSpec } from '../tensor/index.js';
import { expectInputs, expectShape } from './checks.js';
import { columnsOf, pixelMatrix } from './conv2d.js';
import { defineOp } from './define-op.js';
import { forEachWindow, windowedShape, type WindowAttributes } from './windows.js';

/**
 * Gradient of {@link conv2d} with respect to the weight: `x f32[N, C, H, W]`, `dy f32[N, O, OH, OW]` →
 * `f32[O, C, kh, kw]`: the sum over all windows of what they saw, times `dy`.
 */
export const conv2dWeightGrad = defineOp<WindowAttributes>({
  name: 'conv2dWeightGrad',
  infer: (inputs, window) => {
    expectInputs('conv2dWeightGrad', inputs, ['f32', 'f32']);
    const [x, dy] = inputs;
    const output = windowedShape('conv2dWeightGrad', x!, window);
    const [n, o] = dy!.shape;
    expectShape(
      dy!.shape.join() === [x!.shape[0]!, o, ...output].join() && n === x!.shape[0],
      () =>
        `conv2dWeightGrad: dy must be f32[${x!.shape[0]}, O, ${output.join(', ')}], but is ${formatSpec(dy!)}.`,
    );
    return [{ shape: [o!, x!.shape[1]!, ...window.kernel], dtype: 'f32' }];
  },
  decompose: (g, [x, dy], window) => {
    const [o, c] = [dy!.shape[1]!, x!.shape[1]!];
    // The columns are those of the forward pass: the graph computes them once.
    const product = g.matmul(pixelMatrix(g, dy!), columnsOf(g, x!, window), { transposeB: true });
    return [g.transpose(g.reshape(product, [o, ...window.kernel, c]), [0, 3, 1, 2])];
  },
  reference: ([x, dy], window, allocate) => {
    const [n, c, h, w] = x!.shape as [number, number, number, number];
    const [, o, ...output] = dy!.shape as [number, number, number, number];
    const [pixels, outputs, taps] = [h * w, output[0] * output[1], window.kernel[0] * window.kernel[1]];
    const out = allocate({ shape: [o, c, ...window.kernel], dtype: 'f32' });
    const total = new Float64Array(out.size);
    for (let image = 0; image < n; image++) {
      for (let to = 0; to < o; to++) {
        for (let from = 0; from < c; from++) {
          forEachWindow([h, w], output, window, (at, input, tap) => {
            total[(to * c + from) * taps + tap]! +=
              dy!.data[(image * o + to) * outputs + at]! * x!.data[(image * c + from) * pixels + input]!;
          });
        }
      }
    }
    out.data.set(total);
    return [out];
  },
});
