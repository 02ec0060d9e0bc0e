import type { RunHost } from '@attune/runs';
import type { BackendName } from '../../protocol.js';
import { openBackend } from './backends.js';
import { memoryOf } from './device-memory.js';
import { nextTask } from './next-task.js';

/** The version of this package. Put in by the build. */
declare const ATTUNE_VERSION: string;

/** The members of a run's host that are the same for every run of the page. */
export type DeviceHost = Pick<RunHost, 'withBackend' | 'memoryOf' | 'versions' | 'platform' | 'breathe'>;

/** This browser as a device. @param chosen the backend that the user chose, whatever the configuration says. */
export function deviceHost(chosen: BackendName): DeviceHost {
  return {
    async withBackend(_, work) {
      const backend = await openBackend(chosen);
      try {
        return await work(backend);
      } finally {
        // A device that was lost has nothing left to give back.
        await backend.dispose().catch(() => undefined);
      }
    },
    memoryOf,
    versions: () => ({ attune: ATTUNE_VERSION }),
    platform: 'browser',
    breathe: nextTask,
  };
}
