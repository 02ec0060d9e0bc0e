import type { OpName } from '../ops/table.js';
import type { Program } from '../program/program.js';
import type { DType, HostTensors, TensorSpecs } from '../tensor/index.js';

/**
 * The kernels that a backend computes with. On one processor, two runs of a deterministic program agree to the bit where all
 * three are the same, and to rounding errors otherwise.
 */
export interface EngineIdentity {
  /** E.g. `attune`, `tfjs`, `onnxruntime`. */
  readonly name: string;
  readonly version: string;
  /** The instruction set that its kernels are built for, e.g. `avx512`, `relaxed`; missing where the engine does not say. */
  readonly isa?: string;
}

/** The device that a backend runs on. */
export interface DeviceInfo {
  readonly kind: 'cpu' | 'gpu';
  /** For people, e.g. `WebAssembly SIMD, 1 thread`. */
  readonly description: string;
  /** Bytes the device can hold, where that is known. */
  readonly memoryBytes?: number;
  /** True for a software adapter of a GPU: right, but slow, and never chosen by `auto`. */
  readonly software?: boolean;
  /** Missing where it is not known, or nobody can choose another. */
  readonly engine?: EngineIdentity;
}

/**
 * How an engine computes products of matrices: the precision that operands are rounded to. Sums of products are carried in
 * float32 in each of them. `tf32` keeps 10 bits after the point, `bf16` 7.
 */
export type ProductPrecision = 'f32' | 'tf32' | 'bf16';

/** The abilities and limits of a backend. Conformance tests skip only what is named here, with the reason. */
export interface Capabilities {
  /** All of those that ops compute with, and the storage types that tensors may have and that `cast` takes and yields. */
  readonly dtypes: readonly DType[];
  /** Ops that programs may not contain even after legalisation, each with the reason. Empty in a complete backend. */
  readonly unsupported: Readonly<Partial<Record<OpName, string>>>;
  /** Ops that the engine has kernels for. Composites that are not among them are replaced by their bodies. */
  readonly native: readonly OpName[];
  /** How products of matrices are computed, convolutions and attention among them. Everything else is float32. */
  readonly precision: ProductPrecision;
  /**
   * True if the same program on the same values yields the same bits, scatter-add and sums included, on the same engine and
   * instruction set: see {@link EngineIdentity}. The number of threads does not matter.
   */
  readonly deterministic: boolean;
}

/**
 * The memory that a backend uses on its device. After everything is disposed, both numbers are what they were before.
 */
export interface MemoryUsage {
  readonly bytes: number;
  readonly buffers: number;
}

/** The memory that a program takes beside its State. */
export interface ProgramMemory {
  /** Bytes that the programs of a backend share, since their runs are serial: the most that one of them asks for counts. */
  readonly shared: number;
  /** Bytes that are the program's own as long as it is compiled. */
  readonly own: number;
}

/**
 * Named tensors that live on a device: parameters, moments, accumulated gradients, caches. Several executables are
 * compiled against one State and share its tensors without copies.
 *
 * Runs, reads and writes on one State, its parents and its children execute in the order in which they were called.
 * A run sees the values from its start, and its updates are committed together; a read or write of several tensors falls
 * between two runs as a whole. When a run fails halfway, its State is poisoned, with its parents and children, and every
 * later call but `dispose` says so. Two States without a parent in common have nothing to do with each other: their runs
 * may overlap, and a failure of one is none of the other.
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
  /**
   * The memory of tensors itself, as arrays that alias it, where it is memory of this process; missing where it is not. Resolves
   * when all that was called before is done. The arrays may be read and written until the next call on this State, its
   * parents or its children, and no longer.
   *
   * @throws AttuneError as {@link State.read}.
   */
  view?(names: readonly string[]): Promise<HostTensors>;
  /**
   * A child with tensors of its own, which shares all of this State's.
   *
   * @throws AttuneError INVALID_ARGUMENT if a name is not new, DTYPE_MISMATCH for a dtype that the backend lacks, DISPOSED,
   * STATE_POISONED.
   */
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

