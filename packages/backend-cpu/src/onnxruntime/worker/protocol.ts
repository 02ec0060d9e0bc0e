import type { ErrorCode, HostData, HostTensors, TensorSpec } from '@attune/core';
import type { LoweredProgram } from '@attune/lowering-onnx';

/** The `workerData` of the worker. */
export interface WorkerSettings {
  /** Threads that compute. */
  readonly threads: number;
  /** Address of onnxruntime, where it is not to be imported by its name. */
  readonly onnxruntime?: string;
}

/** A tensor in the worker. Ids are given out by the other side. */
export type TensorId = number;

/** A command to the worker. Commands are carried out in the order in which they arrive. */
export type Command =
  | { readonly type: 'upload'; readonly id: TensorId; readonly spec: TensorSpec; readonly data: HostData }
  | { readonly type: 'zeros'; readonly id: TensorId; readonly spec: TensorSpec }
  | { readonly type: 'free'; readonly ids: readonly TensorId[] }
  | { readonly type: 'download'; readonly id: TensorId }
  | { readonly type: 'build'; readonly session: number; readonly lowered: LoweredProgram }
  | {
      readonly type: 'run';
      readonly session: number;
      readonly state: Readonly<Record<string, TensorId>>;
      readonly feeds: HostTensors;
      /** Where updates go: tensors that exist and may be overwritten, or new ones. */
      readonly updates: Readonly<Record<string, TensorId>>;
    }
  | { readonly type: 'release'; readonly session: number }
  | { readonly type: 'close' };

/** A command under a number, by which its reply is known. */
export interface Call {
  readonly call: number;
  readonly command: Command;
}

/** An error on its way between threads. */
export interface PlainError {
  readonly message: string;
  readonly code?: string;
  /** Where the worker knows which of attune's errors it is. */
  readonly attune?: ErrorCode;
}

/** A reply of the worker: one when onnxruntime has loaded or failed to, then one for each command. */
export type Reply =
  | { readonly type: 'ready'; readonly version: string }
  | { readonly type: 'failed'; readonly error: PlainError }
  | { readonly type: 'done'; readonly call: number; readonly value: HostTensors | HostData | undefined }
  | { readonly type: 'error'; readonly call: number; readonly error: PlainError };
