export type { SpecialTokens } from './config.js';
export { gpt2ConfigFromHuggingFace, type Gpt2ConfigOptions } from './config-from-hugging-face.js';
export { gpt2ConfigToHuggingFace } from './config-to-hugging-face.js';
export { gpt2ParameterSpecs } from './parameters.js';
export { readGpt2Parameters } from './read-parameters.js';
export { gpt2TensorsToHuggingFace } from './write-parameters.js';
