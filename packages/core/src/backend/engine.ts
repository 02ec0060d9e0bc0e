import type { Capabilities, DeviceInfo, MemoryUsage } from '../contracts/backend.js';
import type { Program } from '../graph/program.js';
import type { HostTensor, HostTensors, TensorSpec } from '../tensor/index.js';

/** What one run yields, as handles of the engine. */
export interface KernelResults<Handle> {
  /**
   * Each is new and belongs to the caller, who frees it: never a handle of the state, nor one that is an update as well.
   */
  readonly outputs: ReadonlyMap<string, Handle>;
  /**
   * New values of the state. A handle that stands in the state under the same name means that the engine updated it in
   * place; any other handle is new, and the one it replaces is freed. Programs with a guard are never updated in place.
   */
  readonly updates: ReadonlyMap<string, Handle>;
}

/** A program the engine has built. */
export interface Kernel<Handle> {
  /**
   * @param state a handle for every tensor in `program.state`; still owned by the State.
   * @param feeds host tensors for every entry of `program.feeds`, already checked.
   */
  run(
    state: ReadonlyMap<string, Handle>,
    feeds: HostTensors,
  ): KernelResults<Handle> | Promise<KernelResults<Handle>>;
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
  free(handle: Handle): void;
  /** Prepares a program that has no ops but those in `capabilities.native`. */
  build(program: Program): Kernel<Handle> | Promise<Kernel<Handle>>;
  memory(): MemoryUsage;
  dispose(): void | Promise<void>;
}
