import type { Communicator, PeerResolver } from '@attune/core';
import { openMpi } from '@attune/distributed-mpi';
import type { Ranks } from '@attune/runs';
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
export interface World extends Omit<Context, 'stdout' | 'stderr' | 'alarm' | 'ranks' | 'openMpi'> {
  /** Default: over the MPI library of the system. */
  readonly openMpi?: Context['openMpi'];
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
  /** The standard error also where `stderr` prints nothing: for what a rank alone knows. */
  readonly alarm: Printer;
  /** The processes that do this together, where there are several. */
  readonly ranks?: Ranks;
  /** Joins the processes that a launcher started beside this one. @throws AttuneError COMMUNICATOR_UNAVAILABLE. */
  openMpi(): Promise<Communicator>;
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
  const stderr = new Printer(world.stderr);
  return {
    openMpi: () => openMpi({ environment: world.env }),
    ...world,
    stdout: new Printer(world.stdout),
    ...{ stderr, alarm: stderr },
  };
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
