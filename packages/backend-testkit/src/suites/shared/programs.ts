import { GraphBuilder, gradients, type Program, type TensorSpec } from '@attune/core';

/** The one tensor that most of these programs work on. */
export const counter: TensorSpec = { shape: [3], dtype: 'f32' };

/** `total += x`; outputs the total as it was before. */
export function accumulateProgram(): Program {
  const g = new GraphBuilder('accumulate');
  const total = g.state('total', counter);
  g.update('total', g.add(total, g.feed('x', counter)));
  g.output('before', total);
  return g.build();
}

/** `total *= factor`; outputs the new total. */
export function scaleProgram(): Program {
  const g = new GraphBuilder('scale');
  const scaled = g.mul(g.state('total', counter), g.feed('factor', { shape: [], dtype: 'f32' }));
  g.update('total', scaled);
  g.output('total', scaled);
  return g.build();
}

/** Exchanges two tensors: each update reads what the other one replaces. */
export function swapProgram(): Program {
  const g = new GraphBuilder('swap');
  const [a, b] = [g.state('a', counter), g.state('b', counter)];
  g.update('a', b);
  g.update('b', a);
  g.output('sum', g.add(a, b));
  return g.build();
}

/** `total += x`, unless `allowed` is false: then the total stays, and the outputs come all the same. */
export function guardedProgram(): Program {
  const g = new GraphBuilder('guarded');
  const next = g.add(g.state('total', counter), g.feed('x', counter));
  g.update('total', next);
  g.output('next', next);
  g.guard('allowed', g.feed('allowed', { shape: [], dtype: 'bool' }));
  return g.build();
}

/** `cache = total + x`, where `cache` belongs to a child State. */
export function cacheProgram(): Program {
  const g = new GraphBuilder('cache');
  const next = g.add(g.state('total', counter), g.feed('x', counter));
  g.update('cache', next);
  g.output('cache', next);
  return g.build();
}

/** A step of gradient descent on a small network with the ops that training uses. */
export function networkStep(): Program {
  const g = new GraphBuilder('network');
  const x = g.feed('x', { shape: [6, 4], dtype: 'f32' });
  const y = g.feed('y', { shape: [6], dtype: 'i32' });
  const seed = g.feed('seed', { shape: [], dtype: 'i32' });
  const parameters = Object.entries(networkSpec).map(([name, spec]) => [name, g.state(name, spec)] as const);
  const [w1, scale, w2] = parameters.map(([, tensor]) => tensor);
  const hidden = g.dropout(g.gelu(g.layerNorm(g.matmul(x, w1!), scale!, undefined)), seed, 0.1, 0);
  const loss = g.mean(g.softmaxCrossEntropy(g.matmul(hidden, w2!), y));
  const wrt = parameters.map(([, tensor]) => tensor);
  gradients(g, loss, wrt).forEach((gradient, i) => {
    const [name, value] = parameters[i]!;
    g.update(name, g.sub(value, g.mul(gradient, 0.1)));
  });
  g.output('loss', loss);
  return g.build();
}

/** The parameters of {@link networkStep}. */
export const networkSpec: Readonly<Record<string, TensorSpec>> = {
  w1: { shape: [4, 8], dtype: 'f32' },
  scale: { shape: [8], dtype: 'f32' },
  w2: { shape: [8, 5], dtype: 'f32' },
};
