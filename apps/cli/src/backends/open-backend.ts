import { createBackend, type Availability, type Backend } from '@attune/core';
import type { ChosenBackend } from '@attune/runs';
import type { Context } from '../environment/context.js';
import { installLine } from './install-line.js';
import { responsive } from './responsive-backend.js';
import { unloadedHint } from './unloaded-packages.js';

/** How to get a faster backend than the one `auto` took: where only packages are missing. */
function fasterHint(taken: string, missing: ReadonlyMap<string, readonly string[]>): string | undefined {
  const [faster] = missing;
  if (!faster) return undefined;
  const [name, packages] = faster;
  return `--backend auto took ${taken}. ${name} is faster, once installed: ${installLine(packages)}`;
}

/**
 * Makes the backend that `--backend` names. While it computes, signals are heard. Where `auto` passes over a faster one that
 * packages alone are missing for, stderr says how to install them; and where the current folder has some that are not
 * loaded, how they are.
 */
export async function openBackend(
  { backend: name, engine, isa }: ChosenBackend,
  { importer, backendOptions, stderr }: Context,
): Promise<Backend> {
  const missing = new Map<string, readonly string[]>();
  const onSkip = (skipped: string, _reason: string, availability: Availability) => {
    if (!availability.available && availability.packages) missing.set(skipped, availability.packages);
  };
  const options = {
    ...backendOptions?.(),
    ...(engine !== undefined && { engine }),
    ...(isa !== undefined && { isa }),
  };
  const unloaded = options.resolvePeer ? undefined : unloadedHint(name);
  if (unloaded !== undefined) stderr.write(`${unloaded}\n`);
  const backend = await createBackend(name, { importer, options, onSkip });
  const hint = name === 'auto' ? fasterHint(backend.name, missing) : undefined;
  if (hint !== undefined) stderr.write(`${hint}\n`);
  return responsive(backend);
}

/** Gives a backend to some work, and frees it afterwards, however that ended. */
export async function withBackend<T>(
  chosen: ChosenBackend,
  context: Context,
  work: (backend: Backend) => Promise<T>,
): Promise<T> {
  const backend = await openBackend(chosen, context);
  try {
    return await work(backend);
  } finally {
    await backend.dispose();
  }
}
