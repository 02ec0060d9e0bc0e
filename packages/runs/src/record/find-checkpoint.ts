import { AttuneError, isAttuneError } from '@attune/core';
import { startFrom, type TrainingCommand } from '../settings/resuming.js';
import type { NamedCheckpoint, RunReader, StoredCheckpoint } from './run-store.js';

/** A checkpoint a run goes on from. */
export type FoundCheckpoint<Stored extends StoredCheckpoint = StoredCheckpoint> = Stored & NamedCheckpoint;

/** A checkpoint that was passed over. */
export interface DamagedCheckpoint extends NamedCheckpoint {
  /** The fault. */
  readonly error: AttuneError;
}

/** The outcome of a search for the newest checkpoint. */
export interface CheckpointSearch<Stored extends StoredCheckpoint = StoredCheckpoint> {
  /** `undefined` where the run has none yet. */
  readonly found?: FoundCheckpoint<Stored>;
  /** Newer ones that cannot be read. */
  readonly damaged: readonly DamagedCheckpoint[];
}

/** True if an error says that a checkpoint is damaged, and not that it cannot be read now, or by this user. */
function isDamage(error: unknown): error is AttuneError {
  const passes = ['FILE_READ', 'OUT_OF_MEMORY', 'INTERRUPTED'] as const;
  return isAttuneError(error) && !passes.some((code) => code === error.code);
}

/**
 * Reads the newest checkpoint of a run that is whole; the best one counts as well.
 *
 * @param command that goes on with the run.
 * @param readFolder reads a checkpoint.
 * @throws AttuneError FILE_CORRUPT if there are some, but none is; FILE_READ if one cannot be read, for want of a permission
 * for example: it may be whole.
 */
export async function findCheckpoint<Stored extends StoredCheckpoint>(
  run: RunReader,
  command: TrainingCommand,
  readFolder: (name: string) => Promise<Stored>,
): Promise<CheckpointSearch<Stored>> {
  const damaged: DamagedCheckpoint[] = [];
  const read = async ({
    name,
    path,
    folder,
  }: NamedCheckpoint): Promise<FoundCheckpoint<Stored> | undefined> => {
    try {
      return { name, path, folder, ...(await readFolder(name)) };
    } catch (error) {
      if (!isDamage(error)) throw error;
      damaged.push({ name, path, folder, error });
      return undefined;
    }
  };
  const named = await run.bestCheckpoint();
  const best = named && (await read(named));
  const bestStep = best?.checkpoint.step ?? -1;
  for (const entry of await run.checkpoints()) {
    if (entry.step < bestStep) break;
    const found = await read(entry);
    if (found) return { found, damaged };
  }
  if (best || damaged.length === 0) return { found: best, damaged };
  throw new AttuneError(
    'FILE_CORRUPT',
    `No checkpoint in ${run.path} is whole. ${damaged.map(({ error }) => error.message).join(' ')}`,
    {
      fix: `Begin again with --overwrite, or with the weights of a checkpoint that has them: ${startFrom(command, damaged[0]!.path, damaged[0]!.path)}.`,
    },
  );
}
