import { GraphBuilder, type Program, type TensorSpecs } from '@attune/core';
import { forwardLoss, type Objective } from './forward.js';

/** The loss of a batch in `eval()` mode, without gradients. Outputs `numerator` and `count`, f32 scalars. */
export function evaluateProgram(objective: Objective, batchSpec: TensorSpecs): Program {
  const g = new GraphBuilder('evaluate');
  const { numerator, count } = forwardLoss(g, objective, batchSpec, 'eval');
  g.output('numerator', numerator);
  g.output('count', count);
  return g.build();
}
