import koffi from 'koffi';
import { AttuneError } from '@attune/core';
import { handlesOf, type Handles } from '../library/handles.js';
import type { MpiLibrary } from '../library/load-library.js';

/** The functions of MPI that attune calls. A code other than 0 is an error, which is thrown. */
export interface Mpi {
  readonly handles: Handles;
  readonly rank: number;
  readonly size: number;
  send(address: bigint, bytes: number, to: number, tag: number, request: bigint): void;
  receive(address: bigint, bytes: number, from: number, tag: number, request: bigint): void;
  /** Writes the indices of completed requests, and how many there are; returns the code of an error, e.g. that of one of them. */
  testSome(count: number, requests: bigint, completed: [number], indices: bigint, statuses: bigint): number;
  /** An error in words. */
  errorText(code: number): string;
  /** True for the error of a message that is longer than the memory for it. */
  isTruncated(code: number): boolean;
  abort(exitCode: number): void;
  finalize(): void;
}

/** All calls come from one thread, the one that starts MPI. */
const THREAD_FUNNELED = 1;

const ERROR_BYTES = 8192;

/** Starts MPI, on the thread that will make all other calls. Blocks until all ranks have started. */
export function startMpi({ handle, version, file }: MpiLibrary): Mpi {
  const handles = handlesOf(handle, version.implementation);
  const { type, world, byte } = handles;
  const anySource = (rank: number) => (rank < 0 ? handles.anySource : rank);
  const bind = (declaration: string) => handle.func(declaration.replaceAll('HANDLE', type));
  const errorString = bind('int MPI_Error_string(int code, uint8_t *text, _Out_ int *length)');
  const errorClass = bind('int MPI_Error_class(int code, _Out_ int *value)');
  const number = [0];

  function errorText(code: number): string {
    const text = Buffer.alloc(ERROR_BYTES);
    errorString(code, text, number);
    return `${version.name}: ${text.toString('utf8', 0, Math.max(number[0]!, 0)).split('\n')[0]!}`;
  }

  function check(code: unknown, call: string): void {
    if (code !== 0) throw new AttuneError('RANK_LOST', `${call} failed. ${errorText(code as number)}.`);
  }

  const init = bind('int MPI_Init_thread(void *argc, void *argv, int required, _Out_ int *provided)');
  const started = init(null, null, THREAD_FUNNELED, number) as number;
  if (started !== 0 || number[0]! < THREAD_FUNNELED) {
    const reason = started !== 0 ? `it fails with code ${started}` : 'it allows no threads';
    throw new AttuneError('COMMUNICATOR_UNAVAILABLE', `${version.name} (${file}) does not start: ${reason}.`);
  }
  // By default, an error ends the process, and nobody is told which rank is lost.
  check(bind('int MPI_Comm_set_errhandler(HANDLE comm, HANDLE handler)')(world, handles.errorsReturn), 'set_errhandler'); // prettier-ignore

  function ask(name: string): number {
    check(bind(`int ${name}(HANDLE comm, _Out_ int *value)`)(world, number), name);
    return number[0]!;
  }

  const message = 'void *data, int count, HANDLE type, int rank, int tag, HANDLE comm, void *request';
  const isend = bind(`int MPI_Isend(${message})`);
  const irecv = bind(`int MPI_Irecv(${message})`);
  const testsome = bind(
    'int MPI_Testsome(int count, void *requests, _Out_ int *completed, void *indices, void *statuses)',
  );
  const abort = bind('int MPI_Abort(HANDLE comm, int code)');
  const finalize = bind('int MPI_Finalize()');

  return {
    handles,
    rank: ask('MPI_Comm_rank'),
    size: ask('MPI_Comm_size'),
    send: (address, bytes, to, tag, request) =>
      check(isend(address, bytes, byte, to, tag, world, request), 'MPI_Isend'),
    receive: (address, bytes, from, tag, request) =>
      check(irecv(address, bytes, byte, anySource(from), tag, world, request), 'MPI_Irecv'),
    testSome: (count, requests, completed, indices, statuses) =>
      testsome(count, requests, completed, indices, statuses) as number,
    errorText,
    isTruncated: (code) => errorClass(code, number) === 0 && number[0] === handles.truncated,
    abort: (exitCode) => void abort(world, exitCode),
    finalize: () => check(finalize(), 'MPI_Finalize'),
  };
}

/** The address of an array's memory. */
export const addressOf = (bytes: Uint8Array): bigint => koffi.address(bytes);
