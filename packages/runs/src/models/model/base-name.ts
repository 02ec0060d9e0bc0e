import type { OpenAnyModel } from './opened-model.js';

/** True for a path from the root of a disk, on whichever system it was written. */
export const isAbsolutePath = (path: string): boolean => /^([\\/]|[a-z]:[\\/])/i.test(path);

/** An absolute path as an adapter names it: its last name alone, and no id of the hub. */
export function publicName(path: string): string {
  return `./${path.split(/[\\/]/).filter(Boolean).at(-1) ?? ''}`;
}

/**
 * The name by which peft and attune find the base model: an id of the hub and its commit, or the path that was given. A relative one
 * begins with a dot, so that nobody takes it for an id. Of an absolute one, the last name is left: the rest would tell
 * whoever gets the adapter about the user's folders. The run's configuration has all of it.
 */
export function baseOf({ name, path }: Pick<OpenAnyModel, 'name' | 'path'>): {
  readonly baseModel: string;
  readonly revision?: string;
} {
  const [, baseModel, revision] = /^([^/@]+\/[^/@]+)@([\da-f]{40})$/.exec(name) ?? [];
  if (baseModel !== undefined) return { baseModel, revision };
  if (isAbsolutePath(path)) return { baseModel: publicName(name) };
  const given = path.replaceAll('\\', '/');
  return { baseModel: given.startsWith('.') ? given : `./${given}` };
}
