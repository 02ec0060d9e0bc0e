import { sameShape, type Shape } from '@attune/core';
import type { Tensor } from '@tensorflow/tfjs-core';
import type { Kernels } from '../runtime/kernels.js';

/** `x` repeated to a shape it broadcasts to. */
export function broadcast(k: Kernels, x: Tensor, shape: Shape): Tensor {
  if (sameShape(x.shape, shape)) return x;
  const aligned = [...shape.slice(x.shape.length).map(() => 1), ...x.shape];
  const column = k.reshape(x, aligned);
  if (sameShape(aligned, shape)) return column;
  return k.run('Tile', { x: column }, { reps: shape.map((length, axis) => length / aligned[axis]!) });
}
