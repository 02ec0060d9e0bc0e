import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { examineCuda } from '@attune/backend-cuda';
import { probeBackends } from '@attune/core';
import { nativeFindings } from '@attune/engine/node';
import type { Context } from '../../environment/context.js';
import type { MachineFacts } from '../facts/facts.js';
import { attempt } from './attempt.js';
import { findCompiler } from './compiler.js';
import { showsGpu, wasmFacts } from './engine-facts.js';
import { hubFacts } from './hub-facts.js';
import { limitFacts, memoryFacts, processorFacts } from './machine-facts.js';
import { mpiFacts } from './mpi-facts.js';
import { nodeFacts } from './node-facts.js';
import { packageFacts } from './package-facts.js';
import { allPlaces } from './place-facts.js';
import { runFacts } from './run-facts.js';

/** The request of `attune doctor`. */
export interface DoctorRequest {
  readonly backend: string;
  readonly engine?: string | undefined;
  readonly isa?: string | undefined;
  /** The folder of a run. */
  readonly run?: string | undefined;
  /** True to ask the hub, too. */
  readonly online: boolean;
}

/** The folder of the command's own package. */
const installation = realpathSync(fileURLToPath(new URL('../../..', import.meta.url)));

/** Leaves out what is not known. */
function known<T extends object>(facts: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(facts).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

/**
 * Looks at this machine and this installation. Never throws, writes nothing, and runs nothing of the current folder; backends are
 * loaded from where attune is installed, unless the user names a folder.
 */
export async function gatherFacts(request: DoctorRequest, context: Context): Promise<MachineFacts> {
  const { env, stdout, importer } = context;
  const options = { ...context.backendOptions?.(), ...known({ engine: request.engine, isa: request.isa }) };
  const candidates = await attempt(() => probeBackends(importer, options));
  const { backend, isa } = request;
  return {
    env,
    platform: process.platform,
    arch: process.arch,
    isTTY: stdout.isTTY,
    choice: known({ backend, isa, threads: options.threads }) as MachineFacts['choice'],
    inCheckout: existsSync(join(installation, '../../packages/engine/kernels')),
    ...known({
      now: Date.now(),
      userId: process.getuid?.(),
      node: await attempt(() => nodeFacts(env)),
      processors: await attempt(processorFacts),
      memory: await attempt(memoryFacts),
      limits: await attempt(limitFacts),
      places: await attempt(() => allPlaces(env)),
      native: await attempt(nativeFindings),
      compiler: await attempt(() => findCompiler(env)),
      wasm: await attempt(wasmFacts),
      ...(await attempt(() => packageFacts(installation))),
      hasGpu: await attempt(showsGpu),
      backends: candidates?.map(({ name, availability, skipped }) => ({ name, availability, skipped })),
      cuda: await attempt(() => examineCuda(options.resolvePeer)),
      mpi: await attempt(() => mpiFacts(env)),
      run: request.run === undefined ? undefined : await attempt(() => runFacts(request.run!)),
      hub: request.online ? await attempt(() => hubFacts(env)) : undefined,
    }),
  };
}
