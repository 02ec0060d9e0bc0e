/**
 * Layers, models, losses, optimizers and schedules: writers of graphs, which know no device.
 *
 * @packageDocumentation
 */
export { freezeParameters, lowerLayers, type FreezeOptions } from './freeze/freeze.js';
export { globMatcher } from './freeze/glob.js';
export { initialize, initializeParameters } from './init/initialize.js';
export { fill, normal, uniform } from './init/initializers.js';
export { attend, documentMask, type AttentionContext } from './layers/attend.js';
export { type AttentionInputs } from './layers/attention-inputs.js';
export { BatchNorm2d, type BatchNormOptions } from './layers/batch-norm2d.js';
export { Conv2d, type Conv2dOptions } from './layers/conv2d.js';
export { Dropout, SEED_FEED } from './layers/dropout.js';
export { Embedding } from './layers/embedding.js';
export { FixedKvCache, keyValueSpecs } from './layers/fixed-kv-cache.js';
export { GrowingKvCache, type Past } from './layers/growing-kv-cache.js';
export type { KeyValue, KvCache } from './layers/kv-cache.js';
export { LayerNorm } from './layers/layer-norm.js';
export { RmsNorm } from './layers/rms-norm.js';
export { Linear, type LinearOptions } from './layers/linear.js';
export { applyLora, isAdaptedAs, isSavedAs, loraLayers } from './lora/apply-lora.js';
export { loraConfig, loraScale, type LoraBias, type LoraConfig, type LoraOptions } from './lora/config.js';
export { LoraLinear } from './lora/lora-linear.js';
export { columnNorms, mergeLora } from './lora/merge.js';
export { MaxPool2d } from './layers/max-pool2d.js';
export { Relu } from './layers/relu.js';
export { crossEntropy, type CrossEntropyOptions } from './losses/cross-entropy.js';
export { meanSquaredError, type MeanSquaredErrorOptions } from './losses/mean-squared-error.js';
export {
  CausalLmModule,
  type CausalLmOutputs,
  type TiableConfig,
} from './models/causal-lm/causal-lm-module.js';
export type { CausalLmFamily, FamilyModel } from './models/causal-lm/family.js';
export { cnnConfig, type CnnConfig, type CnnOptions } from './models/cnn/config.js';
export { cnn, CnnModel } from './models/cnn/model.js';
export {
  causalLmFamilies,
  causalLmFamilyOf,
  languageModel,
  type CausalLmFamilyName,
  type LanguageModel,
  type LanguageModelConfig,
} from './models/families.js';
export {
  gpt2Config,
  gpt2Dropouts,
  type Gpt2Config,
  type Gpt2Dropouts,
  type Gpt2Options,
} from './models/gpt2/config.js';
export { gpt2, Gpt2Model } from './models/gpt2/model.js';
export {
  llamaConfig,
  type LlamaConfig,
  type LlamaOptions,
  type SlidingWindow,
} from './models/llama/config.js';
export { llama, LlamaModel } from './models/llama/model.js';
export {
  type Llama3Scaling,
  type RopeConfig,
  type RopeScaling,
  type YarnScaling,
} from './models/llama/rope-config.js';
export { ropeFrequencies, type RopeFrequencies } from './models/llama/rope-frequencies.js';
export { parameterCount } from './models/parameter-count.js';
export {
  SequenceClassifier,
  sequenceClassifier,
  type SequenceClassifierConfig,
  type SequenceClassifierOptions,
} from './models/sequence-classifier.js';
export { Buffer } from './module/buffer.js';
export { forwardOptions, withForwardOptions } from './module/forward-scope.js';
export { Module, nameParts, type NamedParts } from './module/module.js';
export { Param } from './module/param.js';
export { RootModule } from './module/root-module.js';
export { adamW, type AdamWOptions } from './optimizers/adam-w.js';
export { clipByGlobalNorm, globalNorm } from './optimizers/clip.js';
export { type LearningRate } from './optimizers/options.js';
export { sgd, type SgdOptions } from './optimizers/sgd.js';
export { constant, cosine, linear, type DecayOptions } from './schedules/schedules.js';
export { requireWideTrained, storeFrozen, storeWeights } from './storage/store.js';
export {
  asFloat32,
  modelStateSpecs,
  scaleName,
  scaleShape,
  storedSpecs,
  storedValues,
  widenedValue,
  type ModelPart,
} from './storage/stored.js';
