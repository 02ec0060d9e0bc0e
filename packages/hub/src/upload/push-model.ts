import { commit as commitFiles } from '@huggingface/hub';
import { AttuneError, isAttuneError } from '@attune/core';
import type { OnHubEvent } from '../http/events.js';
import { badResponse, type Subject } from '../http/faults.js';
import { interrupted, type Requester } from '../http/request.js';
import type { RetryPolicy } from '../http/transient.js';
import type { HubFile } from '../repository/hub-file.js';
import { DEFAULT_REVISION, parseHubId, type HubId } from '../repository/hub-id.js';
import { isCommit } from '../repository/read-repository.js';
import type { HubLimits } from '../settings/limits.js';
import { readSettings, type Environment, type HubSettings } from '../settings/settings.js';
import { listFolder } from './folder-files.js';
import { pushFetch } from './push-fetch.js';
import {
  checkPrivacy,
  makeBranch,
  makeRepository,
  readRemote,
  type RemoteRepository,
} from './remote-repository.js';
import { hashesOf, hashFile, SteadyFile, type ContentHashes, type HashedFile } from './steady-file.js';

/** How a folder goes up. What is not given is read from the environment, as Hugging Face's libraries do. */
export interface PushOptions {
  /** Default: `main`. Made where it is not there. */
  readonly branch?: string;
  /** The model card, where the folder has none of its own. */
  readonly card?: string;
  /** The card alone goes up. */
  readonly cardOnly?: boolean;
  /** Patterns of more files that go up. */
  readonly include?: readonly string[];
  /** A repository that is made is private; one that is there has to be. */
  readonly isPrivate?: boolean;
  /** The first line of the commit's message. */
  readonly message?: string;
  /** Opens a pull request in place of a commit on the branch. */
  readonly createPr?: boolean;
  /** Looks only: nothing is sent or made. */
  readonly dryRun?: boolean;
  readonly env?: Environment;
  readonly endpoint?: string;
  readonly token?: string | false;
  readonly onEvent?: OnHubEvent;
  /** Ends the push. What has arrived is not sent again. */
  readonly signal?: AbortSignal;
  readonly fetch?: typeof fetch;
  readonly timeoutMs?: number;
  readonly retry?: Partial<RetryPolicy>;
  readonly limits?: Partial<HubLimits>;
}

/** A file of a push. */
export interface PushedFile {
  readonly path: string;
  readonly size: number;
  /** On the hub before: not there, another, or the same, which is not sent. */
  readonly state: 'new' | 'changed' | 'same';
}

/** The result of a push, or of one that only looks. */
export interface PushReport {
  /** `owner/name`. */
  readonly name: string;
  readonly branch: string;
  readonly url: string;
  /** The repository was not there. */
  readonly isNew: boolean;
  /** Nothing of the hub's repository is known where it could not be asked. */
  readonly isPrivate: boolean;
  readonly files: readonly PushedFile[];
  /** Files of the folder that stay here. */
  readonly left: readonly string[];
  /** Bytes of the files that are not on the hub as they are here. */
  readonly bytes: number;
  /** The commit that was made; missing where there was nothing to do, or for a dry run. */
  readonly commit?: string;
  readonly pullRequest?: string;
}

const CARD = 'README.md';

/** A content that goes up: a file, or what was made for it. */
type Item = {
  readonly path: string;
  readonly size: number;
  readonly hashes: ContentHashes;
  readonly content: Blob;
};

function parseName(text: string, branch: string | undefined): HubId {
  const id = parseHubId(text, branch);
  if (!id) {
    throw new AttuneError(
      'INVALID_CONFIG',
      `${JSON.stringify(text)} cannot be the name of a model on the hub.`,
      {
        fix: 'Write owner/name: letters, digits, ".", "_" and "-", e.g. your-name/my-model.',
      },
    );
  }
  if (isCommit(id.revision)) {
    throw new AttuneError('INVALID_CONFIG', `${id.revision} is a commit: nothing can be added to it.`, {
      fix: 'Name a branch.',
    });
  }
  return id;
}

