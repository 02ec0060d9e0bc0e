import type { Tensor } from '../graph/tensor.js';
import type { Vocabulary } from '../graph/vocabulary.js';
import { expectInputs, expectShape } from '../tensor/checks.js';
import { formatSpec, type Shape, type TensorSpec } from '../tensor/index.js';
import { defineComposite } from './define.js';
import {
  addWindows,
  windowAxes,
  windowedShape,
  windowPadding,
  windowsAlong,
  type HeightWidth,
  type WindowAttributes,
} from './windows.js';

/** The stride and the padding of a convolution. The size of its kernel is that of the weight. */
export interface Conv2dAttributes extends Readonly<Record<string, readonly number[]>> {
  readonly stride: HeightWidth;
  /** Zeros on each side. */
  readonly padding: HeightWidth;
}

/** The convolution, and the height and width of its input, which its output does not tell. */
export interface Conv2dInputGradAttributes extends Conv2dAttributes {
  readonly size: HeightWidth;
}

type Two = readonly [Tensor, Tensor];

/** The window of a convolution with a weight of this shape. */
function convWindow(
  weight: { readonly shape: Shape },
  { stride, padding }: Conv2dAttributes,
): WindowAttributes {
  return { kernel: weight.shape.slice(2) as [number, number], stride, padding };
}

/**
 * Returns the windows as columns (im2col): `x f32[N, C, H, W]` → `f32[kh · kw · C, N · OH · OW]`. A convolution is one matrix
 * product with it. Rows before columns and channels last, so that windows are stacked without a transpose.
 *
 * Source: Chellapilla, Puri and Simard, "High Performance Convolutional Neural Networks for Document Processing" (2006).
 */
function columnsOf(g: Vocabulary, x: Tensor, window: WindowAttributes): Tensor {
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
function weightMatrix(g: Vocabulary, weight: Tensor): Tensor {
  return g.reshape(g.transpose(weight, [0, 2, 3, 1]), [weight.shape[0]!, -1]);
}

/** Images `f32[N, O, OH, OW]` as the matrix `f32[O, N · OH · OW]`, and back with {@link imagesOf}. */
function pixelMatrix(g: Vocabulary, images: Tensor): Tensor {
  return g.reshape(g.transpose(images, [1, 0, 2, 3]), [images.shape[1]!, -1]);
}

/** The inverse of {@link pixelMatrix}: images of this shape, `[N, O, OH, OW]`. */
function imagesOf(g: Vocabulary, matrix: Tensor, [n, o, h, w]: readonly number[]): Tensor {
  return g.transpose(g.reshape(matrix, [o!, n!, h!, w!]), [1, 0, 2, 3]);
}

/** @throws AttuneError SHAPE_MISMATCH unless the weight is `[O, C, kh, kw]` for images of C channels. */
function expectWeight(op: string, x: TensorSpec, weight: TensorSpec): void {
  expectShape(
    weight.shape.length === 4 && weight.shape[1] === x.shape[1],
    () =>
      `${op}: the weight must be [O, C, kh, kw] for images [N, C, H, W], ` +
      `but they are ${formatSpec(weight)} and ${formatSpec(x)}.`,
  );
}

/**
 * Two-dimensional convolution (cross-correlation, as every framework has it), without a bias:
 * `x f32[N, C, H, W]`, `weight f32[O, C, kh, kw]` → `f32[N, O, OH, OW]`, with `OH = ⌊(H + 2 · padding − kh) / stride⌋ + 1`.
 *
 * Source: LeCun et al., "Gradient-Based Learning Applied to Document Recognition" (1998); `torch.nn.functional.conv2d`.
 */
export const conv2d = defineComposite(
  'conv2d',
  (g, [x, weight]: Two, attrs: Conv2dAttributes) => {
    const window = convWindow(weight, attrs);
    const product = g.matmul(weightMatrix(g, weight), columnsOf(g, x, window));
    return imagesOf(g, product, [x.shape[0]!, weight.shape[0]!, ...windowedShape('conv2d', x, window)]);
  },
  {
    check: (inputs, attrs) => {
      expectInputs('conv2d', inputs, ['f32', 'f32']);
      const [x, weight] = inputs;
      expectWeight('conv2d', x!, weight!);
      windowedShape('conv2d', x!, convWindow(weight!, attrs));
    },
    grad: (g, { inputs: [x, weight], attrs, dOutput }) => [
      g.applyAll('conv2dInputGrad', [dOutput, weight!], { ...attrs, size: x!.shape.slice(2) })[0],
      g.applyAll('conv2dWeightGrad', [x!, dOutput], { ...attrs, kernel: weight!.shape.slice(2) })[0],
    ],
  },
);

/** The input of the convolution of which `dy` is the gradient. */
function inputOf(dy: TensorSpec, weight: TensorSpec, { size }: Conv2dInputGradAttributes): TensorSpec {
  return { shape: [dy.shape[0]!, weight.shape[1]!, ...size], dtype: 'f32' };
}

/**
 * Gradient of {@link conv2d} with respect to the images: `dy f32[N, O, OH, OW]`, `weight f32[O, C, kh, kw]` →
 * `f32[N, C, H, W]`. Each window adds `weight · dy` to what it saw; also known as a transposed convolution.
 */
export const conv2dInputGrad = defineComposite(
  'conv2dInputGrad',
  (g, [dy, weight]: Two, attrs: Conv2dInputGradAttributes) => {
    const window = convWindow(weight, attrs);
    const output = dy.shape.slice(2) as [number, number];
    const [n, c, ...size] = inputOf(dy, weight, attrs).shape as [number, number, number, number];
    const [kh, kw] = window.kernel;
    const axes = windowAxes(window, output);
    const { before, after } = windowPadding([n, c, ...size], window.padding, axes);
    const [height, width] = size.map((length, i) => before[i + 2]! + length + after[i + 2]!) as [
      number,
      number,
    ];

    const columns = g.matmul(weightMatrix(g, weight), pixelMatrix(g, dy), { transposeA: true });
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
    return g.transpose(g.slice(padded, before, [c, n, ...size]), [1, 0, 2, 3]);
  },
  {
    check: (inputs, attrs) => {
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
    },
  },
);

/**
 * Gradient of {@link conv2d} with respect to the weight: `x f32[N, C, H, W]`, `dy f32[N, O, OH, OW]` →
 * `f32[O, C, kh, kw]`: the sum over all windows of what they saw, times `dy`.
 */
export const conv2dWeightGrad = defineComposite(
  'conv2dWeightGrad',
  (g, [x, dy]: Two, window: WindowAttributes) => {
    const [o, c] = [dy.shape[1]!, x.shape[1]!];
    // The columns are those of the forward pass: the graph computes them once.
    const product = g.matmul(pixelMatrix(g, dy), columnsOf(g, x, window), { transposeB: true });
    return g.transpose(g.reshape(product, [o, ...window.kernel, c]), [0, 3, 1, 2]);
  },
  {
    check: (inputs, window) => {
      expectInputs('conv2dWeightGrad', inputs, ['f32', 'f32']);
      const [x, dy] = inputs;
      const output = windowedShape('conv2dWeightGrad', x!, window);
      const [n, o] = dy!.shape;
      expectShape(
        dy!.shape.join() === [x!.shape[0]!, o, ...output].join() && n === x!.shape[0],
        () =>
          `conv2dWeightGrad: dy must be f32[${x!.shape[0]}, O, ${output.join(', ')}], but is ${formatSpec(dy!)}.`,
      );
    },
  },
);
