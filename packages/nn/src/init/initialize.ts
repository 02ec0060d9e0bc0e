import { hostTensor, Random, type HostTensor, type Model } from '@attune/core';
import { randomStream } from '../module/random-stream.js';

/**
 * First values of a model's parameters. Each draws from a stream of its own, named by the parameter, so that a model with
 * one layer more begins with the same values in the others.
 */
export function initializeParameters(model: Model, seed: number): Record<string, HostTensor<'f32'>> {
  return Object.fromEntries(
    model.parameters.map(({ name, shape, init }) => {
      const random = new Random(seed, randomStream(name));
      return [name, hostTensor('f32', shape, init(random, shape))];
    }),
  );
}