function requireToken({ token, tokenWithheld, tokenPath, offline, endpoint }: HubSettings): void {
  if (offline) {
    throw new AttuneError('HUB_UNREACHABLE', 'Offline mode is on: nothing can be pushed.', {
      fix: 'Unset HF_HUB_OFFLINE.',
    });
  }
  if (token !== undefined) return;
  const fix = tokenWithheld
    ? 'Give an HF_ENDPOINT that begins with https: the token is not sent where everybody on the way could read it.'
    : `Make one that may write at ${endpoint}/settings/tokens, and give it as HF_TOKEN, or by \`hf auth login\` in ${tokenPath}.`;
  throw new AttuneError('HUB_ACCESS_DENIED', 'Pushing needs a token, and there is none.', { fix });
}

function stateOf({ size, hashes }: Item, there: HubFile | undefined): PushedFile['state'] {
  if (!there) return 'new';
  const own = there.algorithm === 'sha256' ? hashes.sha256 : hashes.gitSha1;
  return there.size === size && there.etag === own ? 'same' : 'changed';
}

/** The contents of a push, hashed. A card of the folder's own is kept as it is. */
async function readItems(folder: string, options: PushOptions) {
  const { card, cardOnly = false, include, signal } = options;
  const { taken, left } = await listFolder(folder, include);
  const hasCard = taken.some(({ path }) => path === CARD);
  const files: HashedFile[] = [];
  for (const file of taken) {
    if (!cardOnly || file.path === CARD) files.push(await hashFile(file, signal));
  }
  const items: Item[] = files.map((file) => ({
    path: file.path,
    size: file.size,
    hashes: file,
    content: new SteadyFile(file),
  }));
  if (card !== undefined && !hasCard) {
    const bytes = new TextEncoder().encode(card);
    items.push({ path: CARD, size: bytes.byteLength, hashes: hashesOf(bytes), content: new Blob([bytes]) });
  }
  if (items.length > 0) return { items, left, files: new Map(files.map((file) => [file.path, file])) };
  throw new AttuneError('INVALID_CONFIG', `${folder} holds no file of a model.`, {
    fix: 'Name the folder of a model, of an adapter or of a run; --include adds files of other kinds.',
  });
}

/** Asks the hub's client to do something, and makes an error of ours of whatever it stumbles over. */
async function client<T>(
  subject: Subject,
  signal: AbortSignal | undefined,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted && !isAttuneError(error, 'INTERRUPTED')) throw interrupted(subject, signal);
    if (error instanceof AttuneError) throw error;
    // Without its message, which quotes the response.
    throw badResponse(subject, 'the response is not what the API of a hub returns');
  }
}

/**
 * Sends a folder to a repository of the hub, as one commit at the end: before it, nothing of the push shows. Only what the
 * hub does not have is sent: files that are in the repository already are left out, and large files that an earlier push
 * brought there before it was cut are not sent again.
 *
 * Large files go by the protocol of Git LFS, each by itself, so that each that has arrived counts. Over xet, the client would
 * register what it has sent only once a whole batch is there, and a push that was cut would begin anew.
 *
 * @throws AttuneError INVALID_CONFIG, FILE_NOT_FOUND, FILE_READ, FILE_CORRUPT (a file was changed meanwhile), HUB_UNREACHABLE,
 * HUB_ACCESS_DENIED, HUB_NOT_FOUND, HUB_BAD_RESPONSE, INTERRUPTED.
 */
