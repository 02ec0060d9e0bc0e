import type { Parameter, Schedule } from '@attune/core';
import { constant } from '../schedules/schedules.js';

/** A learning rate: one number for the whole run, or a schedule. */
export type LearningRate = number | Schedule;

/** A schedule from either form of a learning rate. */
export function scheduleOf(learningRate: LearningRate): Schedule {
  return typeof learningRate === 'number' ? constant(learningRate) : learningRate;
}

/** Weight decay for a parameter: matrices decay, biases and norms (fewer than two axes) do not. */
export function decayOf(parameter: Parameter, weightDecay: number): number {
  return parameter.shape.length >= 2 ? weightDecay : 0;
}
