import { AttuneError } from '../errors/index.js';
import { formatSpec, isStorage, sameSpec, type DType, type Shape, type TensorSpec } from './index.js';

/**
 * Checks how many inputs came and of which dtypes. `any` takes every dtype that ops compute with.
 *
 * @throws AttuneError INVALID_ARGUMENT or DTYPE_MISMATCH.
 */
export function expectInputs(
  op: string,
  inputs: readonly TensorSpec[],
  dtypes: readonly (DType | 'any')[],
  optional = 0,
): void {
  if (inputs.length > dtypes.length || inputs.length < dtypes.length - optional) {
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `${op} takes ${dtypes.length} inputs, but got ${inputs.length}.`,
    );
  }
  inputs.forEach((input, i) => {
    if (isStorage(input.dtype)) {
      throw new AttuneError(
        'DTYPE_MISMATCH',
        `${op}: input ${i} is ${formatSpec(input)}, which is only stored, and not computed with.`,
        { fix: "Widen it with g.cast(x, 'f32')." },
      );
    }
    if (dtypes[i] !== 'any' && input.dtype !== dtypes[i]) {
      throw new AttuneError(
        'DTYPE_MISMATCH',
        `${op}: input ${i} must be ${dtypes[i]}, but is ${formatSpec(input)}.`,
        { fix: `Convert it with g.cast(x, '${dtypes[i]}').` },
      );
    }
  });
}

/** @throws AttuneError SHAPE_MISMATCH if an input's shape is not the expected one. */
export function expectSpec(op: string, what: string, got: TensorSpec, expected: TensorSpec): void {
  if (!sameSpec(got, expected)) {
    throw new AttuneError(
      'SHAPE_MISMATCH',
      `${op}: ${what} must be ${formatSpec(expected)}, but is ${formatSpec(got)}.`,
    );
  }
}

/** @throws AttuneError SHAPE_MISMATCH unless the tensor has at least `rank` axes. */
export function expectRank(op: string, what: string, got: TensorSpec, rank: number): void {
  if (got.shape.length < rank) {
    throw new AttuneError(
      'SHAPE_MISMATCH',
      `${op}: ${what} must have at least ${rank} axes, but is ${formatSpec(got)}.`,
    );
  }
}

/** @throws AttuneError SHAPE_MISMATCH unless every length is a whole number, 0 or more. */
export function expectLengths(op: string, shape: Shape): void {
  if (!shape.every((length) => Number.isInteger(length) && length >= 0)) {
    throw new AttuneError('SHAPE_MISMATCH', `${op}: [${shape.join(', ')}] is not a shape.`, {
      fix: 'Lengths are whole numbers, 0 or more.',
    });
  }
}

/** @throws AttuneError SHAPE_MISMATCH unless the tensor has each of the axes, counted from 0. */
export function expectAxes(op: string, got: { readonly shape: Shape }, axes: readonly number[]): void {
  const wrong = axes.filter((axis) => got.shape[axis] === undefined);
  if (wrong.length > 0) {
    throw new AttuneError(
      'SHAPE_MISMATCH',
      `${op}: [${got.shape.join(', ')}] has no axis ${wrong.join(', ')}.`,
    );
  }
}

/** @throws AttuneError SHAPE_MISMATCH with this message unless the condition holds. */
export function expectShape(condition: boolean, message: () => string): asserts condition {
  if (!condition) throw new AttuneError('SHAPE_MISMATCH', message());
}
