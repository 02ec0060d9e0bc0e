import type { PeerResolver } from '@attune/core';
import { Printer, type Output } from '../printing/printer.js';
import type { BackendImporter } from './importer.js';
import { processInterrupts, type InterruptSignal } from './process-interrupts.js';

/** A stream that text comes from: `process.stdin`, or a test's. */
export interface Input extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
}

/** Flags of every command that say how a backend is made. */
export interface BackendOptions {
  readonly allowCpu?: boolean;
  readonly tf32?: boolean;
  readonly threads?: number;
  /** Finds the engines of backends in the folder of `--backends-from`. */
  readonly resolvePeer?: PeerResolver;
}

/** The environment of a command. Tests pass their own. */
export interface World extends Omit<Context, 'stdout' | 'stderr'> {
  readonly stdout: Output;
  readonly stderr: Output;
}

/** The world as commands see it: what they print goes through printers. */
export interface Context {
  /** The standard input. */
  readonly stdin: Input;
  /** Results. With `--json`, nothing else. */
  readonly stdout: Printer;
  /** Errors, and with `--json` whatever is told to people. */
  readonly stderr: Printer;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Loads backend packages. */
  readonly importer: BackendImporter;
  /** Handed to whichever backend is made. */
  readonly backendOptions?: () => BackendOptions;
  /** Calls back on each {@link InterruptSignal}, until the function returned is called. */
  onInterrupt(listener: (signal: InterruptSignal) => void): () => void;
  /** Ends the process at once. */
  exit(code: number): void;
}

/** A world, as commands see it. */
export function contextOf(world: World): Context {
  return { ...world, stdout: new Printer(world.stdout), stderr: new Printer(world.stderr) };
}

/** The process. */
export function processWorld(importer: BackendImporter): World {
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
