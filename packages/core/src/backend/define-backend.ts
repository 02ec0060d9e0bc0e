import type { BackendPlugin } from '../contracts/backend.js';

/**
 * Declares a backend plugin. A package exports it as `backend`, so that `createBackend` finds it by the package's name:
 *
 * ```ts
 * export const backend = defineBackend({ name: 'mine', isAvailable, create });
 * ```
 */
export function defineBackend<Options = unknown>(plugin: BackendPlugin<Options>): BackendPlugin<Options> {
  return plugin;
}
