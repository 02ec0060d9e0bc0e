import { broadcastStrides, sameShape, sizeOf, type Shape } from '@attune/core';
import type { Kernels } from '@attune/lowering-tfjs';
import type { Tensor } from '@tensorflow/tfjs-core';
import { specOf, uninitialised, viewOf } from '../module/heap.js';

type View = Float32Array | Int32Array | Uint8Array;

/** Fills `to` with `from`, repeated along the axes that stretch: in whole runs, where tfjs' Tile goes by elements. */
function repeat(from: View, fromShape: Shape, to: View, shape: Shape): void {
  const strides = broadcastStrides(fromShape, shape);
  const aligned = [...shape.slice(fromShape.length).map(() => 1), ...fromShape];
  const visit = (axis: number, source: number, target: number): void => {
    const length = sizeOf(shape.slice(axis));
    const own = sizeOf(aligned.slice(axis));
    if (own === 1) {
      to.fill(from[source]!, target, target + length);
    } else if (own === length) {
      to.set(from.subarray(source, source + length), target);
    } else if (aligned[axis] === 1) {
      const block = length / shape[axis]!;
      visit(axis + 1, source, target);
      for (let i = 1; i < shape[axis]!; i++) to.copyWithin(target + i * block, target, target + block);
    } else {
      const block = length / shape[axis]!;
      for (let i = 0; i < shape[axis]!; i++) visit(axis + 1, source + i * strides[axis]!, target + i * block);
    }
  };
  visit(0, 0, 0);
}

/** `x` repeated to a shape it broadcasts to; `x` itself, if it has that shape. */
export function expand(k: Kernels, x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const out = uninitialised(k, { shape, dtype: specOf(x).dtype });
  repeat(viewOf<View>(x), x.shape, viewOf<View>(out), shape);
  return out;
}

/**
 * `x` in a form that is read with a counter that wraps round, to have `shape`: without leading axes of length 1, if the
 * rest is the end of `shape`, else repeated.
 */
export function wrapping(k: Kernels, x: Tensor, shape: Shape): Tensor {
  const leading = x.shape.findIndex((length) => length !== 1);
  const short = leading < 0 ? [] : x.shape.slice(leading);
  if (!sameShape(short, shape.slice(shape.length - short.length))) return expand(k, x, shape);
  return short.length === x.shape.length ? x : k.reshape(x, short);
}