/**
 * An engine that runs programs. `describeBackend` of `@attune/backend-testkit` tests everything that is written in this
 * file, and nothing that is neither written here nor in the definition of an op.
 *
 * **Values.** An op computes what its reference rule does, to the tolerances of the kit's one table, which
 * {@link Capabilities.precision} chooses from. i32 and bool results are exact; sums and differences of i32 wrap around at 32 bits,
 * as two's complement does. bool is one byte of 0 or 1 on the host. A run depends on nothing but its feeds and the State.
 *
 * **NaN and infinities.** They are values like any other. A comparison with NaN is false; `max`, `maximum` and `minimum`
 * are NaN where an operand is; arithmetic, sums and products carry NaN on, in the rows that it is in and no others; `select`
 * takes nothing from the side that is not chosen. What an exponential, and what is made of it, makes of NaN is the
 * engine's: on GPUs, shading languages leave it open. Ops whose true result is a finite
 * float32 do not overflow on the way, however large their inputs are: softmax, cross-entropy, `tanh`, `sigmoid`.
 *
 * **Storage types.** Of a dtype that is not among {@link Capabilities.dtypes}, neither a State nor a program has a tensor:
 * `allocate` and `compile` throw DTYPE_MISMATCH before anything happens. Where they are, `cast` converts as its definition says,
 * to the bit, but for the payload of a NaN.
 *
 * **Guards.** A program's guard is one of its outputs, a bool scalar. Where it is false, *every* tensor of the State is,
 * bit for bit, what it was before the run, those that the engine would update in place among them, and the outputs come
 * all the same. What computes the guard is an op like any other: `lessEqual(NaN, limit)` is false.
 *
 * **Empty tensors.** A shape with a 0 in it is legal, in a State, a feed and an output. Such a tensor has no elements on
 * the host; a sum over nothing is 0.
 *
 * **Errors.** What goes wrong is an `AttuneError` with one of the codes that each method lists. Where several tensors,
 * feeds or ops are at fault, the message names every one of them; its other words are free. A STATE_POISONED has the
 * failure of the run as its `cause`.
 *
 * **Memory.** `memory()` counts what the backend holds for States and programs: at least the bytes of the tensors and one
 * buffer for each. A run may add spare buffers, which do not grow from the third run on. What is disposed is given back:
 * after States and programs are, `memory()` is what it was before them, and after the backend is, it is zero.
 */
export interface Backend {
  readonly name: string;
  readonly device: DeviceInfo;
  readonly capabilities: Capabilities;
  /**
   * Allocates tensors, filled with zeros. The handle that comes back owns them.
   *
   * @throws AttuneError DTYPE_MISMATCH for a dtype that the backend lacks; OUT_OF_MEMORY; DISPOSED.
   */
  allocate(spec: TensorSpecs): Promise<State>;
  /**
   * Prepares a program to run against a State: verifies it, takes apart what the engine has no kernel for, and builds.
   * Nothing falls back to another device.
   *
   * Programs are distinguished by what they are, not by their names.
   *
   * @throws AttuneError INVALID_PROGRAM, UNSUPPORTED_OP (lists every such op), DTYPE_MISMATCH for a dtype that the backend
   * lacks; UNKNOWN_TENSOR, SHAPE_MISMATCH or
   * DTYPE_MISMATCH, in this order, where the State lacks a tensor of the program or has it otherwise; INVALID_ARGUMENT for
   * a State of another backend; DISPOSED.
   */
  compile(program: Program, state: State): Promise<Executable>;
  memory(): MemoryUsage;
  /**
   * The memory that a program would take if it were compiled. Nothing is allocated, and it need not fit. Missing where the
   * engine learns of its memory from running.
   *
   * @throws AttuneError INVALID_PROGRAM, UNSUPPORTED_OP, DTYPE_MISMATCH as {@link Backend.compile}.
   */
  programMemory?(program: Program): ProgramMemory;
  /** Frees the device and all that is on it: `memory()` is zero. Executables and States are unusable from then on. */
  dispose(): Promise<void>;
}

/** Says that a backend can run here, or why it cannot, with a fix. */
export type Availability =
  | { readonly available: true; readonly description: string; readonly software?: boolean }
  | {
      readonly available: false;
      readonly reason: string;
      readonly fix?: string;
      /** npm packages to install, where nothing else stands in its way on this machine, as far as can be known. */
      readonly packages?: readonly string[];
    };

/**
 * Finds an optional package of a backend in another place than beside the backend itself: the address to import, or
 * `undefined` where it is not there, and the backend imports it as always.
 */
export type PeerResolver = (specifier: string) => string | undefined;

/** A backend that can be chosen: a plain object, exported by a package. Importing it registers nothing. */
export interface BackendPlugin<Options = unknown> {
  readonly name: string;
  /** The engines that its option `engine` chooses from, the default first. Missing where there is no choice. */
  readonly engines?: readonly string[];
  /** Looks at the environment, for a backend of these options. Never throws, and leaves nothing behind. */
  isAvailable(options?: Options): Promise<Availability>;
  /** @throws AttuneError BACKEND_UNAVAILABLE, with the reason and the fix. */
  create(options?: Options): Promise<Backend>;
}
