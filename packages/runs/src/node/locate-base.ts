import { join } from 'node:path';
import type { Folder } from '@attune/files';
import { diskFolder, exists } from '@attune/files/node';
import { isAbsolutePath, publicName } from '../models/model/base-name.js';
import type { NamedBase } from '../models/model/host.js';
import type { ConfigFormat } from '../record/config-format.js';
import { readRun } from '../record/run-folder.js';
import { storedSettings } from '../record/stored-settings.js';
import { finetune } from '../tasks/rows/finetune.js';

/** The absolute path that an adapter's own run was given, if that is what the adapter names by its last name. */
async function recordedBase(path: string, base: string, format?: ConfigFormat): Promise<string | undefined> {
  for (const run of [join(path, '..'), join(path, '..', '..')]) {
    const reader = readRun(diskFolder(run), format);
    const { model } = await storedSettings(reader, finetune).catch(() => ({ model: undefined }));
    const isNamed = model !== undefined && isAbsolutePath(model) && publicName(model) === base;
    if (isNamed && (await exists(model))) return model;
  }
  return undefined;
}

/**
 * Finds the model that an adapter on disk names: that of the run it lies in; a folder, from where the program runs or from
 * the adapter's own folder; or else a model of the hub, at the commit that the adapter names.
 *
 * @param format of the configuration of runs.
 * @returns `undefined` if it is a path, and there is nothing.
 */
export async function locateBase(
  { name: path }: Folder,
  { name: base, revision }: NamedBase,
  format?: ConfigFormat,
): Promise<string | undefined> {
  const recorded = await recordedBase(path, base, format);
  if (recorded !== undefined) return recorded;
  if (isAbsolutePath(base) || (await exists(base))) return base;
  if (await exists(join(path, base))) return join(path, base);
  if (/^\.{1,2}[/\\]/.test(base)) return undefined;
  return revision !== undefined && !base.includes('@') ? `${base}@${revision}` : base;
}
