import { hostname } from 'node:os';
import { join } from 'node:path';
import { isAlive, LOCK_FILE, processStartTime, readTextFile } from '@attune/files/node';
import { RUN_JSON } from '@attune/runs';
import { exists } from '../../environment/files.js';
import type { LockFacts, RunFacts } from '../facts/facts.js';

function ownerOf(text: string): LockFacts | null {
  let owner: { readonly pid?: unknown; readonly host?: unknown; readonly began?: unknown } | null;
  try {
    owner = JSON.parse(text) as typeof owner;
  } catch {
    return null;
  }
  const { pid, host, began } = owner ?? {};
  if (typeof pid !== 'number' || typeof host !== 'string') return null;
  if (host !== hostname()) return { pid, host, state: 'unknown' };
  const isSame = isAlive(pid) && processStartTime(pid) === began;
  return { pid, host, state: isSame ? 'alive' : 'gone' };
}

/** A lock holds one short line. */
const MAX_LOCK_BYTES = 4096;

/** The folder of a run and its lock. Nothing of it is opened that is no regular file, and nothing changed. */
export async function runFacts(path: string): Promise<RunFacts> {
  const lock = join(path, LOCK_FILE);
  const isRun = await exists(join(path, RUN_JSON));
  if (!(await exists(lock))) return { path, isRun };
  const text = await readTextFile(lock, { maxBytes: MAX_LOCK_BYTES }).catch(() => '');
  return { path, isRun, lock: ownerOf(text) };
}
