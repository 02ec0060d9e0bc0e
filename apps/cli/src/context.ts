import type { Importer } from '@attune/core';

/** A stream that text goes to: `process.stdout`, or a test's. */
export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
}

/** A stream that text comes from: `process.stdin`, or a test's. */
export interface Input extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
}

/** What asks a process to end: Ctrl-C, or whoever looks after it. */
export type InterruptSignal = 'SIGINT' | 'SIGTERM';

/** Flags of every command that say how a backend is made. */
export interface BackendOptions {
  readonly allowCpu?: boolean;
  readonly tf32?: boolean;
}

/** What a command has of the world around it. Tests hand in their own. */
export interface Context {
  /** What people type, or another program says. */
  readonly stdin: Input;
  /** Results. With `--json`, nothing else. */
  readonly stdout: Output;
  /** Errors, and with `--json` whatever is told to people. */
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Loads backend packages. */
  readonly importer: Importer;
  /** Handed to whichever backend is made. */
  readonly backendOptions?: () => BackendOptions;
  /** Calls back on each Ctrl-C (SIGINT) and each SIGTERM, until the function returned is called. */
  onInterrupt(listener: (signal: InterruptSignal) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** The process, as a context. */
export function processContext(importer: Importer): Context {
  // A reader that has seen enough, such as `head`, is no error.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    process.exit(0);
  });
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    importer,
    onInterrupt: (listener) => {
      const signals: readonly InterruptSignal[] = ['SIGINT', 'SIGTERM'];
      const heard = (signal: NodeJS.Signals) => listener(signal as InterruptSignal);
      for (const signal of signals) process.on(signal, heard);
      return () => {
        for (const signal of signals) process.off(signal, heard);
      };
    },
    exit: (code) => process.exit(code),
  };
}
