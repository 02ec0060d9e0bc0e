import type { WritableFolder } from '@attune/files';
import { CONFIG_YAML } from '@attune/runs';

/** Writes a file, and the folders that it is in. */
async function writeOne(folder: WritableFolder, path: string, bytes: Uint8Array): Promise<void> {
  const folders = path.split('/');
  const file = folders.pop()!;
  const place = folders.reduce((parent, name) => parent.folder(name), folder);
  await place.make();
  await place.write(file, bytes);
}

/** True for the files that come last: they make the others a checkpoint, and a run. */
const isLast = (path: string) => path.endsWith(CONFIG_YAML) || path.endsWith('/trainer_state.json');

/** Writes the files of a run, by their paths in a folder: last those that make it one. */
export async function writeInto(
  folder: WritableFolder,
  files: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const ordered = [...files].sort(([a], [b]) => Number(isLast(a)) - Number(isLast(b)));
  for (const [path, bytes] of ordered) await writeOne(folder, path, bytes);
}
