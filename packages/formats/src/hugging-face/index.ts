export {
  CONFIG_JSON,
  GENERATION_CONFIG_JSON,
  INDEX_JSON,
  MODEL_SAFETENSORS,
  TOKENIZER_FILES,
} from './file-names.js';
export { familyOf, modelFamilies, modelTypes } from './families.js';
export type { ConfigJson } from './family/config-json.js';
export type { FolderLayout, ModelFamily, ReadConfig, ReadConfigOptions } from './family/family.js';
export {
  isClassifierConfig,
  modelOf,
  withDropout,
  type ClassifierConfig,
  type FolderModel,
  type ModelConfig,
} from './model-config.js';
export { readModelFolder, writeModelFolder, type ModelFolder } from './model-folder.js';
export { readHuggingFaceFolder, type HuggingFaceFolder } from './read-folder.js';
export type { OpenTensors } from './shards.js';
export { modelFiles, type ModelFolderContents } from './model-files.js';
export { modelConfigFromHuggingFace, type ReadModelConfig } from './read-config.js';
export { modelTensors, savedSpecs } from './read-tensors.js';
export { modelConfigToHuggingFace, type SpecialTokens, type WriteConfigOptions } from './write-config.js';
export { storedTensors } from './write-tensors.js';
