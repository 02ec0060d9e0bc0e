import { AttuneError } from '@attune/core';
import { platform } from '#platform';
import type { EngineHost, EngineInfo } from '../host/host.js';
import { countThreads, type ThreadCount } from '../host/threads.js';
import { openLocalHost } from './local-host.js';
import { hasRelaxedSimd, hasSimd, moduleNames } from './module.js';
import type { WasmPaths } from './paths.js';
import { WorkerHost } from './worker-host.js';
import { WorkerTeam } from './worker-team.js';

/** Options of {@link openWasm}. */
export interface WasmOptions {
  /** Default: as many as there are processors. */
  readonly threads?: number | undefined;
  /** Pins the instruction set. Default: `relaxed` where it is there. */
  readonly isa?: 'relaxed' | 'simd128' | undefined;
  /** Where the `.wasm` files are. Default: in this package. */
  readonly wasmPaths?: WasmPaths | undefined;
  /** Bytes that it may take at most. Default: all that 32 bits reach. */
  readonly maximumBytes?: number | undefined;
  /** Measures the time that kernels take. */
  readonly profile?: boolean | undefined;
  /** False: it runs in the thread of the caller, which a run blocks. Default: true. */
  readonly worker?: boolean | undefined;
}

/** Times that a thread looks for work before it parks, some fifty microseconds; fewer where threads share a processor. */
const SPINS = 40_000;
const SPINS_WHEN_CROWDED = 400;

/** The instruction set, and the module for it. */
async function load({ isa, wasmPaths }: WasmOptions): Promise<WebAssembly.Module> {
  if (!hasSimd()) throw new Error('WebAssembly has no vectors here');
  if (isa !== 'simd128') platform.allowRelaxedSimd();
  const relaxed = isa !== 'simd128' && hasRelaxedSimd();
  if (isa === 'relaxed' && !relaxed) throw new Error('WebAssembly has no relaxed SIMD here');
  return platform.compile(moduleNames[relaxed ? 'relaxed' : 'simd128'], wasmPaths);
}

/** The number of threads for these options. */
function threadsFor({ threads, worker = true }: WasmOptions): ThreadCount {
  const fault = worker ? platform.sharingFault() : 'it runs in the thread of the caller';
  return countThreads(threads, platform.processors(), fault);
}

/** The engine on so many threads, and why it does not run better than it does. */
function infoOf(
  { version, isa }: Pick<EngineInfo, 'version' | 'isa'>,
  { threads, limits }: ThreadCount,
  asked: WasmOptions,
): EngineInfo {
  const isBest = isa === 'relaxed' || asked.isa === 'simd128';
  return {
    version,
    isa,
    threads,
    limits: isBest ? limits : [...limits, 'WebAssembly has no relaxed SIMD here'],
  };
}

/**
 * The engine as {@link openWasm} opens it with these options. No worker is started: that takes most of the time.
 *
 * @throws AttuneError BACKEND_UNAVAILABLE, INVALID_ARGUMENT.
 */
export async function describeWasm(options: WasmOptions = {}): Promise<EngineInfo> {
  const count = threadsFor(options);
  const host = await openWasm({ ...options, threads: 1, worker: false });
  await host.dispose();
  return infoOf(host.info, count, options);
}

/**
 * Opens the engine in WebAssembly. It runs in a worker, which has others to help it where threads can share memory.
 *
 * @throws AttuneError BACKEND_UNAVAILABLE, INVALID_ARGUMENT.
 */
export async function openWasm(options: WasmOptions = {}): Promise<EngineHost> {
  const count = threadsFor(options);
  const { threads, limits } = count;
  const { maximumBytes, profile, worker = true } = options;
  const settings = { ...(maximumBytes !== undefined && { maximumBytes }), ...(profile && { profile }) };
  try {
    const module = await load(options);
    if (!worker) return openLocalHost({ ...settings, module, limits });
    const spins = threads > platform.processors() ? SPINS_WHEN_CROWDED : SPINS;
    const { team, description } = await WorkerTeam.start(platform, {
      ...settings,
      ...{ type: 'lead', module, threads, spins, share: platform.sharingFault() === undefined },
    });
    return new WorkerHost(team, infoOf(description, count, options), description);
  } catch (error) {
    throw new AttuneError(
      'BACKEND_UNAVAILABLE',
      `The engine in WebAssembly did not start: ${(error as Error).message}`,
      { cause: error },
    );
  }
}
