import type { Batch, GraphBuilder, Loss, LossTerms, Model, TensorSpecs } from '@attune/core';

/** The model, loss and batch that every program is built from. */
export interface Objective {
  readonly model: Model;
  readonly loss: Loss;
}

/** Declares the fields of a batch as feeds, runs the model in the given mode, and builds the loss. */
export function forwardLoss(
  g: GraphBuilder,
  { model, loss }: Objective,
  batchSpec: TensorSpecs,
  mode: 'train' | 'eval',
): LossTerms {
  const fields = Object.fromEntries(
    Object.entries(batchSpec).map(([name, spec]) => [name, g.feed(name, spec)]),
  );
  return loss.build(g, model.forward(g, fields, { mode }), fields);
}

/** The fields of a batch that a program takes: those of the dataset, and no more. */
export function feedsOf(batch: Batch, spec: TensorSpecs): Batch {
  return Object.fromEntries(Object.keys(spec).map((name) => [name, batch[name]!]));
}

/** The shapes that a batch really has: a dataset's spec says the largest. */
export function specsOf(feeds: Batch): TensorSpecs {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { shape, dtype }]) => [name, { shape, dtype }]),
  );
}
