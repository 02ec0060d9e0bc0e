import { createBranch, createRepo, modelInfo } from '@huggingface/hub';
import { AttuneError, isAttuneError } from '@attune/core';
import type { Requester } from '../http/request.js';
import { badResponse } from '../http/faults.js';
import type { RetryPolicy } from '../http/transient.js';
import type { HubFile } from '../repository/hub-file.js';
import { DEFAULT_REVISION } from '../repository/hub-id.js';
import { ask, clientFetch, isCommit, readFileList } from '../repository/read-repository.js';

/** A repository, as it is before a push. */
export interface RemoteRepository {
  readonly exists: boolean;
  /** False where the branch is not there yet. */
  readonly hasBranch: boolean;
  readonly isPrivate: boolean | undefined;
  /** The commit that the push follows. */
  readonly commit: string | undefined;
  readonly files: ReadonlyMap<string, HubFile>;
}

const NOTHING: RemoteRepository = {
  exists: false,
  hasBranch: false,
  isPrivate: undefined,
  commit: undefined,
  files: new Map(),
};

async function infoAt(requester: Requester, revision: string, policy: RetryPolicy) {
  const { name, settings } = requester.subject;
  const info = await ask(requester, policy, () =>
    modelInfo({
      name,
      revision,
      additionalFields: ['sha'],
      hubUrl: settings.endpoint,
      fetch: clientFetch(requester),
    }),
  );
  const commit: unknown = info.sha;
  if (typeof commit === 'string' && isCommit(commit)) return { commit, isPrivate: Boolean(info.private) };
  throw badResponse(requester.subject, 'the hub does not say which commit its branch is at');
}

const codeOf = (error: unknown) =>
  isAttuneError(error, 'HUB_NOT_FOUND') ? String(error.data?.['hubCode'] ?? '') : undefined;

/**
 * Looks at a repository and its branch.
 *
 * @throws AttuneError HUB_UNREACHABLE, HUB_ACCESS_DENIED, HUB_BAD_RESPONSE, INTERRUPTED.
 */
export async function readRemote(requester: Requester, policy: RetryPolicy): Promise<RemoteRepository> {
  const { revision } = requester.subject;
  const files = (commit: string) => readFileList(requester, commit, policy, { recursive: true });
  try {
    const { commit, isPrivate } = await infoAt(requester, revision, policy);
    return { exists: true, hasBranch: true, isPrivate, commit, files: await files(commit) };
  } catch (error) {
    const code = codeOf(error);
    if (code === undefined) throw error;
    if (code === 'RepoNotFound' || revision === DEFAULT_REVISION) return NOTHING;
  }
  // A new branch begins where the main one is.
  try {
    const { commit, isPrivate } = await infoAt(requester, DEFAULT_REVISION, policy);
    return { exists: true, hasBranch: false, isPrivate, commit, files: await files(commit) };
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return NOTHING;
  }
}

/** Stands where the client wants a token: the real one is added to what goes to the hub, and to nothing else. */
const NO_TOKEN = 'hf_';

/** Makes a repository. Whoever made it in the meantime is as good. */
export async function makeRepository(
  {
    name,
    endpoint,
    isPrivate,
  }: { readonly name: string; readonly endpoint: string; readonly isPrivate: boolean },
  send: typeof fetch,
): Promise<void> {
  await createRepo({
    repo: { type: 'model', name },
    private: isPrivate,
    accessToken: NO_TOKEN,
    hubUrl: endpoint,
    fetch: send,
  });
}

/** Makes a branch where `revision` is. */
export async function makeBranch(
  { name, endpoint, branch }: { readonly name: string; readonly endpoint: string; readonly branch: string },
  revision: string,
  send: typeof fetch,
): Promise<void> {
  await createBranch({ repo: { type: 'model', name }, branch, revision, hubUrl: endpoint, fetch: send });
}

/** @throws AttuneError INVALID_CONFIG where a private push would be seen by everybody. */
export function checkPrivacy(name: string, remote: RemoteRepository, wantsPrivate: boolean): void {
  if (!wantsPrivate || remote.isPrivate !== false) return;
  throw new AttuneError('INVALID_CONFIG', `${name} is public, and --private was given.`, {
    fix: 'Nothing was sent. Make it private in its settings on the hub, or choose another name.',
  });
}
