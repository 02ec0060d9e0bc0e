import {
  GraphBuilder,
  gradients,
  type BatchTensors,
  type Loss,
  type Model,
  type Optimizer,
  type Program,
  type Tensor,
  type TensorSpecs,
} from '@attune/core';
import { clipByGlobalNorm, globalNorm } from '@attune/nn';

/** The model, loss and optimizer of a training run. */
export interface TrainingSetup {
  readonly model: Model;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly gradClip: number;
  /** Fields of a micro-batch. */
  readonly batch: TensorSpecs;
}

/** Everything a run keeps: parameters and buffers, the optimizer's slots, and the sums of a step under way. */
export function trainingSpec({ model, optimizer }: TrainingSetup): TensorSpecs {
  const scalars = { numerator: { shape: [], dtype: 'f32' }, count: { shape: [], dtype: 'f32' } } as const;
  return Object.assign(
    { ...scalars },
    ...model.parameters.map((parameter) => ({
      [parameter.name]: { shape: parameter.shape, dtype: 'f32' },
      [`grad.${parameter.name}`]: { shape: parameter.shape, dtype: 'f32' },
      ...optimizer.slots(parameter),
    })),
    ...model.buffers.map(({ name, shape }) => ({ [name]: { shape, dtype: 'f32' } })),
  ) as TensorSpecs;
}

/** The sums of one micro-batch: its logits, its loss as numerator and count, and the numerator's gradients. */
function microBatch(g: GraphBuilder, { model, loss, batch }: TrainingSetup) {
  const fields: BatchTensors = Object.fromEntries(
    Object.entries(batch).map(([name, spec]) => [name, g.feed(name, spec)]),
  );
  const outputs = model.forward(g, fields);
  const { numerator, count } = loss.build(g, outputs, fields);
  const values = model.parameters.map((parameter) => g.state(parameter.name, parameter));
  return { logits: outputs['logits']!, numerator, count, values, summed: gradients(g, numerator, values) };
}

/** Divides by the count, clips, and writes the optimizer's updates. Outputs `loss`, `gradNorm` and `count`. */
function apply(
  g: GraphBuilder,
  { model, optimizer, gradClip }: TrainingSetup,
  sums: { readonly numerator: Tensor; readonly count: Tensor; readonly summed: readonly Tensor[] },
): void {
  const grads = sums.summed.map((gradient) => g.div(gradient, sums.count));
  const norm = globalNorm(g, grads);
  const clipped = clipByGlobalNorm(g, grads, norm, gradClip);
  const scalars = Object.fromEntries(
    Object.keys(optimizer.scalars(0)).map((name) => [name, g.feed(name, { shape: [], dtype: 'f32' })]),
  );
  model.parameters.forEach((parameter, i) => {
    const slots = Object.fromEntries(
      Object.entries(optimizer.slots(parameter)).map(([name, spec]) => [name, g.state(name, spec)]),
    );
    const value = g.state(parameter.name, parameter);
    const updated = optimizer.update(g, parameter, value, clipped[i]!, slots, scalars);
    g.update(parameter.name, updated.value);
    for (const [name, slot] of Object.entries(updated.slots)) g.update(name, slot);
  });
  g.output('loss', g.div(sums.numerator, sums.count));
  g.output('gradNorm', norm);
  g.output('count', sums.count);
}

/** Looks without touching: `logits`, `numerator`, `count`, and `grad.<name>`, the gradient of the numerator. */
export function inspectProgram(setup: TrainingSetup): Program {
  const g = new GraphBuilder('inspect');
  const { logits, numerator, count, summed } = microBatch(g, setup);
  g.output('logits', logits);
  g.output('numerator', numerator);
  g.output('count', count);
  setup.model.parameters.forEach(({ name }, i) => g.output(`grad.${name}`, summed[i]!));
  return g.build();
}

/** A whole step on one micro-batch. */
export function stepProgram(setup: TrainingSetup): Program {
  const g = new GraphBuilder('step');
  apply(g, setup, microBatch(g, setup));
  return g.build();
}

/** Adds a micro-batch to the sums in the State. */
export function accumulateStepProgram(setup: TrainingSetup): Program {
  const g = new GraphBuilder('accumulate');
  const { numerator, count, summed } = microBatch(g, setup);
  const add = (name: string, value: Tensor) => g.update(name, g.add(g.state(name, value), value));
  add('numerator', numerator);
  add('count', count);
  setup.model.parameters.forEach(({ name }, i) => add(`grad.${name}`, summed[i]!));
  return g.build();
}

/** Ends a step: updates from the sums in the State, and clears them. */
export function applyStepProgram(setup: TrainingSetup): Program {
  const g = new GraphBuilder('apply');
  const scalar = { shape: [], dtype: 'f32' } as const;
  const names = setup.model.parameters.map(({ name }) => `grad.${name}`);
  const summed = setup.model.parameters.map((parameter, i) =>
    g.state(names[i]!, { shape: parameter.shape, dtype: 'f32' }),
  );
  const [numerator, count] = [g.state('numerator', scalar), g.state('count', scalar)];
  apply(g, setup, { numerator, count, summed });
  for (const name of ['numerator', 'count']) g.update(name, g.constant(0));
  names.forEach((name, i) => g.update(name, g.constant(0, summed[i]!.shape)));
  return g.build();
}
