import type { Tensor } from './tensor.js';

/** A tensor, or a number that stands for a scalar of the other operand's dtype. */
export type Operand = Tensor | number;

/** A height and a width, or one number for both. */
export type Extent = number | readonly [height: number, width: number];

/** How a kernel or a window moves over an image. */
export interface ConvolutionOptions {
  readonly stride?: Extent;
  /** On each side. */
  readonly padding?: Extent;
}

/** A height and a width, of one number for both. */
export const pairOf = (extent: Extent) => (typeof extent === 'number' ? [extent, extent] : extent);

/** The attributes of a window. */
export const windowOf = (kernel: Extent, stride: Extent, padding: Extent) => ({
  kernel: pairOf(kernel),
  stride: pairOf(stride),
  padding: pairOf(padding),
});
