import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { attempt } from './attempt.js';
import type { PlaceFacts } from '../facts/facts.js';

/** The folder, or the nearest one above it that is there. */
async function nearestFolder(path: string): Promise<string> {
  for (let folder = path; ; folder = dirname(folder)) {
    if ((await attempt(() => stat(folder))) !== undefined || dirname(folder) === folder) return folder;
  }
}

async function placeFacts(role: PlaceFacts['role'], path: string): Promise<PlaceFacts> {
  const folder = await nearestFolder(path);
  const system = await attempt(() => statfs(folder));
  const found = await attempt(() => stat(folder));
  const isWritable = (await attempt(() => access(folder, constants.W_OK).then(() => true))) ?? false;
  return {
    ...{ role, path, writable: isWritable },
    ...(system && { freeBytes: system.bavail * system.bsize }),
    // Some file systems make files as they need them, and count none.
    ...(system && system.files > 0 && { freeFiles: system.ffree }),
    // Windows has no numbers for users.
    ...(found && process.getuid && { owner: found.uid }),
  };
}

/** Where Hugging Face's libraries keep models. */
function cacheFolder(env: Readonly<Record<string, string | undefined>>): string {
  const home = env['HOME'] || homedir();
  const root = env['HF_HOME'] || join(env['XDG_CACHE_HOME'] || join(home, '.cache'), 'huggingface');
  return env['HF_HUB_CACHE'] || env['HUGGINGFACE_HUB_CACHE'] || join(root, 'hub');
}

/** The folders that attune writes into. Nothing is written to find out. */
export async function allPlaces(
  env: Readonly<Record<string, string | undefined>>,
): Promise<readonly PlaceFacts[]> {
  return Promise.all([
    placeFacts('current folder', process.cwd()),
    placeFacts('cache', cacheFolder(env)),
    placeFacts('temporary folder', env['TMPDIR'] || tmpdir()),
  ]);
}
