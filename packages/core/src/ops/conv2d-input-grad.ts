import { formatSpec, type TensorSpec } from '../tensor/index.js';
import { expectInputs, expectShape } from './checks.js';
import {
  convWindow,
  expectWeight,
  forEachProduct,
  pixelMatrix,
  weightMatrix,
  type Conv2dAttributes,
} from './conv2d.js';
import { defineOp } from './define-op.js';
import { addWindows, windowAxes, windowedShape, windowPadding, type Pair } from './windows.js';

/** The convolution, and the height and width of its input, which its output does not tell. */
export interface Conv2dInputGradAttributes extends Conv2dAttributes {
  readonly size: Pair;
}

/** The input of the convolution of which `dy` is the gradient. */
function inputOf(dy: TensorSpec, weight: TensorSpec, { size }: Conv2dInputGradAttributes): TensorSpec {
  return { shape: [dy.shape[0]!, weight.shape[1]!, ...size], dtype: 'f32' };
}

/**
 * Gradient of {@link conv2d} with respect to the images: `dy f32[N, O, OH, OW]`, `weight f32[O, C, kh, kw]` →
 * `f32[N, C, H, W]`. Each window adds `weight · dy` to what it saw; also known as a transposed convolution.
 */
export const conv2dInputGrad = defineOp<Conv2dInputGradAttributes>({
  name: 'conv2dInputGrad',
  infer: (inputs, attrs) => {
    expectInputs('conv2dInputGrad', inputs, ['f32', 'f32']);
    const [dy, weight] = inputs;
    const x = inputOf(dy!, weight!, attrs);
    expectWeight('conv2dInputGrad', x, weight!);
    const shape = [
      x.shape[0]!,
      weight!.shape[0]!,
      ...windowedShape('conv2dInputGrad', x, convWindow(weight!, attrs)),
    ];
    expectShape(
      dy!.shape.join() === shape.join(),
      () => `conv2dInputGrad: dy must be f32[${shape.join(', ')}], but is ${formatSpec(dy!)}.`,
    );
    return [x];
  },
  decompose: (g, [dy, weight], attrs) => {
    const window = convWindow(weight!, attrs);
    const output = dy!.shape.slice(2) as [number, number];
    const [n, c, ...size] = inputOf(dy!, weight!, attrs).shape as [number, number, number, number];
    const [kh, kw] = window.kernel;
    const axes = windowAxes(window, output);
    const { before, after } = windowPadding([n, c, ...size], window.padding, axes);
    const [height, width] = size.map((length, i) => before[i + 2]! + length + after[i + 2]!) as [
      number,
      number,
    ];

    const columns = g.matmul(weightMatrix(g, weight!), pixelMatrix(g, dy!), { transposeA: true });
    // Rows of windows, each [kw · C, N, OH, OW], become whole columns of pixels; then these become images.
    const rowsOf = (i: number) =>
      g.reshape(g.slice(columns, [i * kw * c, 0], [kw * c, columns.shape[1]!]), [kw * c, n, ...output]);
    const across = addWindows(
      g,
      Array.from({ length: kh }, (_, i) => rowsOf(i)),
      axes[0],
      height,
    );
    const columnOf = (j: number) => g.slice(across, [j * c, 0, 0, 0], [c, n, height, output[1]]);
    const padded = addWindows(
      g,
      Array.from({ length: kw }, (_, j) => columnOf(j)),
      axes[1],
      width,
    );
    return [g.transpose(g.slice(padded, before, [c, n, ...size]), [1, 0, 2, 3])];
  },
  reference: ([dy, weight], attrs, allocate) => {
    const out = allocate(inputOf(dy!, weight!, attrs));
    const total = new Float64Array(out.size);
    forEachProduct(out.shape, weight!.shape, attrs, (xi, wi, yi) => {
      total[xi]! += dy!.data[yi]! * weight!.data[wi]!;
    });
    out.data.set(total);
    return [out];
  },
});
