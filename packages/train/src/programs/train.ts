import {
  GraphBuilder,
  gradients,
  MAX_F32,
  type Optimizer,
  type Parameter,
  type Program,
  type Tensor,
  type TensorSpecs,
} from '@attune/core';
import { clipByGlobalNorm, globalNorm, requireWideTrained } from '@attune/nn';
import { forwardLoss, type Objective } from './forward.js';

/** The parts that a training step is built from. */
export interface TrainObjective extends Objective {
  readonly optimizer: Optimizer;
  /** Largest global norm of the gradient; 0 leaves it as it is. */
  readonly gradClip: number;
  /** True to recompute the blocks of the model in the backward pass, rather than keep their activations. */
  readonly gradientCheckpointing?: boolean;
}

/** Where sums over the micro-batches of a step are kept, on the device. */
export const accumulatorNames = {
  numerator: 'accumulated.numerator',
  count: 'accumulated.count',
  gradient: (parameter: string) => `accumulated.grad.${parameter}`,
} as const;

const scalar = { shape: [], dtype: 'f32' } as const;

/** Parameters that training changes. @throws AttuneError INVALID_CONFIG if one is not held in f32. */
export function trainable(objective: Objective): Parameter[] {
  requireWideTrained(objective.model);
  return objective.model.parameters.filter((parameter) => parameter.trainable);
}

/**
 * Specs of the optimizer's tensors, which begin as zeros.
 *
 * @param parameters those whose tensors are wanted. Default: all that are trained.
 */
export function slotSpecs(
  { optimizer, ...objective }: TrainObjective,
  parameters: readonly Parameter[] = trainable(objective),
): TensorSpecs {
  return Object.assign({}, ...parameters.map((parameter) => optimizer.slots(parameter))) as TensorSpecs;
}

/** Specs of the tensors that {@link accumulateProgram} adds to. */
export function accumulatorSpecs(objective: Objective): TensorSpecs {
  const sums = trainable(objective).map(
    ({ name, shape }) => [accumulatorNames.gradient(name), { shape, dtype: 'f32' }] as const,
  );
  return {
    [accumulatorNames.numerator]: scalar,
    [accumulatorNames.count]: scalar,
    ...Object.fromEntries(sums),
  };
}

/** The sums of one micro-batch: of losses, of targets, and of the gradients of the summed loss. */
function sums(g: GraphBuilder, objective: TrainObjective, batchSpec: TensorSpecs) {
  const { numerator, count } = forwardLoss(g, objective, batchSpec, 'train');
  const values = trainable(objective).map((parameter) => g.state(parameter.name, parameter));
  const { gradientCheckpointing: recompute = false } = objective;
  return { numerator, count, sumGradients: gradients(g, numerator, values, { recompute }) };
}

/** The sums of a step, and the parameters that follow from them. */
export interface Update {
  readonly parameters: readonly Parameter[];
  readonly numerator: Tensor;
  readonly count: Tensor;
  /** The gradients of the summed loss, one for each of the parameters. */
  readonly sumGradients: readonly Tensor[];
  /** The norm of the mean gradient, where it is that of more than these parameters. */
  readonly gradNorm?: Tensor;
}

/** The number that a step's sums are divided by: its count, or 1 where that is zero. */
export function stepDivisor(g: GraphBuilder, count: Tensor): Tensor {
  return g.select(g.less(0, count), count, 1);
}

/**
 * From sums to an update: divides by the whole step's count, clips, and lets the optimizer step. Outputs `loss`,
 * `gradNorm` (before clipping) and `count`.
 *
 * The update is guarded: where the loss is above the feed `lossLimit`, or loss or gradient are NaN or infinite, nothing
 * changes, and the output `accepted` is false. A step without targets divides by 1, and is not accepted either.
 */
