export {
  ADAPTER_CONFIG_JSON,
  ADAPTER_SAFETENSORS,
  adapterFiles,
  adapterNames,
  readAdapter,
  type AdapterContents,
  type ReadAdapter,
} from './adapter.js';
export {
  formatAdapterConfig,
  parseAdapterConfig,
  type AdapterConfig,
  type TaskType,
} from './adapter-config.js';
