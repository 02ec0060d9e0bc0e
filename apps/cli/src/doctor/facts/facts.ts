import type { CudaFinding } from '@attune/backend-cuda';
import type { Availability } from '@attune/core';
import type { Launcher, MpiProbe } from '@attune/distributed-mpi';
import type { NativeFindings } from '@attune/engine/node';

/** The MPI library, and the processes that were started together with this one. */
export interface MpiFacts {
  readonly library: MpiProbe;
  readonly launcher?: Launcher;
  /** The outcome of connecting them; missing where there is nothing to connect. */
  readonly task?: { readonly description: string } | { readonly reason: string; readonly fix?: string };
}

/** A folder that attune writes into. */
export interface PlaceFacts {
  /** Its purpose. */
  readonly role: 'current folder' | 'cache' | 'temporary folder';
  readonly path: string;
  /** Bytes that this user may still write there. */
  readonly freeBytes?: number;
  /** Files that may still be made there; missing where the file system has no such limit. */
  readonly freeFiles?: number;
  readonly writable?: boolean;
  /** Owner of the folder, or of the nearest one above it that is there. */
  readonly owner?: number;
}

/** A package of attune's, as this installation finds it. */
export interface PackageFacts {
  readonly name: string;
  readonly version: string;
  /** Its folder, without links. */
  readonly folder: string;
}

/** A package that a backend computes with, and that is installed apart. */
export interface PeerFacts {
  readonly name: string;
  /** The package that it is for. */
  readonly of: string;
  /** Versions that fit. */
  readonly wanted: string;
  /** Missing where it is not installed. */
  readonly version?: string;
  /** True if its native code for this platform is there; missing where it has none. */
  readonly hasBinary?: boolean;
}

/** A backend, and what came of looking for it. */
export interface BackendFacts {
  readonly name: string;
  readonly availability: Availability;
  /** Why `auto` passes it over. */
  readonly skipped?: string | undefined;
}

/** The process that has the lock of a run. */
export interface LockFacts {
  readonly pid: number;
  readonly host: string;
  /** `unknown` on another machine. */
  readonly state: 'alive' | 'gone' | 'unknown';
}

/** A run folder that was named. */
export interface RunFacts {
  readonly path: string;
  readonly isRun: boolean;
  /** The lock's owner; `null` for a lock that names none. */
  readonly lock?: LockFacts | null;
}

/** The response of the hub, or why there was none. */
export interface HubFacts {
  readonly endpoint: string;
  readonly status?: number;
  readonly reason?: string;
  /** The hub's clock. */
  readonly date?: number;
}

/** WebAssembly in this process. */
export interface WasmFacts {
  readonly simd: boolean;
  /** After Node was asked for it: Node 20 has it behind a flag. */
  readonly relaxedSimd: boolean;
  /** True if threads can share memory. */
  readonly sharedMemory: boolean;
}

/**
 * A machine and an installation, as far as they are known. Checks read this and nothing else, so that a test describes a
 * machine that it does not have. What could not be found out is missing.
 */
export interface MachineFacts {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: string;
  readonly arch: string;
  readonly isTTY: boolean;
  /** The choice that the user asks about, by flags. */
  readonly choice: { readonly backend: string; readonly isa?: string; readonly threads?: number };
  /** True in a checkout of the repository, where engines are built. */
  readonly inCheckout: boolean;
  readonly now?: number;
  readonly userId?: number;
  readonly node?: {
    readonly version: string;
    /** Flags of the process and of NODE_OPTIONS. */
    readonly flags: readonly string[];
    /** The npm beside it. */
    readonly npm?: string;
  };
  readonly processors?: {
    /** As many as the process may run on at once. */
    readonly available: number;
    /** Processors' worth of time that its container may use. */
    readonly quota?: number;
  };
  readonly memory?: {
    readonly totalBytes: number;
    readonly availableBytes: number;
    /** The memory that the container may use. */
    readonly limitBytes?: number;
  };
  readonly limits?: {
    readonly openFiles?: number;
    /** Bytes of addresses (`ulimit -v`). */
    readonly addressSpaceBytes?: number;
  };
  readonly places?: readonly PlaceFacts[];
  readonly native?: NativeFindings;
  /** The C compiler that a build would find; `null` for none. */
  readonly compiler?: string | null;
  readonly wasm?: WasmFacts;
  /** The packages that attune consists of. */
  readonly packages?: readonly PackageFacts[];
  /** Packages of attune's that others ask for, and that are not there. */
  readonly missingPackages?: readonly string[];
  readonly peers?: readonly PeerFacts[];
  /** True if the system shows a GPU. */
  readonly hasGpu?: boolean;
  readonly backends?: readonly BackendFacts[];
  readonly cuda?: readonly CudaFinding[];
  readonly mpi?: MpiFacts;
  readonly run?: RunFacts;
  readonly hub?: HubFacts;
}
