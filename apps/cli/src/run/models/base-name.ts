import { isAbsolute } from 'node:path';
import type { OpenAnyModel } from '@attune/runs';
import { publicName } from './adapter-folder.js';

/**
 * The name by which peft and attune find the base model: an id of the hub and its commit, or the path that was given. A relative one
 * begins with a dot, so that nobody takes it for an id. Of an absolute one, the last name is left: the rest would tell
 * whoever gets the adapter about the user's folders. The run's configuration has all of it.
 */
export function baseOf({ name, path }: OpenAnyModel): { baseModel: string; revision?: string } {
  const [, baseModel, revision] = /^([^/@]+\/[^/@]+)@([\da-f]{40})$/.exec(name) ?? [];
  if (baseModel !== undefined) return { baseModel, revision };
  if (isAbsolute(path)) return { baseModel: publicName(name) };
  const given = path.replaceAll('\\', '/');
  return { baseModel: given.startsWith('.') ? given : `./${given}` };
}
