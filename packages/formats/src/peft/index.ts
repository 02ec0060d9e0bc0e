export {
  ADAPTER_CONFIG_JSON,
  ADAPTER_SAFETENSORS,
  adapterFiles,
  adapterNames,
  type AdapterContents,
} from './adapter.js';
export { readAdapter, type ReadAdapter } from './read-adapter.js';
export { writeAdapter } from './write-adapter.js';
export { matchPaths } from './pattern/module-pattern.js';
export {
  formatAdapterConfig,
  parseAdapterConfig,
  type AdapterConfig,
  type TaskType,
} from './adapter-config.js';
export type { LayerChoice, ModuleNames } from './target-modules.js';
