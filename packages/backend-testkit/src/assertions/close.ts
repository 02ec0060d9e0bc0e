import { formatSpec, sameShape, sizeOf, type DType, type Shape, type TensorSpec } from '@attune/core';
import { assert } from './assert.js';
import { tolerances, type Tolerances } from './tolerances.js';

/** Something with numbers in it: a host tensor, or an array of the interpreter. */
export interface Numbers {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly data: ArrayLike<number>;
}

/** How far an element may be from the expected one: `|a − b| ≤ atol + rtol · |b|`. */
export interface Tolerance {
  readonly atol?: number;
  readonly rtol?: number;
}

/** `[1, 0, 2]` of a flat index. */
function positionOf(index: number, shape: Shape): string {
  const position: number[] = [];
  for (let axis = shape.length - 1, rest = index; axis >= 0; axis--) {
    position.unshift(rest % shape[axis]!);
    rest = Math.floor(rest / shape[axis]!);
  }
  return `[${position.join(', ')}]`;
}

/** Compares element by element with a bound for each. NaN equals NaN, and infinities equal themselves. */
function expectWithin(
  actual: Numbers,
  expected: Numbers,
  boundOf: (expected: number) => number,
  rule: string,
  what: string,
): void {
  assert(
    sameShape(actual.shape, expected.shape) && actual.dtype === expected.dtype,
    () => `${what}: expected ${formatSpec(expected)}, but got ${formatSpec(actual)}.`,
  );
  assert(
    actual.data.length === expected.data.length,
    () => `${what}: expected ${expected.data.length} elements, but got ${actual.data.length}.`,
  );
  let wrong = 0;
  let worst = -1;
  let worstExcess = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [actual.data[i]!, expected.data[i]!];
    if (Object.is(a, b) || a === b) continue;
    const difference = Math.abs(a - b);
    if (difference <= boundOf(b)) continue;
    wrong++;
    const excess = Number.isNaN(difference) ? Infinity : difference - boundOf(b);
    if (worst < 0 || excess > worstExcess) [worst, worstExcess] = [i, excess];
  }
  assert(wrong === 0, () => {
    const [a, b] = [actual.data[worst]!, expected.data[worst]!];
    return (
      `${what}: ${wrong} of ${expected.data.length} elements are off; ` +
      `the worst is at ${positionOf(worst, expected.shape)}: expected ${b}, but got ${a} ` +
      `(difference ${Math.abs(a - b).toExponential(2)}, allowed ${boundOf(b).toExponential(2)}: ${rule}).`
    );
  });
}

/**
 * Checks that two tensors have the same shape, dtype and, within a tolerance, elements. Exact by default.
 *
 * @throws ConformanceError that names how many elements are off, and the worst one with its position.
 */
export function expectAllClose(
  actual: Numbers,
  expected: Numbers,
  { atol = 0, rtol = 0 }: Tolerance = {},
  what = 'tensor',
): void {
  const rule = `|a − b| ≤ ${atol} + ${rtol}·|b|`;
  expectWithin(actual, expected, (b) => atol + rtol * Math.abs(b), rule, what);
}

/** The largest finite magnitude in a tensor; 0 if there is none. */
function largest({ data }: Numbers): number {
  let result = 0;
  for (let i = 0; i < data.length; i++) {
    if (Number.isFinite(data[i]!)) result = Math.max(result, Math.abs(data[i]!));
  }
  return result;
}

/** The Euclidean norm of all elements of all tensors. */
export function normOf(tensors: Iterable<Numbers>): number {
  let total = 0;
  for (const { data } of tensors) for (let i = 0; i < data.length; i++) total += data[i]! ** 2;
  return Math.sqrt(total);
}

/**
 * When a gradient, or a tensor after training, agrees: `max|a − b| ≤ gradient · max|b| + 1e-7 · globalNorm`.
 *
 * @param globalNorm the norm of all gradients of the step together.
 * @throws ConformanceError as {@link expectAllClose}.
 */
