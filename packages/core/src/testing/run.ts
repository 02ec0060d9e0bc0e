import { GraphBuilder, gradients } from '../builder/index.js';
import type { Tensor } from '../graph/index.js';
import { interpret } from '../interpreter/index.js';
import { NdArray, type NdArrays, type Precision } from '../tensor/index.js';
import { sizeOf, type Shape } from '../tensor/index.js';

/** An f32 array in float64, for the interpreter. */
export function array(shape: Shape, values: readonly number[]): NdArray {
  return new NdArray(shape, 'f32', Float64Array.from(values));
}

/** An i32 array. */
export function integers(shape: Shape, values: readonly number[]): NdArray {
  return new NdArray(shape, 'i32', Int32Array.from(values));
}

/** An f32 array of numbers that differ from each other, in (low, high). */
export function spread(shape: Shape, low = -1, high = 1): NdArray {
  const size = sizeOf(shape);
  // Steps of the golden ratio: evenly spread, in no order, and no two are equal.
  return array(
    shape,
    Array.from({ length: size }, (_, i) => low + (((i + 1) * 0.6180339887498949) % 1) * (high - low)),
  );
}

/** A computation on tensors by name. */
export type Compute = (g: GraphBuilder, inputs: Record<string, Tensor>) => Tensor;

/** Computes with the interpreter. */
export function evaluate(compute: Compute, inputs: NdArrays, precision: Precision = 'f64'): NdArray {
  const g = new GraphBuilder('evaluate');
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [name, g.feed(name, value)]),
  );
  g.output('result', compute(g, feeds));
  return interpret(g.build(), { feeds: inputs }, precision).outputs['result']!;
}

/**
 * The gradient of a weighted sum of the result with respect to each f32 input: as the rules give it, and as central
 * differences do. Both in float64.
 */
export function gradientBothWays(
  compute: Compute,
  inputs: NdArrays,
): [name: string, rule: number[], difference: number[]][] {
  const g = new GraphBuilder('gradient');
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, value]) => [name, g.feed(name, value)]),
  );
  const result = compute(g, feeds);
  const weights = spread(result.shape, 0.5, 1.5);
  const loss = g.sum(g.mul(result, g.feed('weights', result)));
  const names = Object.keys(inputs).filter((name) => inputs[name]!.dtype === 'f32');
  gradients(
    g,
    loss,
    names.map((name) => feeds[name]!),
  ).forEach((gradient, i) => g.output(names[i]!, gradient));
  g.output('loss', loss);
  const program = g.build();
  const run = (feedValues: NdArrays) =>
    interpret(program, { feeds: { ...feedValues, weights } }, 'f64').outputs;
  const rules = run(inputs);
  const step = 1e-5;
  return names.map((name) => {
    const { shape, data } = inputs[name]!;
    const lossAt = (index: number, change: number) => {
      const moved = Float64Array.from(data, (value, i) => (i === index ? value + change : value));
      return run({ ...inputs, [name]: new NdArray(shape, 'f32', moved) })['loss']!.data[0]!;
    };
    const differences = Array.from(data, (_, i) => (lossAt(i, step) - lossAt(i, -step)) / (2 * step));
    return [name, [...rules[name]!.data], differences];
  });
}
