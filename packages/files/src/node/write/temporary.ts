import { readdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { parseTemporary, temporaryName } from '../../folder/temporary-name.js';
import { createOwner, stateOfOwner } from '../process/owner.js';

/**
 * A name beside `path` for what is to become it, hidden from listings. Nobody can guess it, and put a link there first; it
 * says which process it is of, so that what a kill leaves is known for it.
 */
export function temporaryPath(path: string): string {
  return join(dirname(path), temporaryName(basename(path), createOwner()));
}

/** Removes what processes of this machine that are no more left on the way to `path`. What cannot be removed stays. */
export async function removeLeftBehind(path: string): Promise<void> {
  const folder = dirname(path);
  for (const entry of await readdir(folder).catch((): string[] => [])) {
    const found = parseTemporary(entry);
    if (found?.name !== basename(path) || found.kind !== 'tmp' || found.owner === undefined) continue;
    if (stateOfOwner(found.owner) !== 'gone') continue;
    await rm(join(folder, entry), { recursive: true, force: true }).catch(() => undefined);
  }
}
