import { isAbsolute } from 'node:path';
import { AttuneError } from '@attune/core';
import type { Implementation } from './implementation.js';

/** The variable that names an MPI library. */
export const libraryVariable = 'ATTUNE_MPI_LIBRARY';

/**
 * Names that the system's loader knows. The number is that of the binary interface: 40 is Open MPI's (4 and 5), 12 that of MPICH
 * and of what is built like it (Intel MPI, MVAPICH, Cray); Debian calls that one libmpich.
 */
const names: Readonly<Record<Implementation, readonly string[]>> = {
  openmpi: ['libmpi.so.40'],
  mpich: ['libmpich.so.12', 'libmpi.so.12', 'libmpi_cray.so.12'],
};

/** On a Mac, Homebrew and MacPorts install what the loader does not search. */
const macFolders = ['/opt/homebrew/lib', '/usr/local/lib', '/opt/local/lib'];

/**
 * The libraries to try, the likeliest first.
 *
 * @param named an absolute path, which is then the only one.
 * @throws AttuneError INVALID_ARGUMENT if `named` is no absolute path: another would be looked for in the current folder.
 */
export function candidates(
  preferred: readonly Implementation[],
  platform: NodeJS.Platform,
  named: string | undefined,
): readonly string[] {
  if (named !== undefined) {
    if (isAbsolute(named)) return [named];
    throw new AttuneError(
      'INVALID_ARGUMENT',
      `The MPI library must be an absolute path, but is "${named}".`,
      {
        fix: `Set ${libraryVariable} to the whole path of libmpi, or unset it.`,
      },
    );
  }
  if (platform === 'darwin') return macFolders.map((folder) => `${folder}/libmpi.dylib`);
  if (platform === 'win32') return [];
  const order = [...new Set([...preferred, 'openmpi', 'mpich'] as const)];
  // The plain name comes with the files for developers only, and may be either.
  return [...order.flatMap((implementation) => names[implementation]), 'libmpi.so'];
}
