/** Backends that the page brings. */
export type BackendName = 'webgpu' | 'wasm';

/** A validation loss. */
export interface Evaluation {
  readonly step: number;
  readonly valLoss: number;
}