export function expectAgreement(
  actual: Numbers,
  expected: Numbers,
  globalNorm: number,
  what = 'tensor',
  { gradient }: Pick<Tolerances, 'gradient'> = tolerances.f32,
): void {
  const bound = gradient * largest(expected) + 1e-7 * globalNorm;
  const rule = `${shown(gradient)}·max|b| + 1e-7·norm`;
  expectWithin(actual, expected, () => bound, rule, what);
}

/** When the value of one op agrees: `max|a − b| ≤ value · max|b| + 1e-7`; exactly, unless it is f32. */
export function expectValue(
  actual: Numbers,
  expected: Numbers,
  what = 'value',
  { value }: Pick<Tolerances, 'value'> = tolerances.f32,
): void {
  const bound = expected.dtype === 'f32' ? value * largest(expected) + 1e-7 : 0;
  expectWithin(actual, expected, () => bound, `${shown(value)}·max|b| + 1e-7`, what);
}

const shown = (tolerance: number) =>
  tolerance.toExponential().replace(/\.\d{3,}/, (digits) => digits.slice(0, 3));

/** The class of array that holds each dtype on the host. */
const arrayOf: Readonly<Record<DType, string>> = {
  ...{ f32: 'Float32Array', i32: 'Int32Array', bool: 'Uint8Array' },
  ...{ bf16: 'Uint16Array', f16: 'Uint16Array', i8: 'Int8Array' },
};

/**
 * Checks that a tensor is what it is said to be: shape, dtype, as many elements, in the array of its dtype. Arrays of
 * another realm, a worker's say, are as good.
 *
 * @throws ConformanceError.
 */
export function expectHostTensor(actual: Numbers | undefined, spec: TensorSpec, what: string): void {
  assert(actual !== undefined, `${what} is missing.`);
  assert(
    sameShape(actual.shape, spec.shape) && actual.dtype === spec.dtype,
    () => `${what}: expected ${formatSpec(spec)}, but got ${formatSpec(actual)}.`,
  );
  const kind = Object.prototype.toString.call(actual.data).slice('[object '.length, -1);
  assert(
    kind === arrayOf[spec.dtype],
    `${what}: ${spec.dtype} comes in a ${arrayOf[spec.dtype]}, not in a ${kind}.`,
  );
  const size = sizeOf(spec.shape);
  assert(actual.data.length === size, `${what}: expected ${size} elements, but got ${actual.data.length}.`);
}

/** The share of a tolerance that a result uses up: 0 where it is exact, more than 1 where it fails. */
function shareOf(actual: Numbers, expected: Numbers, bound: number): number {
  let worst = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [actual.data[i]!, expected.data[i]!];
    if (Object.is(a, b) || a === b) continue;
    const share = Math.abs(a - b) / bound;
    worst = Number.isNaN(share) ? Infinity : Math.max(worst, share);
  }
  return worst;
}

/** The share of {@link expectValue}'s tolerance that a result uses up. */
export const shareOfValue = (
  actual: Numbers,
  expected: Numbers,
  { value }: Pick<Tolerances, 'value'>,
): number => shareOf(actual, expected, expected.dtype === 'f32' ? value * largest(expected) + 1e-7 : 0);

/** The share of {@link expectAgreement}'s tolerance that a gradient uses up. */
export const shareOfGradient = (
  actual: Numbers,
  expected: Numbers,
  globalNorm: number,
  { gradient }: Pick<Tolerances, 'gradient'>,
): number => shareOf(actual, expected, gradient * largest(expected) + 1e-7 * globalNorm);

/** Checks that a number is no further from the expected one than allowed. @throws ConformanceError. */
export function expectNumber(actual: number, expected: number, allowed: number, what: string): void {
  const difference = Math.abs(actual - expected);
  assert(difference <= allowed, `${what}: expected ${expected}, but got ${actual} (allowed: ±${allowed}).`);
}

/** True if two tensors have the same elements, bit for bit. */
export function sameBits(a: Numbers, b: Numbers): boolean {
  if (a.data.length !== b.data.length) return false;
  for (let i = 0; i < a.data.length; i++) if (!Object.is(a.data[i], b.data[i])) return false;
  return true;
}