export async function pushModel(folder: string, to: string, options: PushOptions = {}): Promise<PushReport> {
  const {
    env = process.env,
    signal,
    onEvent = () => undefined,
    isPrivate = false,
    createPr = false,
  } = options;
  const { name, revision: branch } = parseName(to, options.branch);
  const settings = await readSettings(env, options);
  requireToken(settings);
  const subject: Subject = { name, revision: branch, settings, purpose: 'push' };
  const requester: Requester = { subject, fetch: options.fetch ?? fetch, signal, onEvent };
  const policy: RetryPolicy = { attempts: 5, delayMs: 1000, ...options.retry };
  if (signal?.aborted) throw interrupted(subject, signal);

  const remote = await client(subject, signal, () => readRemote(requester, policy));
  checkPrivacy(name, remote, isPrivate);
  const { items, left, files } = await readItems(folder, options).catch((error: unknown) => {
    throw signal?.aborted ? interrupted(subject, signal) : error;
  });
  const told = items.map((item) => ({
    path: item.path,
    size: item.size,
    state: stateOf(item, remote.files.get(item.path)),
  }));
  const missing = items.filter((_, i) => told[i]!.state !== 'same');
  const report: PushReport = {
    ...{ name, branch, left, files: told },
    url: `${settings.endpoint}/${name}`,
    isNew: !remote.exists,
    isPrivate: remote.isPrivate ?? isPrivate,
    bytes: missing.reduce((sum, { size }) => sum + size, 0),
  };
  if (options.dryRun || missing.length === 0) return report;
  const sent = new Map<string, number>();
  const send = pushFetch({
    requester,
    policy,
    files,
    onSent(path, bytes) {
      sent.set(path, (sent.get(path) ?? 0) + bytes);
      onEvent(progressOf(path, sent, files, report.bytes));
    },
  });
  const parent = await client(subject, signal, () => prepareBranch(remote, report, send, requester, policy));
  const made = await client(subject, signal, () =>
    commitFiles({
      repo: { type: 'model', name },
      title: options.message ?? 'Upload with attune',
      operations: missing.map(({ path, content }) => ({ operation: 'addOrUpdate', path, content })),
      branch,
      ...(parent !== undefined && { parentCommit: parent }),
      isPullRequest: createPr,
      hubUrl: settings.endpoint,
      fetch: send,
      useXet: false,
      ...(signal && { abortSignal: signal }),
    }),
  );
  return { ...report, ...resultOf(made, settings.endpoint) };
}

function progressOf(
  file: string,
  sent: ReadonlyMap<string, number>,
  files: ReadonlyMap<string, HashedFile>,
  totalSize: number,
) {
  const size = files.get(file)?.size ?? 0;
  const of = (path: string) => Math.min(sent.get(path) ?? 0, files.get(path)?.size ?? 0);
  const totalLoaded = [...sent.keys()].reduce((sum, path) => sum + of(path), 0);
  return { kind: 'progress', file, loaded: of(file), size, totalLoaded, totalSize } as const;
}

/** Makes what is not there. Returns the commit that the push has to follow. */
async function prepareBranch(
  remote: RemoteRepository,
  { name, branch, isPrivate }: PushReport,
  send: typeof fetch,
  requester: Requester,
  policy: RetryPolicy,
): Promise<string | undefined> {
  const { endpoint } = requester.subject.settings;
  let { commit } = remote;
  if (!remote.exists) {
    // Who was told no because it has just been made finds it.
    const refused = await makeRepository({ name, endpoint, isPrivate }, send).then(
      () => undefined,
      (error: unknown) => error,
    );
    const main: Requester = { ...requester, subject: { ...requester.subject, revision: DEFAULT_REVISION } };
    const fresh = await readRemote(main, policy);
    if (refused !== undefined && !fresh.exists) throw refused;
    checkPrivacy(name, fresh, isPrivate);
    commit = fresh.commit;
  }
  const hasBranch = remote.hasBranch || branch === DEFAULT_REVISION;
  if (!hasBranch && commit !== undefined) await makeBranch({ name, endpoint, branch }, commit, send);
  return commit;
}

/** Reads the hub's word of a commit, as far as it can be one. */
function resultOf(made: Awaited<ReturnType<typeof commitFiles>>, endpoint: string) {
  const { commit, pullRequestUrl } = (made ?? {}) as { commit?: { oid?: unknown }; pullRequestUrl?: unknown };
  const oid = commit?.oid;
  const isOwn =
    typeof pullRequestUrl === 'string' &&
    URL.canParse(pullRequestUrl) &&
    new URL(pullRequestUrl).origin === new URL(endpoint).origin;
  return {
    ...(typeof oid === 'string' && isCommit(oid) && { commit: oid }),
    ...(isOwn && { pullRequest: pullRequestUrl }),
  };
}
