import { cFunction } from '../library/c-function.js';

const settings = {
  /** The signals that it handles: not those of memory faults, which are the bounds checks of WebAssembly. It would end the process at the first one. */
  UCX_ERROR_SIGNALS: 'SIGILL,SIGFPE',
  /**
   * No hooks of memory calls. Installing them moves the end of the heap back and forth, which is safe in a process of one
   * thread only: memory that another thread allocates at that moment is cut off. Without them, UCX registers memory with
   * the network card for each message, instead of once.
   */
  UCX_MEM_EVENTS: 'no',
};

/**
 * Makes UCX, by which some MPI libraries send, fit for a process of many threads and a JavaScript engine. It reads its settings
 * when MPI starts, from the environment of the process: `process.env` of a worker is a copy of that. A user's own stay.
 */
export function setUpUcx(): void {
  // It overwrites nothing where its last argument is 0. A platform without it has no UCX.
  const setenv = cFunction<(name: string, value: string, overwrite: 0) => number>(
    'int setenv(const char *name, const char *value, int overwrite)',
  );
  for (const [name, value] of Object.entries(settings)) setenv?.(name, value, 0);
}
