import { AttuneError, type Model, type NarrowFloat, type Parameter, type StorageDType } from '@attune/core';

/** Matrices, and what has more axes: vectors, biases and the scales of norms, are few, and stay as they are. */
const isMatrix = ({ shape }: Parameter) => shape.length >= 2;

/**
 * Holds the frozen matrices of a model in 16 bits: 2 bytes of memory for each weight in place of 4. They are computed with in
 * f32. To be called when it is settled what is trained, and before anything is allocated.
 *
 * @throws AttuneError INVALID_CONFIG if no matrix is frozen.
 */
export function storeFrozen({ parameters }: Pick<Model, 'parameters'>, storage: NarrowFloat): void {
  const frozen = parameters.filter((parameter) => !parameter.trainable && isMatrix(parameter));
  if (frozen.length === 0) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `Only frozen weights can be held in ${storage}, and none is frozen.`,
      {
        fix: 'Train an adapter (LoRA), or freeze weights; trained ones stay in f32.',
      },
    );
  }
  for (const parameter of frozen) parameter.storage = storage;
}

/**
 * Holds all matrices of a model in 16 bits, or in 8 with a scale for each output channel, to generate and evaluate with: all
 * parameters are frozen.
 */
export function storeWeights({ parameters }: Pick<Model, 'parameters'>, storage: StorageDType): void {
  for (const parameter of parameters) {
    parameter.trainable = false;
    if (isMatrix(parameter)) parameter.storage = storage;
  }
}

/** @throws AttuneError INVALID_CONFIG if a parameter that is trained is not held in f32. */
export function requireWideTrained({ parameters }: Pick<Model, 'parameters'>): void {
  const narrow = parameters.find(({ trainable, storage }) => trainable && storage !== undefined);
  if (!narrow) return;
  throw new AttuneError('INVALID_CONFIG', `${narrow.name} is trained, but held in ${narrow.storage}.`, {
    fix: 'Freeze it, or call storeFrozen when it is settled what is trained: updates would be lost in rounding.',
  });
}
