import type { Tensor } from '../graph/tensor.js';
import type { Vocabulary } from '../graph/vocabulary.js';
import { expectShape } from '../tensor/checks.js';
import { formatSpec, sizeOf, type Shape, type TensorSpec } from '../tensor/index.js';

/** A number for the height and one for the width. */
export type HeightWidth = readonly [height: number, width: number];

/** How a window moves over the last two axes, which are padded on both sides. */
export interface WindowAttributes extends Readonly<Record<string, readonly number[]>> {
  readonly kernel: HeightWidth;
  readonly stride: HeightWidth;
  readonly padding: HeightWidth;
}

/** The last two axes. */
const SPATIAL = [2, 3] as const;

/**
 * Height and width of the result: `⌊(length + 2 · padding − kernel) / stride⌋ + 1`.
 *
 * @throws AttuneError SHAPE_MISMATCH unless `x` is `[N, C, H, W]` and the window fits.
 */
export function windowedShape(
  op: string,
  x: TensorSpec,
  { kernel, stride, padding }: WindowAttributes,
): HeightWidth {
  expectShape(x.shape.length === 4, () => `${op}: x must be [N, C, H, W], but is ${formatSpec(x)}.`);
  const pair = (values: readonly number[], least: number) =>
    values.length === 2 && values.every((value) => Number.isInteger(value) && value >= least);
  expectShape(
    pair(kernel, 1) && pair(stride, 1) && pair(padding, 0),
    () =>
      `${op}: a window of [${kernel.join(', ')}] by steps of [${stride.join(', ')}] with a padding of ` +
      `[${padding.join(', ')}] is none: each is two whole numbers, and only the padding may be 0.`,
  );
  const lengths = SPATIAL.map((axis, i) => x.shape[axis]! + 2 * padding[i]! - kernel[i]!);
  expectShape(
    lengths.every((length) => length >= 0),
    () =>
      `${op}: a window of [${kernel.join(', ')}] is larger than ${formatSpec(x)} with a padding of [${padding.join(', ')}].`,
  );
  return lengths.map((length, i) => Math.floor(length / stride[i]!) + 1) as [number, number];
}

/**
 * Height and width of a pooling's result.
 *
 * @throws AttuneError SHAPE_MISMATCH unless every window sees an element: the padding is at most half of it.
 */
export function pooledShape(op: string, x: TensorSpec, window: WindowAttributes): HeightWidth {
  const output = windowedShape(op, x, window);
  expectShape(
    window.padding.every((length, i) => 2 * length <= window.kernel[i]!),
    () =>
      `${op}: the padding must be at most half of the window, but they are ` +
      `[${window.padding.join(', ')}] and [${window.kernel.join(', ')}].`,
  );
  return output;
}

/** One axis over which a window moves. */
export interface WindowAxis {
  readonly axis: number;
  /** Positions within the window. */
  readonly kernel: number;
  readonly stride: number;
  /** Windows. */
  readonly count: number;
}

/** The two axes of a window that yields `[N, C, height, width]`. */
export function windowAxes(
  { kernel, stride }: WindowAttributes,
  output: HeightWidth,
): readonly [WindowAxis, WindowAxis] {
  const along = (i: 0 | 1): WindowAxis => ({
    axis: SPATIAL[i],
    kernel: kernel[i],
    stride: stride[i],
    count: output[i],
  });
  return [along(0), along(1)];
}

/** How long an axis must be for {@link windowsAlong}, which reads whole strides. */
function paddedLength({ kernel, stride, count }: WindowAxis): number {
  return (Math.floor((kernel - 1) / stride) + count) * stride;
}

/** Padding before and after the last two axes: what is asked for, and what makes the strides whole. */
export function windowPadding(
  shape: Shape,
  padding: HeightWidth,
  axes: readonly WindowAxis[],
): { readonly before: readonly number[]; readonly after: readonly number[] } {
  const after = axes.map((window, i) =>
    Math.max(padding[i]!, paddedLength(window) - shape[window.axis]! - padding[i]!),
  );
  return { before: [0, 0, ...padding], after: [0, 0, ...after] };
}

/** Sizes of a shape before, at and after an axis. */
function around(shape: Shape, axis: number): [before: number, length: number, after: number] {
  return [sizeOf(shape.slice(0, axis)), shape[axis]!, sizeOf(shape.slice(axis + 1))];
}

/**
 * Returns the elements at each position of the window: `kernel` tensors like `x`, with `count` elements along the axis. Entry i holds the
 * elements i, i + stride, i + 2 · stride, … There is no strided slice in the graph: strides become an axis of their own.
 */
export function windowsAlong(g: Vocabulary, x: Tensor, window: WindowAxis): Tensor[] {
  const { axis, kernel, stride, count } = window;
  const [before, length, after] = around(x.shape, axis);
  const shape = x.shape.map((own, i) => (i === axis ? count : own));
  const flat = g.reshape(x, [before, length, after]);
  return Array.from({ length: kernel }, (_, position) => {
    const rest = position % stride;
    const strides = g.slice(flat, [0, position - rest, 0], [before, count * stride, after]);
    const rows = g.reshape(strides, [before * count, stride * after]);
    return g.reshape(g.slice(rows, [0, rest * after], [before * count, after]), shape);
  });
}

/**
 * The transpose of {@link windowsAlong}: adds what each position of the window carries to the elements it sees, along an
 * axis of `length` elements.
 */
export function addWindows(
  g: Vocabulary,
  parts: readonly Tensor[],
  window: WindowAxis,
  length: number,
): Tensor {
  const { axis, stride, count } = window;
  const [before, , after] = around(parts[0]!.shape, axis);
  const placed = parts.map((part, position) => {
    const rest = position % stride;
    const rows = g.reshape(part, [before * count, after]);
    const strides = g.pad(rows, [0, rest * after], [0, (stride - 1 - rest) * after]);
    const start = position - rest;
    return g.pad(
      g.reshape(strides, [before, count * stride, after]),
      [0, start, 0],
      [0, length - start - count * stride, 0],
    );
  });
  const shape = parts[0]!.shape.map((own, i) => (i === axis ? length : own));
  return g.reshape(
    placed.reduce((total, part) => g.add(total, part)),
    shape,
  );
}
