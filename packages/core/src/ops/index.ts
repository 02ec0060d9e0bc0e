import { abs } from './abs.js';
import { adamW } from './adam-w.js';
import { add } from './add.js';
import { attentionGrad } from './attention-grad.js';
import { attention } from './attention.js';
import { avgPool2d } from './avg-pool2d.js';
import { barrier } from './barrier.js';
import { batchNormGrad } from './batch-norm-grad.js';
import { batchNorm } from './batch-norm.js';
import { bernoulli } from './bernoulli.js';
import { broadcastTo } from './broadcast-to.js';
import { cast } from './cast.js';
import { concat } from './concat.js';
import { constant } from './constant.js';
import { conv2dInputGrad } from './conv2d-input-grad.js';
import { conv2dWeightGrad } from './conv2d-weight-grad.js';
import { conv2d } from './conv2d.js';
import type { OpDefinition } from './define-op.js';
import { div } from './div.js';
import { dropout } from './dropout.js';
import { equal } from './equal.js';
import { erf } from './erf.js';
import { exp } from './exp.js';
import { gather } from './gather.js';
import { geluGrad } from './gelu-grad.js';
import { gelu } from './gelu.js';
import { iota } from './iota.js';
import { layerNormGrad } from './layer-norm-grad.js';
import { layerNorm } from './layer-norm.js';
import { lessEqual } from './less-equal.js';
import { less } from './less.js';
import { linearCrossEntropy } from './linear-cross-entropy.js';
import { logSoftmax } from './log-softmax.js';
import { log } from './log.js';
import { logicalAnd } from './logical-and.js';
import { logicalNot } from './logical-not.js';
import { matmul } from './matmul.js';
import { maxPool2dGrad } from './max-pool2d-grad.js';
import { maxPool2d } from './max-pool2d.js';
import { max } from './max.js';
import { maximum } from './maximum.js';
import { minimum } from './minimum.js';
import { mul } from './mul.js';
import type { OpName } from './names.js';
import { neg } from './neg.js';
import { pad } from './pad.js';
import { reshape } from './reshape.js';
import { rmsNormGrad } from './rms-norm-grad.js';
import { rmsNorm } from './rms-norm.js';
import { rope } from './rope.js';
import { rsqrt } from './rsqrt.js';
import { scatterAdd } from './scatter-add.js';
import { select } from './select.js';
import { sigmoid } from './sigmoid.js';
import { silu } from './silu.js';
import { slice } from './slice.js';
import { softmaxCrossEntropyGrad } from './softmax-cross-entropy-grad.js';
import { softmaxCrossEntropy } from './softmax-cross-entropy.js';
import { softmax } from './softmax.js';
import { sqrt } from './sqrt.js';
import { stopGradient } from './stop-gradient.js';
import { sub } from './sub.js';
import { sum } from './sum.js';
import { tanh } from './tanh.js';
import { transpose } from './transpose.js';

export { opNames, type OpName } from './names.js';

/** Every op there is, by name. The type makes it total: a name without a definition does not compile. */
export const ops: Readonly<Record<OpName, OpDefinition>> = {
  ...{ constant, iota },
  ...{ neg, abs, exp, log, sqrt, rsqrt, tanh, sigmoid, erf },
  ...{ add, sub, mul, div, maximum, minimum },
  ...{ equal, less, lessEqual, logicalAnd, logicalNot, select, cast },
  ...{ reshape, transpose, broadcastTo, slice, pad, concat },
  ...{ sum, max, matmul, gather, scatterAdd },
  ...{ softmax, logSoftmax, softmaxCrossEntropy, softmaxCrossEntropyGrad },
  ...{ layerNorm, layerNormGrad, gelu, geluGrad, attention, attentionGrad },
  ...{ rmsNorm, rmsNormGrad, silu, rope },
  ...{ conv2d, conv2dInputGrad, conv2dWeightGrad, batchNorm, batchNormGrad },
  ...{ maxPool2d, maxPool2dGrad, avgPool2d },
  ...{ linearCrossEntropy, stopGradient, barrier },
  ...{ bernoulli, dropout, adamW },
};

/** The definition of an op. */
export function opDefinition(name: OpName): OpDefinition {
  return ops[name];
}
