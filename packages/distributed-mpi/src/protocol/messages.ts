import type { AttuneError, ErrorCode } from '@attune/core';
import type { CallKind } from '../collectives/header.js';

/** The data that the thread of MPI is started with. */
export interface ThreadData {
  /** Libraries to try. */
  readonly libraries: readonly string[];
  /** The launcher, and how many processes it says to have started. */
  readonly launcher?: { readonly name: string; readonly size?: number };
  readonly host: string;
  readonly timeoutSeconds: number;
  readonly words: Int32Array;
}

/** Memory of the other thread. */
export interface RemoteArray {
  readonly address: bigint;
  readonly length: number;
  readonly elementBytes: 1 | 4 | 8;
}

/** A call for the thread to carry out. */
export interface CallMessage {
  readonly id: number;
  readonly kind: CallKind;
  readonly arrays: readonly RemoteArray[];
  readonly owners: readonly number[];
}

/** An `AttuneError` on its way to the other thread. */
export interface ErrorMessage {
  readonly code: ErrorCode;
  /** Without the fix. */
  readonly message: string;
  readonly fix?: string | undefined;
  readonly data?: AttuneError['data'];
}

/** The process and its place among the others. */
export interface Started {
  readonly rank: number;
  readonly size: number;
  readonly localSize: number;
  readonly description: string;
}

/** A message of the thread. */
export type Reply =
  | { readonly kind: 'started'; readonly started: Started }
  | { readonly kind: 'not-started'; readonly error: ErrorMessage }
  | { readonly kind: 'done'; readonly id: number; readonly error?: ErrorMessage };

/** Numbers in shared memory, by which the threads reach each other while one of them computes. */
export const WORDS = {
  /** Counts calls: the thread sleeps on it. */
  calls: 0,
  /** One more than the exit code with which all ranks are to end. */
  abort: 1,
  /** 1 once the process is about to end. */
  leave: 2,
  /** 1 once the thread is out of MPI and will not return to it. */
  left: 3,
  /** Always 0: the thread sleeps on it while it waits for others. */
  sleep: 4,
} as const;

export const newWords = (): Int32Array =>
  new Int32Array(new SharedArrayBuffer(Object.keys(WORDS).length * Int32Array.BYTES_PER_ELEMENT));
