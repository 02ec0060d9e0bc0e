import { adamW } from './adam-w.js';
import { attention, attentionGrad } from './attention.js';
import { barrier } from './barrier.js';
import { batchNorm, batchNormGrad } from './batch-norm.js';
import { bernoulli } from './bernoulli.js';
import { add, div, maximum, minimum, mul, sub } from './binary.js';
import { broadcastTo } from './broadcast-to.js';
import { cast } from './cast.js';
import { equal, less, lessEqual } from './comparison.js';
import { concat } from './concat.js';
import { constant } from './constant.js';
import { conv2d, conv2dInputGrad, conv2dWeightGrad } from './conv2d.js';
import { softmaxCrossEntropy, softmaxCrossEntropyGrad } from './cross-entropy.js';
import type { Composite, Primitive } from './define.js';
import { dropout } from './dropout.js';
import { erf } from './erf.js';
import { gather } from './gather.js';
import { gelu, geluGrad } from './gelu.js';
import { iota } from './iota.js';
import { cachedAttention, cacheWrite } from './kv-cache.js';
import { layerNorm, layerNormGrad } from './layer-norm.js';
import { linearCrossEntropy } from './linear-cross-entropy.js';
import { logicalAnd, logicalNot } from './logical.js';
import { matmul } from './matmul.js';
import { pad } from './pad.js';
import { avgPool2d, maxPool2d, maxPool2dGrad } from './pooling.js';
import { max, sum } from './reduction.js';
import { reshape } from './reshape.js';
import { rmsNorm, rmsNormGrad } from './rms-norm.js';
import { rope } from './rope.js';
import { scatterAdd } from './scatter-add.js';
import { select } from './select.js';
import { slice } from './slice.js';
import { logSoftmax, softmax } from './softmax.js';
import { stopGradient } from './stop-gradient.js';
import { transpose } from './transpose.js';
import { abs, exp, log, neg, rsqrt, sigmoid, silu, sqrt, tanh } from './unary.js';

/** Every op there is, by name: the one list of them. */
export const ops = {
  ...{ constant, iota },
  // Elementwise
  ...{ neg, abs, exp, log, sqrt, rsqrt, tanh, sigmoid, erf, gelu, geluGrad, silu },
  ...{ add, sub, mul, div, maximum, minimum },
  ...{ equal, less, lessEqual, logicalAnd, logicalNot, select, cast },
  // Shape
  ...{ reshape, transpose, broadcastTo, slice, pad, concat },
  // Reduction, linear algebra, indexing
  ...{ sum, max, matmul, gather, scatterAdd },
  // Parts of models
  ...{ softmax, logSoftmax, softmaxCrossEntropy, softmaxCrossEntropyGrad, linearCrossEntropy },
  ...{ layerNorm, layerNormGrad, rmsNorm, rmsNormGrad, batchNorm, batchNormGrad },
  ...{ attention, attentionGrad, rope, cacheWrite, cachedAttention },
  ...{ conv2d, conv2dInputGrad, conv2dWeightGrad, maxPool2d, maxPool2dGrad, avgPool2d },
  // Randomness, training
  ...{ bernoulli, dropout, stopGradient, barrier, adamW },
} as const satisfies Readonly<Record<string, Primitive<never> | Composite<never>>>;

/** The name of an op. */
export type OpName = keyof typeof ops;

/** The name of an op that is made of no others. */
export type PrimitiveName = {
  [Name in OpName]: (typeof ops)[Name]['kind'] extends 'primitive' ? Name : never;
}[OpName];

/** The name of an op that has a body in others. */
export type CompositeName = Exclude<OpName, PrimitiveName>;

/** The names of all ops. */
export const opNames = Object.keys(ops) as readonly OpName[];
