import type { OpName } from '../ops/index.js';
import type { DType, HostTensors, TensorSpecs } from '../tensor/index.js';
import type { Program } from '../graph/program.js';

/** What a backend runs on. */
export interface DeviceInfo {
  readonly kind: 'cpu' | 'gpu';
  /** For people, e.g. `WebAssembly SIMD, 1 thread`. */
  readonly description: string;
  /** Bytes the device can hold, where that is known. */
  readonly memoryBytes?: number;
  /** Whether a GPU is imitated in software: right, but slow, and never chosen by `auto`. */
  readonly software?: boolean;
}

/** What a backend can do, and what it cannot. Conformance tests skip only what is named here, with the reason. */
export interface Capabilities {
  readonly dtypes: readonly DType[];
  /** Ops that programs may not contain even after legalisation, each with the reason. Empty in a complete backend. */
  readonly unsupported: Readonly<Partial<Record<OpName, string>>>;
  /** Composite ops the engine computes by a kernel of its own rather than by their decomposition. */
  readonly fused: readonly OpName[];
  /** Whether the same program on the same values yields the same bits, scatter-add and sums included. */
  readonly deterministic: boolean;
}

/** What a backend holds on its device. After everything is disposed both are what they were before. */
export interface MemoryUsage {
  readonly bytes: number;
  readonly buffers: number;
}

/**
 * Named tensors that live on a device: parameters, moments, accumulated gradients, caches. Several executables are
 * compiled against one State and share its tensors without copies.
 *
 * Runs, reads and writes on one State, its parents and its children execute in the order in which they were called.
 * A run sees the values from its start, and its updates are committed together. When a run fails halfway, the State is
 * poisoned, and every later call says so.
 */
export interface State {
  /** Every tensor a program can name: own ones and the parents'. */
  readonly spec: TensorSpecs;
  /**
   * Copies tensors to the host. All of them, if no names are given.
   *
   * @throws AttuneError UNKNOWN_TENSOR, DISPOSED, STATE_POISONED.
   */
  read(names?: readonly string[]): Promise<HostTensors>;
  /**
   * Replaces tensors: all of those given, or, where one does not fit, none. The values are read before this returns, so
   * that the caller may reuse their memory.
   *
   * @throws AttuneError UNKNOWN_TENSOR, SHAPE_MISMATCH, DTYPE_MISMATCH, DISPOSED, STATE_POISONED.
   */
  write(values: HostTensors): Promise<void>;
  /** A child with tensors of its own, which shares all of this State's. Its names must be new. */
  extend(spec: TensorSpecs): Promise<State>;
  /**
   * Frees the tensors allocated by this handle, when the run under way is done. What is queued fails with DISPOSED. A
   * parent's tensors stay. Children must be disposed first.
   */
  dispose(): void;
}

/** A compiled program, bound to the State it was compiled against. */
export interface Executable {
  readonly program: Program;
  /**
   * Runs the program once. The feeds are read before this returns, so that the caller may reuse their memory. The next
   * call may be made before this one resolves: runs are queued, and resolve as soon as their outputs are on the host.
   *
   * @throws AttuneError FEED_MISMATCH or TOKEN_OUT_OF_RANGE (nothing has run), BACKEND_FAILURE or OUT_OF_MEMORY (the
   * State is poisoned), DISPOSED, STATE_POISONED. An index that is found out of range in the middle of a run is a
   * BACKEND_FAILURE.
   */
  run(feeds?: HostTensors): Promise<HostTensors>;
  /** Frees the program, not the State. */
  dispose(): void;
}

/** An engine that runs programs: the contract every backend keeps, and `describeBackend` tests. */
export interface Backend {
  readonly name: string;
  readonly device: DeviceInfo;
  readonly capabilities: Capabilities;
  /** Allocates tensors, filled with zeros. The handle that comes back owns them. */
  allocate(spec: TensorSpecs): Promise<State>;
  /**
   * Prepares a program to run against a State: verifies it, takes apart what the engine has no kernel for, and builds.
   * Nothing falls back to another device.
   *
   * @throws AttuneError INVALID_PROGRAM, UNSUPPORTED_OP (lists every such op), UNKNOWN_TENSOR or SHAPE_MISMATCH (the
   * State lacks a tensor of the program).
   */
  compile(program: Program, state: State): Promise<Executable>;
  memory(): MemoryUsage;
  /** Frees the device and all that is on it: `memory()` is zero. Executables and States are unusable from then on. */
  dispose(): Promise<void>;
}

/** Whether a backend can run here, and what to do where it cannot. */
export type Availability =
  | { readonly available: true; readonly description: string; readonly software?: boolean }
  | { readonly available: false; readonly reason: string; readonly fix?: string };

/** A backend that can be chosen: a plain object, exported by a package. Importing it registers nothing. */
export interface BackendPlugin<Options = unknown> {
  readonly name: string;
  /** Looks at the environment. Never throws, and leaves nothing behind. */
  isAvailable(): Promise<Availability>;
  /** @throws AttuneError BACKEND_UNAVAILABLE, with the reason and the fix. */
  create(options?: Options): Promise<Backend>;
}
