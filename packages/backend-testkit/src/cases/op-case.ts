import {
  GraphBuilder,
  hashText,
  hostTensor,
  type DType,
  type HostTensors,
  type Program,
  type Shape,
} from '@attune/core';
import { applyToFeeds, type GraphFunction } from '../assertions/gradcheck.js';
import { randomTensor } from '../kit/random-tensor.js';

/** An input of a case: random within a range, unless values are given. */
export interface CaseInput {
  readonly shape: Shape;
  readonly dtype: DType;
  readonly range?: readonly [number, number];
  readonly values?: readonly number[];
}

/** A small computation, on a few inputs: one op, usually, at one shape. */
export interface OpCase {
  /** The op, then what is particular, e.g. `add f32[2, 3] f32[3]`. */
  readonly name: string;
  readonly inputs: Readonly<Record<string, CaseInput>>;
  readonly compute: GraphFunction;
  /** Inputs to differentiate by. Default: all f32 ones. Empty where there is no gradient. */
  readonly wrt?: readonly string[];
  /**
   * True if the inputs lie at a kink (a tie, say), where finite differences do not give the gradient that is defined
   * there.
   */
  readonly kink?: boolean;
  /** True if it has too many elements to take the differences of each. */
  readonly large?: boolean;
}

/** An f32 input; in [−1, 1) by default. */
export function f32(shape: Shape, range?: readonly [number, number]): CaseInput {
  return { shape, dtype: 'f32', ...(range && { range }) };
}

/** An f32 input with given values. */
export function f32Values(shape: Shape, values: readonly number[]): CaseInput {
  return { shape, dtype: 'f32', values };
}

/** An i32 input, whole numbers in `[low, high)`. */
export function i32(shape: Shape, range: readonly [number, number]): CaseInput {
  return { shape, dtype: 'i32', range };
}

/** An i32 input with given values. */
export function i32Values(shape: Shape, values: readonly number[]): CaseInput {
  return { shape, dtype: 'i32', values };
}

/** A bool input, evenly 0 and 1. */
export function bool(shape: Shape): CaseInput {
  return { shape, dtype: 'bool' };
}

/** The values a case runs on: the same wherever it runs. */
export function inputsOf({ name, inputs }: OpCase): HostTensors {
  return Object.fromEntries(
    Object.entries(inputs).map(([key, input]) => [
      key,
      input.values
        ? hostTensor(input.dtype, input.shape, [...input.values])
        : randomTensor(parseInt(hashText(`${name}/${key}`).slice(0, 8), 16), input, input.range),
    ]),
  );
}

/** The program of a case: its inputs as feeds, its results as `result.<i>`. */
export function forwardProgram({ name, inputs, compute }: OpCase): Program {
  const g = new GraphBuilder(name);
  applyToFeeds(g, inputs, compute).results.forEach((result, i) => g.output(`result.${i}`, result));
  return g.build();
}

/** True if a case has inputs that its result is differentiated by. */
export const carriesGradient = ({ inputs, wrt }: OpCase): boolean =>
  (wrt ?? Object.values(inputs).filter(({ dtype }) => dtype === 'f32')).length > 0;

/** The name of the test of a case's gradient. That of its values has the case's own. */
export const gradientTest = ({ name }: OpCase): string => `gradient of ${name}`;
