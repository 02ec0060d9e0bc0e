import { cFunction } from '../library/c-function.js';

/**
 * Ends the process at once. `process.exit` would wait for the thread of MPI, which may hang in a call that waits for a host
 * that is gone. A launcher ends the other ranks where one ends without having left.
 */
export function endProcess(exitCode: number): never {
  cFunction<(code: number) => void>('void _exit(int code)')?.(exitCode);
  // Without a C library that has it, a signal serves as well, with a code of its own.
  process.kill(process.pid, 'SIGKILL');
  throw new Error('A process outlives SIGKILL.');
}
