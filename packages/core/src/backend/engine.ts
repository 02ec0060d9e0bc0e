import type { Capabilities, DeviceInfo, MemoryUsage, ProgramMemory } from '../contracts/backend.js';
import type { Program } from '../program/program.js';
import type { HostTensor, HostTensors, TensorSpec } from '../tensor/index.js';

/** The results of one run, as handles of the engine. */
export interface RunResults<Handle> {
  /**
   * Each is new and belongs to the caller, who frees it: never a handle of the state, nor one that is an update as well.
   */
  readonly outputs: ReadonlyMap<string, Handle>;
  /**
   * New values of the state; none of them in a program that {@link CompiledProgram.commits | commits} them itself. A handle
   * that stands in the state under the same name means that the engine updated it in place, which it may not do where there
   * is a guard; any other handle is new, and the one it replaces is freed.
   */
  readonly updates: ReadonlyMap<string, Handle>;
}

/**
 * Replaces a tensor of the state while a run is under way. The State owns the handle from then on, and frees the one that
 * was there, unless they are the same: the engine then updated it in place.
 */
export type Commit<Handle> = (name: string, handle: Handle) => void;

/** A program the engine has built. */
export interface CompiledProgram<Handle> {
  /**
   * True where a run honours the program's guard itself: it hands each update to `commit`, in whatever order suits it, or,
   * where the guard is false, none of them. It may replace a tensor, and overwrite its memory, once nothing of the run reads
   * the old value any more; {@link commitOrder} finds the moment. One that fails halfway may leave new values beside old
   * ones: the State is poisoned.
   */
  readonly commits?: boolean;
  /**
   * @param state a handle for every tensor in `program.state`; still owned by the State.
   * @param feeds host tensors for every entry of `program.feeds`, already checked, and copies of this run's own: their
   * buffers may be handed to a thread.
   * @param commit for programs that commit; others return their updates.
   */
  run(
    state: ReadonlyMap<string, Handle>,
    feeds: HostTensors,
    commit: Commit<Handle>,
  ): RunResults<Handle> | Promise<RunResults<Handle>>;
  dispose(): void;
}

/**
 * The part of a backend that differs from one engine to the next: moving tensors and running programs. What they all
 * share – queueing, checks, commits, poisoning, ownership – is {@link engineBackend}.
 *
 * @typeParam Handle a tensor on the device.
 */
export interface Engine<Handle> {
  readonly name: string;
  readonly device: DeviceInfo;
  readonly capabilities: Capabilities;
  /** Copies a tensor to the device. The host array may be reused when this returns. */
  upload(tensor: HostTensor): Handle;
  /** A tensor of zeros, where the engine can make one without an {@link Engine.upload}. */
  zeros?(spec: TensorSpec): Handle;
  /**
   * Resolves when the tensors that were made so far have their memory, where an engine learns of that later.
   *
   * @throws AttuneError OUT_OF_MEMORY. They are then freed by whoever asked for them.
   */
  settle?(): Promise<void>;
  /** Copies a tensor to the host. */
  download(handle: Handle): HostTensor | Promise<HostTensor>;
  /**
   * The memory of a tensor itself, as an array that aliases it; missing where it is not memory of this process. It is used until
   * the next call.
   */
  view?(handle: Handle): HostTensor | Promise<HostTensor>;
  free(handle: Handle): void;
  /** Prepares a program that has no ops but those in `capabilities.native`. */
  build(program: Program): CompiledProgram<Handle> | Promise<CompiledProgram<Handle>>;
  memory(): MemoryUsage;
  /** The memory of a program as {@link Engine.build} would plan it, where that is known before it runs. Allocates nothing. */
  programMemory?(program: Program): ProgramMemory;
  dispose(): void | Promise<void>;
}
