import { GraphBuilder, type Parameter, type Program } from '@attune/core';
import {
  accumulatorNames,
  accumulatorSpecs,
  applyUpdate,
  stepDivisor,
  type TrainObjective,
} from './train.js';

/**
 * The part of an update that goes before the guard, where each process updates some of the parameters: outputs `squares`, the
 * sum of squares of the mean gradient of each, `f32[n]`. All of them together make the gradient's norm.
 *
 * @param owned the parameters that this process updates, one at least.
 */
export function squaresProgram(objective: TrainObjective, owned: readonly Parameter[]): Program {
  const g = new GraphBuilder('squares');
  const specs = accumulatorSpecs(objective);
  const divisor = stepDivisor(g, g.state(accumulatorNames.count, specs[accumulatorNames.count]!));
  const squares = owned.map(({ name }) => {
    const sum = g.state(accumulatorNames.gradient(name), specs[accumulatorNames.gradient(name)]!);
    return g.reshape(g.sum(g.square(g.div(sum, divisor))), [1]);
  });
  g.output('squares', g.concat(squares, 0));
  return g.build();
}

/** As {@link applyProgram}, for some of the parameters, with the norm of the whole gradient as the feed `gradNorm`. */
export function applyShardProgram(objective: TrainObjective, owned: readonly Parameter[]): Program {
  const g = new GraphBuilder('applyShard');
  const specs = accumulatorSpecs(objective);
  const accumulated = (name: string) => g.state(name, specs[name]!);
  applyUpdate(g, objective, {
    parameters: owned,
    numerator: accumulated(accumulatorNames.numerator),
    count: accumulated(accumulatorNames.count),
    sumGradients: owned.map(({ name }) => accumulated(accumulatorNames.gradient(name))),
    gradNorm: g.feed('gradNorm', { shape: [], dtype: 'f32' }),
  });
  for (const [name, spec] of Object.entries(specs)) g.update(name, g.constant(0, spec.shape));
  return g.build();
}
