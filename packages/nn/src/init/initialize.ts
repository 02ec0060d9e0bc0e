import {
  hostTensor,
  Random,
  type HostTensor,
  type Model,
  type ModelBuffer,
  type Parameter,
} from '@attune/core';
import { randomStream } from '../module/random-stream.js';

/** First values of some tensors of a model. Each draws from a stream of its own, named by it. */
export function initialize(
  tensors: readonly (Parameter | ModelBuffer)[],
  seed: number,
): Record<string, HostTensor<'f32'>> {
  return Object.fromEntries(
    tensors.map(({ name, shape, init }) => {
      const random = new Random(seed, randomStream(name));
      return [name, hostTensor('f32', shape, init(random, shape))];
    }),
  );
}

/**
 * First values of a model's parameters and buffers. Each draws from a stream of its own, named by it, so that a model with
 * one layer more begins with the same values in the others.
 */
export function initializeParameters(model: Model, seed: number): Record<string, HostTensor<'f32'>> {
  return initialize([...model.parameters, ...model.buffers], seed);
}
