import koffi, { type LibraryHandle } from 'koffi';
import { AttuneError } from '@attune/core';
import { readVersion, type MpiVersion } from './implementation.js';

/** An MPI library that is loaded, but not started. */
export interface MpiLibrary {
  readonly handle: LibraryHandle;
  /** The name by which it was found. */
  readonly file: string;
  readonly version: MpiVersion;
}

const install =
  'Install one, e.g. "apt-get install openmpi-bin" or "apt-get install mpich" on Debian and Ubuntu, ' +
  '"dnf install openmpi" on Fedora, "brew install open-mpi" on a Mac, "module load openmpi" on a cluster.';

/** The longest text of any library is far shorter; MPI's own limit is a constant of each. */
const VERSION_BYTES = 16_384;

function versionText(handle: LibraryHandle): string {
  const text = Buffer.alloc(VERSION_BYTES);
  const length = [0];
  const version = handle.func('int MPI_Get_library_version(uint8_t *text, _Out_ int *length)');
  version(text, length);
  return text.toString('utf8', 0, Math.min(Math.max(length[0]!, 0), VERSION_BYTES)).replace(/\0.*$/su, '');
}

/**
 * Loads the first of the libraries that is there. Open MPI loads parts of itself that take its symbols from the process, so
 * symbols are global.
 *
 * @throws AttuneError COMMUNICATOR_UNAVAILABLE if there is none, or one that is neither Open MPI nor like MPICH.
 */
export function loadLibrary(files: readonly string[]): MpiLibrary {
  const reasons = new Set<string>();
  for (const file of files) {
    const loaded = attempt(file, reasons);
    if (!loaded) continue;
    const version = readVersion(loaded.text);
    if (version) return { handle: loaded.handle, file, version };
    throw new AttuneError(
      'COMMUNICATOR_UNAVAILABLE',
      `${file} is an MPI library that attune does not know: ${loaded.text.split('\n')[0]!.trim() || 'it has no name'}.`,
      { fix: 'Use Open MPI, MPICH, or a library with the binary interface of MPICH.' },
    );
  }
  const why =
    files.length > 0
      ? `tried ${files.join(', ')}: ${[...reasons].join('; ')}`
      : 'attune looks for one on Linux and macOS';
  throw new AttuneError('COMMUNICATOR_UNAVAILABLE', `No MPI library can be loaded (${why}).`, {
    fix: install,
  });
}

/** Loads a library and asks for its version; adds the reason where that fails. */
function attempt(file: string, reasons: Set<string>): { handle: LibraryHandle; text: string } | undefined {
  try {
    const handle = koffi.load(file, { global: true });
    keepLoaded(file);
    return { handle, text: versionText(handle) };
  } catch (error) {
    reasons.add(String((error as Error).message).replace(/^Failed to load shared library: /, ''));
    return undefined;
  }
}

/** RTLD_NOW, on Linux and macOS. */
const NOW = 2;

/**
 * Keeps a library in memory until the process ends. koffi unloads it with the thread that loaded it. UCX then still has a thread that
 * runs the library's code, where a process ends without having left the other ranks.
 */
function keepLoaded(file: string): void {
  const open = koffi.load(null).func('void *dlopen(const char *file, int flags)');
  open(file, NOW);
}
