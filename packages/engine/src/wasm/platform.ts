import type { WasmPaths } from './paths.js';
import type { Command, Reply } from './protocol.js';

/** A worker, seen from the thread that started it. It does not keep a process alive unless it is held. */
export interface WorkerHandle {
  post(command: Command, transfer?: readonly ArrayBuffer[]): void;
  hold(): void;
  release(): void;
  terminate(): Promise<void>;
}

/** Hears from a worker. */
export interface WorkerEvents {
  message(reply: Reply): void;
  /** It failed or ended; `how` goes on after "The worker". */
  end(how: string, cause?: unknown): void;
}

/** The parts of the engine that differ between Node and browsers: `#platform` is the one for this place. */
export interface Platform {
  /** Processors that threads may run on. */
  processors(): number;
  /** Why threads cannot share memory here; `undefined` if they can. */
  sharingFault(): string | undefined;
  /** Turns relaxed SIMD on, where it is there but off. */
  allowRelaxedSimd(): void;
  /** Loads and compiles a module. */
  compile(name: string, paths?: WasmPaths): Promise<WebAssembly.Module>;
  startWorker(events: WorkerEvents): WorkerHandle;
}
