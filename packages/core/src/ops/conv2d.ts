import type { GraphBuilder } from '../graph/builder.js';
import type { Tensor } from '../graph/tensor.js';
import { formatSpec, type Shape, type TensorSpec } from '../tensor/index.js';
import { expectInputs, expectShape } from './checks.js';
import { defineOp } from './define-op.js';
import {
  forEachWindow,
  windowAxes,
  windowedShape,
  windowPadding,
  windowsAlong,
  type Pair,
  type WindowAttributes,
} from './windows.js';

/** How the kernel moves. Its size is that of the weight. */
export interface Conv2dAttributes extends Readonly<Record<string, readonly number[]>> {
  readonly stride: Pair;
  /** Zeros on each side. */
  readonly padding: Pair;
}

/** The window of a convolution with a weight of this shape. */
export function convWindow(
  weight: { readonly shape: Shape },
  { stride, padding }: Conv2dAttributes,
): WindowAttributes {
  return { kernel: weight.shape.slice(2) as [number, number], stride, padding };
}

/**
 * What every window sees, as columns: `x f32[N, C, H, W]` → `f32[kh · kw · C, N · OH · OW]`. A convolution is one matrix
 * product with it (im2col). Rows before columns and channels last, so that windows are stacked without a transpose.
 *
 * Source: Chellapilla, Puri and Simard, "High Performance Convolutional Neural Networks for Document Processing" (2006).
 */
export function columnsOf(g: GraphBuilder, x: Tensor, window: WindowAttributes): Tensor {
  const output = windowedShape('conv2d', x, window);
  const [rows, columns] = windowAxes(window, output);
  const [n, c] = x.shape as [number, number, number, number];
  const { before, after } = windowPadding(x.shape, window.padding, [rows, columns]);
  const channelsFirst = g.pad(g.transpose(x, [1, 0, 2, 3]), before, after);
  const across = g.concat(windowsAlong(g, channelsFirst, columns), 0);
  const all = g.concat(windowsAlong(g, across, rows), 0);
  return g.reshape(all, [window.kernel[0] * window.kernel[1] * c, n * output[0] * output[1]]);
}

/** A weight `f32[O, C, kh, kw]` as the matrix `f32[O, kh · kw · C]` that multiplies {@link columnsOf}. */
export function weightMatrix(g: GraphBuilder, weight: Tensor): Tensor {
  return g.reshape(g.transpose(weight, [0, 2, 3, 1]), [weight.shape[0]!, -1]);
}

/** Images `f32[N, O, OH, OW]` as the matrix `f32[O, N · OH · OW]`, and back with {@link imagesOf}. */
export function pixelMatrix(g: GraphBuilder, images: Tensor): Tensor {
  return g.reshape(g.transpose(images, [1, 0, 2, 3]), [images.shape[1]!, -1]);
}

/** The inverse of {@link pixelMatrix}: images of this shape, `[N, O, OH, OW]`. */
export function imagesOf(g: GraphBuilder, matrix: Tensor, [n, o, h, w]: readonly number[]): Tensor {
  return g.transpose(g.reshape(matrix, [o!, n!, h!, w!]), [1, 0, 2, 3]);
}

/** @throws AttuneError SHAPE_MISMATCH unless the weight is `[O, C, kh, kw]` for images of C channels. */
export function expectWeight(op: string, x: TensorSpec, weight: TensorSpec): void {
  expectShape(
    weight.shape.length === 4 && weight.shape[1] === x.shape[1],
    () =>
      `${op}: the weight must be [O, C, kh, kw] for images [N, C, H, W], ` +
      `but they are ${formatSpec(weight)} and ${formatSpec(x)}.`,
  );
}

/**
 * Calls `visit` for each product that a convolution is made of: the flat positions of its factors, in the images and in the
 * weight, and of the result that it adds to.
 */
export function forEachProduct(
  x: Shape,
  weight: Shape,
  attrs: Conv2dAttributes,
  visit: (x: number, weight: number, y: number) => void,
): void {
  const [n, c, h, w] = x as [number, number, number, number];
  const o = weight[0]!;
  const window = convWindow({ shape: weight }, attrs);
  const output = windowedShape('conv2d', { shape: x, dtype: 'f32' }, window);
  const [pixels, outputs, taps] = [h * w, output[0] * output[1], window.kernel[0] * window.kernel[1]];
  for (let image = 0; image < n; image++) {
    for (let to = 0; to < o; to++) {
      for (let from = 0; from < c; from++) {
        forEachWindow([h, w], output, window, (at, input, tap) =>
          visit(
            (image * c + from) * pixels + input,
            (to * c + from) * taps + tap,
            (image * o + to) * outputs + at,
          ),
        );
      }
    }
  }
}

/**
 * Two-dimensional convolution (cross-correlation, as every framework has it), without a bias:
 * `x f32[N, C, H, W]`, `weight f32[O, C, kh, kw]` → `f32[N, O, OH, OW]`, with `OH = ⌊(H + 2 · padding − kh) / stride⌋ + 1`.
 *
 * Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition" (1998); `torch.nn.functional.conv2d`.
 */
export const conv2d = defineOp<Conv2dAttributes>({
  name: 'conv2d',
  infer: (inputs, attrs) => {
    expectInputs('conv2d', inputs, ['f32', 'f32']);
    const [x, weight] = inputs;
    expectWeight('conv2d', x!, weight!);
    const output = windowedShape('conv2d', x!, convWindow(weight!, attrs));
    return [{ shape: [x!.shape[0]!, weight!.shape[0]!, ...output], dtype: 'f32' }];
  },
  grad: (g, { inputs: [x, weight], attrs, dOutput }) => [
    g.applyAll('conv2dInputGrad', [dOutput, weight!], { ...attrs, size: x!.shape.slice(2) })[0],
    g.applyAll('conv2dWeightGrad', [x!, dOutput], { ...attrs, kernel: weight!.shape.slice(2) })[0],
  ],
  decompose: (g, [x, weight], attrs) => {
    const window = convWindow(weight!, attrs);
    const product = g.matmul(weightMatrix(g, weight!), columnsOf(g, x!, window));
    const shape = [x!.shape[0]!, weight!.shape[0]!, ...windowedShape('conv2d', x!, window)];
    return [imagesOf(g, product, shape)];
  },
  reference: ([x, weight], attrs, allocate) => {
    const out = allocate(conv2d.infer([x!, weight!], attrs)[0]!);
    const total = new Float64Array(out.size);
    forEachProduct(x!.shape, weight!.shape, attrs, (xi, wi, yi) => {
      total[yi]! += x!.data[xi]! * weight!.data[wi]!;
    });
    out.data.set(total);
    return [out];
  },
});
