import { createBackend, type Backend } from '@attune/core';
import type { Context } from '../context.js';
import { responsive } from './responsive-backend.js';

/** Makes the backend that `--backend` names. While it computes, signals are heard. */
export async function openBackend(name: string, { importer, backendOptions }: Context): Promise<Backend> {
  return responsive(await createBackend(name, { importer, options: backendOptions?.() }));
}

/** Gives a backend to some work, and frees it afterwards, however that ended. */
export async function withBackend<T>(
  name: string,
  context: Context,
  work: (backend: Backend) => Promise<T>,
): Promise<T> {
  const backend = await openBackend(name, context);
  try {
    return await work(backend);
  } finally {
    await backend.dispose();
  }
}
