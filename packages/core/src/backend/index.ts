export { checkFeeds } from './check-feeds.js';
export { checkState } from './check-state.js';
export {
  createBackend,
  knownBackends,
  probeBackends,
  type BackendSelection,
  type Candidate,
  type CreateBackendOptions,
  type Importer,
} from './create-backend.js';
export { defineBackend } from './define-backend.js';
export {
  chosenEngine,
  engineFault,
  isaFault,
  MAX_THREADS,
  threadsFault,
  type EngineChoice,
} from './engine-choice.js';
export {
  batchThatFits,
  checkDeviceMemory,
  memoryAdvice,
  type MemoryAdvice,
  type MemoryDemand,
} from './device-memory.js';
export { engineBackend } from './engine-backend.js';
export type { Commit, CompiledProgram, Engine, RunResults } from './engine.js';
export { legalize } from './legalize.js';
