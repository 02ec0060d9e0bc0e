import type { Folder } from '@attune/files';

/** More than any JSON file of a model has: a `tokenizer.json` has up to 30 MB. */
export const MAX_JSON_BYTES = 2 ** 28;

/** True if a folder has one of these entries, whatever it is: what is no file is an error of whoever reads it. */
export async function hasEntry(folder: Folder, ...names: readonly string[]): Promise<boolean> {
  const present = await folder.list().catch(() => undefined);
  if (present) return names.some((name) => present.includes(name));
  // A server does not tell what it has, nor a folder that may be used and not listed.
  for (const name of names) if (await folder.has(name)) return true;
  return false;
}

/** The first of some folders that has one of these entries. */
export async function firstWith(
  folders: readonly Folder[],
  ...names: readonly string[]
): Promise<Folder | undefined> {
  for (const folder of folders) if (await hasEntry(folder, ...names)) return folder;
  return undefined;
}
