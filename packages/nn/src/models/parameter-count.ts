import { sizeOf, type Model } from '@attune/core';

/** How many numbers a model has, and how many of them training changes. */
export function parameterCount(model: Model): { readonly total: number; readonly trainable: number } {
  const count = (parameters: Model['parameters']) =>
    parameters.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  return { total: count(model.parameters), trainable: count(model.parameters.filter((p) => p.trainable)) };
}
