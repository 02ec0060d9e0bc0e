import { sizeOf, type Shape } from '@attune/core';

/** A box in a tensor. */
export interface Box {
  readonly starts: Shape;
  readonly sizes: Shape;
}

/** The whole of a shape. */
export const wholeBox = (shape: Shape): Box => ({ starts: shape.map(() => 0), sizes: shape });

/** The boxes around another that, with it, make up a shape; some may be empty. */
export function around(shape: Shape, { starts, sizes }: Box): Box[] {
  return shape.flatMap((length, axis) => {
    const end = starts[axis]! + sizes[axis]!;
    // Axes before this one keep to the box, those after it span the shape.
    const slab = (first: number, size: number): Box => ({
      starts: shape.map((_, i) => (i < axis ? starts[i]! : i === axis ? first : 0)),
      sizes: shape.map((whole, i) => (i < axis ? sizes[i]! : i === axis ? size : whole)),
    });
    return [slab(0, starts[axis]!), slab(end, length - end)];
  });
}

const areApart = (a: Box, b: Box) =>
  a.starts.some((start, i) => start + a.sizes[i]! <= b.starts[i]! || b.starts[i]! + b.sizes[i]! <= start);

/** True if no two boxes overlap. */
export const areDisjoint = (boxes: readonly Box[]): boolean =>
  boxes.every((a, i) => boxes.slice(i + 1).every((b) => areApart(a, b)));

/** Elements in all boxes together, for boxes that do not overlap. */
export const volume = (boxes: readonly Box[]): number =>
  boxes.reduce((sum, { sizes }) => sum + sizeOf(sizes), 0);
