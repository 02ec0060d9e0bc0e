import type { ErrorCode } from '@attune/core';
import type { KernelInfo, KernelTime } from '../host/host.js';

/** Bytes for a place in a block. They are transferred. */
export interface BlockWrite {
  readonly block: number;
  readonly offset: number;
  readonly data: Uint8Array<ArrayBuffer>;
}

/** A stretch of a block. */
export interface BlockRead {
  readonly block: number;
  readonly offset: number;
  readonly bytes: number;
}

/** A request with an answer. Blocks and tapes have numbers, which the side that asks gives out. */
export type Request =
  | { readonly type: 'read'; readonly read: BlockRead }
  | { readonly type: 'locate'; readonly block: number }
  | { readonly type: 'settle' }
  | { readonly type: 'load'; readonly id: number; readonly words: Int32Array; readonly slots: number }
  | {
      readonly type: 'run';
      readonly tape: number;
      readonly slots: readonly number[];
      readonly writes: readonly BlockWrite[];
      readonly reads: readonly BlockRead[];
    }
  | { readonly type: 'profile' }
  | { readonly type: 'close' };

/** The first command of a worker says what it is: the one that leads, or one of those that join it. */
export type Start =
  | {
      readonly type: 'lead';
      readonly module: WebAssembly.Module;
      readonly threads: number;
      readonly spins: number;
      readonly maximumBytes?: number;
      readonly profile?: boolean;
      /** True where other threads can see the memory, the one that starts it among them. */
      readonly share: boolean;
    }
  | {
      readonly type: 'join';
      readonly module: WebAssembly.Module;
      readonly memory: WebAssembly.Memory;
      readonly crew: number;
      readonly thread: number;
      /** Behind the last byte of its stack. */
      readonly stack: number;
    };

/** A command to a worker. Commands are carried out in order. */
export type Command =
  | Start
  | { readonly type: 'allocate'; readonly id: number; readonly bytes: number }
  | { readonly type: 'free'; readonly id: number }
  | { readonly type: 'unload'; readonly id: number }
  | ({ readonly type: 'write' } & BlockWrite)
  | { readonly type: 'ask'; readonly call: number; readonly request: Request };

/** The answer to a request; to `locate`, the address of the block. */
export type Answer =
  number | ArrayBuffer | readonly ArrayBuffer[] | readonly KernelTime[] | readonly number[] | undefined;

/** How the leader describes itself. */
export interface Description {
  readonly version: string;
  readonly isa: string;
  readonly kernels: readonly KernelInfo[];
  readonly memoryBytes: number;
  /** Where it is shared. */
  readonly memory?: WebAssembly.Memory;
}

export type Reply =
  | ({
      readonly type: 'ready';
      readonly crew: number;
      readonly stacks: readonly number[];
    } & Description)
  | { readonly type: 'joined' }
  | { readonly type: 'done'; readonly call: number; readonly value: Answer }
  | { readonly type: 'error'; readonly call: number; readonly code: ErrorCode; readonly message: string };
