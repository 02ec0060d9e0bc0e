import { AttuneError } from '@attune/core';

/** A model of the hub, at one of its revisions. */
export interface HubId {
  /** `organisation/model`. */
  readonly name: string;
  /** A branch, a tag or a commit. */
  readonly revision: string;
}

/** The branch that is meant where none is named. */
export const DEFAULT_REVISION = 'main';

/** In front of an id, it says that no folder is meant. */
const SCHEME = 'hf://';

const PART = /^[A-Za-z0-9_](?:[\w.-]{0,94}[A-Za-z0-9_])?$/;

/** True if a name is one the hub would accept: `organisation/model`, neither with `--` nor `..` in it. */
function isRepositoryName(name: string): boolean {
  const parts = name.split('/');
  const reserved = /--|\.\.|\.git$/.test(name);
  return parts.length === 2 && !reserved && parts.every((part) => PART.test(part));
}

/** True if a revision may become a path below `refs`: one that git accepts, and that stays there. */
function isRevision(revision: string): boolean {
  const parts = revision.split('/');
  const plain = /^[\w.][\w.+/@=-]*$/.test(revision) && revision.length <= 200;
  return plain && parts.every((part) => part !== '' && !/^\.|\.\.|\.lock$|\.$/.test(part));
}

/**
 * Reads `organisation/model`, with `@revision` behind it or `hf://` in front of it if need be.
 *
 * @param revision counts where the text names none.
 * @returns `undefined` where the text cannot be the name of a model on the hub.
 * @throws AttuneError INVALID_CONFIG for a revision that cannot be one, and for two that differ.
 */
export function parseHubId(text: string, revision?: string): HubId | undefined {
  const id = text.startsWith(SCHEME) ? text.slice(SCHEME.length) : text;
  const at = id.indexOf('@');
  const name = at < 0 ? id : id.slice(0, at);
  if (!isRepositoryName(name)) return undefined;
  const named = at < 0 ? undefined : id.slice(at + 1);
  if (named !== undefined && revision !== undefined && named !== revision) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `${JSON.stringify(text)} names a revision, and ${JSON.stringify(revision)} is given beside it.`,
      { fix: 'Name one of them.' },
    );
  }
  const wanted = named ?? revision ?? DEFAULT_REVISION;
  if (!isRevision(wanted)) {
    throw new AttuneError('INVALID_CONFIG', `${JSON.stringify(wanted)} cannot be a revision of ${name}.`, {
      fix: 'Name a branch, a tag or a commit.',
    });
  }
  return { name, revision: wanted };
}

/** Names that people give to folders of their own. */
const LOCAL_NAMES =
  /^(runs?|models?|checkpoints?|adapters?|weights|outputs?|out|results?|exports?|data|datasets?|te?mp|build|dist|target|final)\//i;

/** True if a text begins as a path in a folder of one's own does, so that it is hardly an organisation. */
export function hasLocalName(text: string): boolean {
  return LOCAL_NAMES.test(text);
}

/** True if a text means the hub explicitly, and not a folder. */
export function isExplicitHubId(text: string): boolean {
  return text.startsWith(SCHEME);
}
