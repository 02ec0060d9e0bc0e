import type { Importer } from '@attune/core';
import { processInterrupts, type InterruptSignal } from './process-interrupts.js';

/** A stream that text goes to: `process.stdout`, or a test's. */
export interface Output extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  /** Width of the terminal. */
  readonly columns?: number;
}

/** A stream that text comes from: `process.stdin`, or a test's. */
export interface Input extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
}

/** Flags of every command that say how a backend is made. */
export interface BackendOptions {
  readonly allowCpu?: boolean;
  readonly tf32?: boolean;
  readonly threads?: number;
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
  /** Calls back on each {@link InterruptSignal}, until the function returned is called. */
  onInterrupt(listener: (signal: InterruptSignal) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** The process, as a context. */
export function processContext(importer: Importer): Context {
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    importer,
    onInterrupt: processInterrupts(process),
    exit: (code) => process.exit(code),
  };
}
