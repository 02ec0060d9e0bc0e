import { createBackend, type Availability, type Backend } from '@attune/core';
import type { ChosenBackend } from '@attune/runs';
import type { Context } from '../environment/context.js';
import { installLine } from './install-line.js';
import { responsive } from './responsive-backend.js';
import { unloadedHint } from './unloaded-packages.js';

type Unavailable = Extract<Availability, { available: false }>;

/** How to get a faster backend than the one `auto` took: where packages are missing, or the native engine. */
function fasterHint(taken: string, passedOver: ReadonlyMap<string, Unavailable>): string | undefined {
  for (const [name, { reason, fix, packages }] of passedOver) {
    if (packages)
      return `--backend auto took ${taken}. ${name} is faster, once installed: ${installLine(packages)}`;
    // A GPU is not to be had by a command; native kernels are.
    if (name === 'cpu' && fix !== undefined)
      return `--backend auto took ${taken}. ${name} is faster, but ${reason}. ${fix}`;
  }
  return undefined;
}

/**
 * Makes the backend that `--backend` names. While it computes, signals are heard. Where `auto` passes over a faster one that
 * packages alone are missing for, or the native engine, stderr says how to get it; and where the current folder has packages
 * that are not loaded, how they are.
 */
export async function openBackend(
  { backend: name, engine, isa }: ChosenBackend,
  { importer, backendOptions, stderr }: Context,
): Promise<Backend> {
  const passedOver = new Map<string, Unavailable>();
  const onSkip = (skipped: string, _reason: string, availability: Availability) => {
    if (!availability.available) passedOver.set(skipped, availability);
  };
  const options = {
    ...backendOptions?.(),
    ...(engine !== undefined && { engine }),
    ...(isa !== undefined && { isa }),
  };
  const unloaded = options.resolvePeer ? undefined : unloadedHint(name);
  if (unloaded !== undefined) stderr.write(`${unloaded}\n`);
  const backend = await createBackend(name, { importer, options, onSkip });
  const hint = name === 'auto' ? fasterHint(backend.name, passedOver) : undefined;
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
