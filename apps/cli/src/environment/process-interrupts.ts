import { fileWriteError } from '@attune/core';
import { exitCodes } from './exit-codes.js';

/**
 * The signals that ask a process to end: Ctrl-C, whoever looks after it, a terminal that is closed, mpirun, which hands
 * SIGUSR2 on and waits, or an output that nobody reads any more.
 */
export type InterruptSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP' | 'SIGUSR2' | 'SIGPIPE';

/** The part of a process that {@link processInterrupts} listens to. */
export type InterruptedProcess = Pick<NodeJS.EventEmitter, 'on' | 'off'> & {
  readonly stdout: Pick<NodeJS.EventEmitter, 'on'>;
  readonly stderr: Pick<NodeJS.EventEmitter, 'on'> & { write(text: string): unknown };
  exit(code: number): void;
};

/** Signals that a process may hear. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR2'] as const satisfies readonly InterruptSignal[];

/** Nobody reads a pipe any more; the terminal was closed. */
const WITHOUT_READER: readonly (string | undefined)[] = ['EPIPE', 'EIO'];

/**
 * Tells listeners of what asks a process to end: signals, and an output that takes nothing more, told as SIGPIPE. While
 * nobody listens, signals do what they do by default, and a reader that has seen enough, such as `head`, ends the process
 * without an error. An output that fails otherwise, as on a full disk, ends it with one message on stderr.
 */
export function processInterrupts(
  from: InterruptedProcess,
): (listener: (signal: InterruptSignal) => void) => () => void {
  const listeners = new Set<(signal: InterruptSignal) => void>();
  const tell = (signal: InterruptSignal) => {
    for (const listener of [...listeners]) listener(signal);
  };
  for (const name of ['stdout', 'stderr'] as const) {
    from[name].on('error', (error: NodeJS.ErrnoException) => {
      if (listeners.size > 0) return tell('SIGPIPE');
      if (WITHOUT_READER.includes(error.code)) return from.exit(exitCodes.ok);
      const { code, message } = fileWriteError('The standard output', error);
      if (name === 'stdout') from.stderr.write(`error ${code}: ${message}\n`);
      return from.exit(exitCodes.environment);
    });
  }
  return (listener) => {
    listeners.add(listener);
    const heard = (signal: InterruptSignal) => listener(signal);
    for (const signal of SIGNALS) from.on(signal, heard);
    return () => {
      listeners.delete(listener);
      for (const signal of SIGNALS) from.off(signal, heard);
    };
  };
}
