import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

/** An engine of the addon: opaque here. */
export type NativeEngine = object & { readonly __brand: 'NativeEngine' };

/** The addon's functions: `kernels/native/addon.c`. Blocks and tapes are numbers. */
export interface Addon {
  readonly version: number;
  /** Instruction sets of this processor that it has kernels for, the best one first. */
  readonly isas: readonly string[];
  open(isa: string, threads: number, spins: number, profile: boolean): NativeEngine;
  close(engine: NativeEngine): void;
  kernels(engine: NativeEngine): (string | number)[];
  profile(engine: NativeEngine): number[];
  allocate(engine: NativeEngine, bytes: number): number;
  free(engine: NativeEngine, block: number): void;
  write(engine: NativeEngine, block: number, offset: number, data: Uint8Array): void;
  read(engine: NativeEngine, block: number, offset: number, bytes: number): ArrayBuffer;
  /** An ArrayBuffer over a block's own memory. Missing where this JavaScript engine forbids such buffers. */
  view?(engine: NativeEngine, block: number): ArrayBuffer;
  /** Empties a buffer that `view` returned: before the block is freed or the engine closed. */
  detach(buffer: ArrayBuffer): void;
  load(engine: NativeEngine, tape: Int32Array, slots: number): number;
  unload(engine: NativeEngine, tape: number): void;
  run(engine: NativeEngine, tape: number, blocks: Float64Array): Promise<number>;
}

/** The reason why there is no addon to use: none is there, it does not load, or this processor lacks instructions. */
export type AddonFault = 'missing' | 'does-not-load' | 'processor';

/** The addon, or why there is none. */
export type FoundAddon =
  | { readonly addon: Addon; /** Nobody has tried it on such a machine. */ readonly untested?: boolean }
  | { readonly fault: string; readonly kind: AddonFault };

const require = createRequire(import.meta.url);

/** Linux has two C libraries, and an addon for one does not load with the other. */
function usesMusl(): boolean {
  if (process.platform !== 'linux') return false;
  const report = process.report.getReport() as { header?: { glibcVersionRuntime?: string } };
  return report.header?.glibcVersionRuntime === undefined;
}

/** Name of the package that holds the addon for this platform. */
const packageName = (): string =>
  `@attune/engine-${process.platform}-${process.arch}${usesMusl() ? '-musl' : ''}`;

/**
 * Where the addon is: built in this package, or in the package for this platform, as this package resolves it. It is never
 * looked for in the current folder, and no variable of the environment names it.
 */
function addonFile(): string | undefined {
  const built = fileURLToPath(new URL('../../dist/native/engine.node', import.meta.url));
  if (existsSync(built)) return built;
  try {
    return require.resolve(`${packageName()}/engine.node`);
  } catch {
    return undefined;
  }
}

/** True where the native engine is run before it is released. It is compiled for other platforms, too. */
const isTested = (file: string): boolean =>
  process.platform === 'linux' && process.arch === 'x64' && !file.includes('engine-linux-x64-musl');

/** Loads the addon from a file. */
export function loadAddon(file: string): FoundAddon {
  try {
    const addon = require(file) as Addon;
    if (addon.isas.length > 0) return isTested(file) ? { addon } : { addon, untested: true };
    return { fault: 'the native engine needs a processor with AVX2 and FMA', kind: 'processor' };
  } catch (error) {
    const reason = (error as Error).message.split('\n')[0];
    return { fault: `the native engine does not load: ${reason}`, kind: 'does-not-load' };
  }
}

let found: FoundAddon | undefined;

/** The addon of this installation, loaded once. */
export function findAddon(): FoundAddon {
  if (found) return found;
  const file = addonFile();
  const place = `${process.platform}-${process.arch}`;
  return (found = file
    ? loadAddon(file)
    : {
        fault: `there is no native engine for ${place} here: ${packageName()} is not installed`,
        kind: 'missing',
      });
}

/** The facts about the native engine of this installation, for whoever looks for what is wrong with it. */
export interface NativeFindings {
  /** The package that holds the addon for this platform and its C library. */
  readonly packageName: string;
  /** The addon's file; missing where there is none. */
  readonly file?: string;
  readonly state: 'loaded' | AddonFault;
  /** Why it is not loaded. */
  readonly fault?: string;
  /** Instruction sets of this processor that it has kernels for, the best one first. */
  readonly isas: readonly string[];
}

/** Looks for the addon and loads it, as the engine would. */
export function nativeFindings(): NativeFindings {
  const [file, addon] = [addonFile(), findAddon()];
  const place = { packageName: packageName(), ...(file !== undefined && { file }) };
  return 'fault' in addon
    ? { ...place, state: addon.kind, fault: addon.fault, isas: [] }
    : { ...place, state: 'loaded', isas: addon.addon.isas };
}
