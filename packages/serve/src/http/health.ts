import type { ModelCatalog } from './options.js';

/** The health of a server, for whoever starts it again if it is `broken`. */
export type Health = 'ok' | 'loading' | 'broken';

/** The health of a server: broken if the engine of any model has failed, for then only a new start helps. */
export function healthOf({ models, loading }: ModelCatalog): Health {
  if (models.some(({ batcher }) => batcher.failure !== undefined)) return 'broken';
  return loading ? 'loading' : 'ok';
}
