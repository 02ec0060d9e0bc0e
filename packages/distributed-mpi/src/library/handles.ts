import koffi, { type LibraryHandle } from 'koffi';
import type { Implementation } from './implementation.js';

/** An MPI object as C code passes it: Open MPI's are addresses, MPICH's are numbers. */
export type Handle = bigint | number;

/** Constants of `mpi.h`, which differ between the binary interfaces. */
export interface Handles {
  /** The C type of a handle. */
  readonly type: 'void *' | 'int';
  /** Bytes of a request in an array. */
  readonly requestBytes: 8 | 4;
  readonly world: Handle;
  readonly byte: Handle;
  readonly errorsReturn: Handle;
  readonly nullRequest: Handle;
  /** Bytes of a status in an array, and where in it the code of an error lies. */
  readonly statusBytes: number;
  readonly statusErrorAt: number;
  /** The class of errors where a message is longer than the receiver's memory. */
  readonly truncated: number;
  readonly anySource: number;
}

/** Looks up the constants in a library that is loaded. */
export function handlesOf(library: LibraryHandle, implementation: Implementation): Handles {
  if (implementation === 'mpich') {
    return {
      ...{ type: 'int', requestBytes: 4 },
      ...{ world: 0x44000000, byte: 0x4c00010d, errorsReturn: 0x54000001, nullRequest: 0x2c000000 },
      ...{ statusBytes: 20, statusErrorAt: 16, truncated: 14, anySource: -2 },
    };
  }
  const addressOf = (symbol: string): bigint => koffi.address(library.symbol(symbol) as unknown);
  return {
    ...{ type: 'void *', requestBytes: 8 },
    world: addressOf('ompi_mpi_comm_world'),
    byte: addressOf('ompi_mpi_byte'),
    errorsReturn: addressOf('ompi_mpi_errors_return'),
    nullRequest: addressOf('ompi_request_null'),
    ...{ statusBytes: 24, statusErrorAt: 8, truncated: 15, anySource: -1 },
  };
}
