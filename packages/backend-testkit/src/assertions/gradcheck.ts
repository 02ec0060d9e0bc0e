import {
  GraphBuilder,
  gradients,
  interpret,
  NdArray,
  type HostTensors,
  type Program,
  type Tensor,
  type TensorSpecs,
} from '@attune/core';
import { expectAllClose, type Tolerance } from './close.js';
import { randomTensor } from '../kit/random-tensor.js';

/** A computation in ops of a graph: one or several tensors from tensors by name. */
export type GraphFunction = (
  g: GraphBuilder,
  inputs: Readonly<Record<string, Tensor>>,
) => Tensor | readonly Tensor[];

/** Runs a {@link GraphFunction} on feeds of the given specs. */
export function applyToFeeds(
  g: GraphBuilder,
  inputs: TensorSpecs,
  compute: GraphFunction,
): {
  readonly feeds: Readonly<Record<string, Tensor>>;
  readonly results: readonly Tensor[];
} {
  const feeds = Object.fromEntries(Object.entries(inputs).map(([name, spec]) => [name, g.feed(name, spec)]));
  const results = compute(g, feeds);
  return { feeds, results: Array.isArray(results) ? (results as readonly Tensor[]) : [results as Tensor] };
}

/**
 * A program for the gradient of a computation: it feeds the inputs and `dOutput.<i>`, the gradient that comes in from
 * above, for each f32 result; its outputs are `loss = Σ result · dOutput` and `grad.<input>` for each of `wrt`.
 */
export function gradientProgram(
  name: string,
  inputs: TensorSpecs,
  compute: GraphFunction,
  wrt: readonly string[] = Object.keys(inputs).filter((key) => inputs[key]!.dtype === 'f32'),
): Program {
  const g = new GraphBuilder(name);
  const { feeds, results } = applyToFeeds(g, inputs, compute);
  const terms = results.flatMap((result, i) =>
    result.dtype === 'f32' ? [g.sum(g.mul(result, g.feed(`dOutput.${i}`, result)))] : [],
  );
  const loss = terms.reduce((total, term) => g.add(total, term));
  gradients(
    g,
    loss,
    wrt.map((key) => feeds[key]!),
  ).forEach((gradient, i) => g.output(`grad.${wrt[i]!}`, gradient));
  g.output('loss', loss);
  return g.build();
}

/** The given inputs, and random ones for the feeds `dOutput.<i>` of a {@link gradientProgram}. */
export function withRandomGradients(program: Program, inputs: HostTensors, seed = 1): HostTensors {
  const added = Object.entries(program.feeds)
    .filter(([name]) => !inputs[name])
    .map(([name, spec], i) => [name, randomTensor(seed + i, spec)] as const);
  return { ...inputs, ...Object.fromEntries(added) };
}

/** How a gradient is checked. */
export interface GradcheckOptions extends Tolerance {
  /** Names of the inputs to differentiate by. Default: all f32 ones. */
  readonly wrt?: readonly string[];
  /** Half of the distance between the two points of a difference, in float64. */
  readonly step?: number;
}

/**
 * Checks the gradient rules of a computation against central finite differences, both in the float64 interpreter:
 * `(f(x + h) − f(x − h)) / 2h` for every element of every input.
 *
 * @param inputs a point where the computation is smooth.
 * @throws ConformanceError that names the input and the element.
 */
export function gradcheck(
  compute: GraphFunction,
  inputs: HostTensors,
  { wrt, step = 1e-5, atol = 1e-7, rtol = 1e-6 }: GradcheckOptions = {},
): void {
  const program = gradientProgram('gradcheck', inputs, compute, wrt);
  const feeds = Object.fromEntries(
    Object.entries(withRandomGradients(program, inputs)).map(([name, { shape, dtype, data }]) => [
      name,
      new NdArray(shape, dtype, dtype === 'f32' ? Float64Array.from(data) : data),
    ]),
  );
  const run = () => interpret(program, { feeds }, 'f64').outputs;
  const analytic = run();
  for (const name of Object.keys(analytic).filter((key) => key.startsWith('grad.'))) {
    const { shape, data } = feeds[name.slice('grad.'.length)]!;
    const numeric = Float64Array.from(data, (value, i) => {
      const at = (x: number) => {
        data[i] = x;
        return run()['loss']!.data[0]!;
      };
      const slope = (at(value + step) - at(value - step)) / (2 * step);
      data[i] = value;
      return slope;
    });
    // Both losses of a difference are rounded at their own size, which a large result makes far larger than its slope.
    const rounding = (Number.EPSILON * Math.abs(analytic['loss']!.data[0]!)) / step;
    const tolerance = { atol: atol + rounding, rtol };
    expectAllClose(analytic[name]!, { shape, dtype: 'f32', data: numeric }, tolerance, name);
  }
}
