/** Every op there is. Adding one means a name here, a file beside this one, and an entry in `ops/index.ts`. */
export const opNames = [
  // Inputs
  ...(['constant', 'iota'] as const),
  // Elementwise
  ...(['neg', 'abs', 'exp', 'log', 'sqrt', 'rsqrt', 'tanh', 'sigmoid', 'erf'] as const),
  ...(['add', 'sub', 'mul', 'div', 'maximum', 'minimum'] as const),
  ...(['equal', 'less', 'lessEqual', 'logicalAnd', 'logicalNot', 'select', 'cast'] as const),
  // Shape
  ...(['reshape', 'transpose', 'broadcastTo', 'slice', 'pad', 'concat'] as const),
  // Reduction, linear algebra, indexing
  ...(['sum', 'max', 'matmul', 'gather', 'scatterAdd'] as const),
  // Composite: engines have fast paths for these, and every one has a decomposition, but bernoulli
  ...(['softmax', 'logSoftmax', 'softmaxCrossEntropy', 'softmaxCrossEntropyGrad'] as const),
  ...(['layerNorm', 'layerNormGrad', 'gelu', 'geluGrad', 'attention', 'attentionGrad'] as const),
  ...(['rmsNorm', 'rmsNormGrad', 'silu', 'rope'] as const),
  ...(['conv2d', 'conv2dInputGrad', 'conv2dWeightGrad', 'batchNorm', 'batchNormGrad'] as const),
  ...(['maxPool2d', 'maxPool2dGrad', 'avgPool2d'] as const),
  ...(['linearCrossEntropy', 'stopGradient', 'barrier'] as const),
  ...(['bernoulli', 'dropout', 'adamW'] as const),
] as const;

/** The name of an op. */
export type OpName = (typeof opNames)[number];
