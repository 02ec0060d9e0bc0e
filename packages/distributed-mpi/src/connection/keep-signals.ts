/** The signals that UCX may handle: not those of memory faults. */
const SIGNALS = 'SIGILL,SIGFPE';

/**
 * Keeps the signals of memory faults for the JavaScript engine, for which they are the bounds checks of WebAssembly. UCX, by which
 * some MPI libraries send, would end the process at the first one. A user's own setting stays.
 */
export function keepSignals(): void {
  process.env['UCX_ERROR_SIGNALS'] ??= SIGNALS;
}
