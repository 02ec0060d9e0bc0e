import { join } from 'node:path';
import type { Folder } from '@attune/files';
import { finetune, isAbsolutePath, publicName, storedSettings, type NamedBase } from '@attune/runs';
import { diskRun } from '../../config/disk-run.js';
import { exists } from '../../environment/files.js';

/** The absolute path that an adapter's own run was given, if that is what the adapter names by its last name. */
async function recordedBase(path: string, base: string): Promise<string | undefined> {
  for (const run of [join(path, '..'), join(path, '..', '..')]) {
    const { model } = await storedSettings(diskRun(run), finetune).catch(() => ({ model: undefined }));
    const isNamed = model !== undefined && isAbsolutePath(model) && publicName(model) === base;
    if (isNamed && (await exists(model))) return model;
  }
  return undefined;
}

/**
 * Finds the model that an adapter on disk names: that of the run it lies in; a folder, from where attune runs or from the
 * adapter's own folder; or else a model of the hub, at the commit that the adapter names.
 *
 * @returns `undefined` if it is a path, and there is nothing.
 */
export async function locateBase(
  { name: path }: Folder,
  { name: base, revision }: NamedBase,
): Promise<string | undefined> {
  const recorded = await recordedBase(path, base);
  if (recorded !== undefined) return recorded;
  if (isAbsolutePath(base) || (await exists(base))) return base;
  if (await exists(join(path, base))) return join(path, base);
  if (/^\.{1,2}[/\\]/.test(base)) return undefined;
  return revision !== undefined && !base.includes('@') ? `${base}@${revision}` : base;
}
