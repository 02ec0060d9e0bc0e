export { ggufAdapter, type GgufAdapter, type GgufAdapterOptions } from './adapter/adapter.js';
export { ggufValue, type GgufMetadata, type GgufValue } from './file/metadata.js';
export type { GgufTensorType } from './file/tensor-types.js';
export { encodeGguf, type GgufContents, type GgufTensor } from './file/writer.js';
export { ggufModel, type GgufModelOptions } from './model/model.js';
export { ollamaModelfile, type ModelfileContents } from './ollama/modelfile.js';
export type { GgufTokenizer } from './tokenizer/vocabulary.js';
