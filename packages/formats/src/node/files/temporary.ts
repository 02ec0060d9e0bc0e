import { createHash, randomUUID } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { systemCode } from '@attune/core';

const UUID = '[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}';

/** A temporary name, and what it says: whose it is, if it says so, and what it stands for. */
const TEMPORARY = new RegExp(`^\\.(.+?)(?:\\.(?:([0-9a-f]{8})-(\\d+)-)?${UUID})?\\.(tmp|old)$`);

/** Pids of one machine mean nothing on another that shares its disk. */
const MACHINE = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/**
 * A name beside `path` for what is to become it, hidden from listings. Nobody can guess it, and put a link there first; it
 * says which process it is of, so that what a kill leaves is known for it.
 */
export function temporaryPath(path: string): string {
  return join(dirname(path), `.${basename(path)}.${MACHINE}-${process.pid}-${randomUUID()}.tmp`);
}

/** Takes a temporary name apart: `name` was being written (`tmp`) or replaced (`old`). */
export function parseTemporary(entry: string): { readonly name: string; readonly kind: string } | undefined {
  const [, name, , , kind] = TEMPORARY.exec(entry) ?? [];
  return name === undefined || kind === undefined ? undefined : { name, kind };
}

function isGone(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // EPERM: it runs, but belongs to somebody else.
    return systemCode(error) !== 'EPERM';
  }
}

/** Removes what processes of this machine that are no more left on the way to `path`. What cannot be removed stays. */
export async function removeLeftBehind(path: string): Promise<void> {
  const folder = dirname(path);
  for (const entry of await readdir(folder).catch((): string[] => [])) {
    const [, name, machine, pid, kind] = TEMPORARY.exec(entry) ?? [];
    if (name !== basename(path) || kind !== 'tmp' || machine !== MACHINE || !isGone(Number(pid))) continue;
    await rm(join(folder, entry), { recursive: true, force: true }).catch(() => undefined);
  }
}