export function applyUpdate(
  g: GraphBuilder,
  { optimizer, gradClip }: Pick<TrainObjective, 'optimizer' | 'gradClip'>,
  { parameters, numerator, count, sumGradients, gradNorm: norm }: Update,
): void {
  const divisor = stepDivisor(g, count);
  const means = sumGradients.map((gradient) => g.div(gradient, divisor));
  const gradNorm = norm ?? globalNorm(g, means);
  const clipped = gradClip > 0 ? clipByGlobalNorm(g, means, gradNorm, gradClip) : means;
  const scalars = Object.fromEntries(
    Object.keys(optimizer.scalars(0)).map((name) => [name, g.feed(name, scalar)]),
  );
  parameters.forEach((parameter, i) => {
    const own = Object.entries(optimizer.slots(parameter)).map(
      ([name, spec]) => [name, g.state(name, spec)] as const,
    );
    const value = g.state(parameter.name, parameter);
    const updated = optimizer.update(g, parameter, value, clipped[i]!, Object.fromEntries(own), scalars);
    g.update(parameter.name, updated.value);
    for (const [name, slot] of Object.entries(updated.slots)) g.update(name, slot);
  });
  const loss = g.div(numerator, divisor);
  const bounded = g.logicalAnd(
    g.lessEqual(loss, g.feed('lossLimit', scalar)),
    g.lessEqual(gradNorm, MAX_F32),
  );
  g.guard('accepted', g.logicalAnd(bounded, g.less(0, count)));
  g.output('loss', loss);
  g.output('gradNorm', gradNorm);
  g.output('count', count);
}

/** A whole step on one batch: forward, backward, clip, update. */
export function trainProgram(objective: TrainObjective, batchSpec: TensorSpecs): Program {
  const g = new GraphBuilder('train');
  applyUpdate(g, objective, { parameters: trainable(objective), ...sums(g, objective, batchSpec) });
  return g.build();
}

/** Forward and backward of one micro-batch, added to the accumulators. */
export function accumulateProgram(objective: TrainObjective, batchSpec: TensorSpecs): Program {
  const g = new GraphBuilder('accumulate');
  const { numerator, count, sumGradients } = sums(g, objective, batchSpec);
  const addTo = (name: string, value: Tensor) => g.update(name, g.add(g.state(name, value), value));
  addTo(accumulatorNames.numerator, numerator);
  addTo(accumulatorNames.count, count);
  trainable(objective).forEach(({ name }, i) => addTo(accumulatorNames.gradient(name), sumGradients[i]!));
  return g.build();
}

/**
 * The end of a step whose micro-batches were accumulated: the update, and empty accumulators. Between the last
 * {@link accumulateProgram} and this one, the sums of several processes are added up.
 */
export function applyProgram(objective: TrainObjective): Program {
  const g = new GraphBuilder('apply');
  const specs = accumulatorSpecs(objective);
  const accumulated = (name: string) => g.state(name, specs[name]!);
  const { numerator, count, gradient } = accumulatorNames;
  const parameters = trainable(objective);
  applyUpdate(g, objective, {
    parameters,
    sumGradients: parameters.map(({ name }) => accumulated(gradient(name))),
    numerator: accumulated(numerator),
    count: accumulated(count),
  });
  for (const [name, spec] of Object.entries(specs)) g.update(name, g.constant(0, spec.shape));
  return g.build();
}

/** Empties the accumulators, after a step that was not accepted. */
export function clearProgram(objective: TrainObjective): Program {
  const g = new GraphBuilder('clear');
  for (const [name, spec] of Object.entries(accumulatorSpecs(objective)))
    g.update(name, g.constant(0, spec.shape));
  return g.build();
}

/**
 * A program that finds the tensor that became non-finite in a batch. It outputs, under each parameter's name, the
 * norms of its value and of its gradient, f32[2]. NaN or infinity there names the tensor.
 */
export function diagnoseProgram(objective: TrainObjective, batchSpec: TensorSpecs): Program {
  const g = new GraphBuilder('diagnose');
  const { sumGradients } = sums(g, objective, batchSpec);
  trainable(objective).forEach((parameter, i) => {
    const norms = [g.state(parameter.name, parameter), sumGradients[i]!].map((tensor) =>
      globalNorm(g, [tensor]),
    );
    g.output(
      parameter.name,
      g.concat(
        norms.map((norm) => g.reshape(norm, [1])),
        0,
      ),
    );
  });
  // Running statistics of layers are not to move.
  return g.build({ updates: false });
}
