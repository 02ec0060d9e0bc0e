import { formatSpec } from '../tensor/index.js';
import { expectInputs, expectShape } from './checks.js';
import { columnsOf, forEachProduct, pixelMatrix } from './conv2d.js';
import { defineOp } from './define-op.js';
import { windowedShape, type WindowAttributes } from './windows.js';

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
    const out = allocate(conv2dWeightGrad.infer([x!, dy!], window)[0]!);
    const total = new Float64Array(out.size);
    forEachProduct(x!.shape, out.shape, window, (xi, wi, yi) => {
      total[wi]! += dy!.data[yi]! * x!.data[xi]!;
    });
    out.data.set(total);
    return [out];
  },
});
