import { listFiles, modelInfo, type ListFileEntry } from '@huggingface/hub';
import { AttuneError, isAttuneError, withoutFix } from '@attune/core';
import { badResponse, isWebPage, missingFault, notAHubResponse, type Subject } from '../http/faults.js';
import { quote } from '../http/quote.js';
import { get, readAll, type Requester } from '../http/request.js';
import { retrying, type RetryPolicy, type Transient } from '../http/transient.js';
import { DEFAULT_REVISION } from './hub-id.js';
import { staysInside, type HubFile } from './hub-file.js';

/** The hub's own lists have a thousand entries a page, about 300 bytes each. */
const MAX_JSON_BYTES = 8 * 2 ** 20;
const MAX_PAGES = 50;
const MAX_ENTRIES = 50_000;
/** Linux takes no longer ones. */
const MAX_PATH_LENGTH = 4096;

const COMMIT = /^[0-9a-f]{40}$/;

/** True if a revision is a commit, which never changes. */
export function isCommit(revision: string): boolean {
  return COMMIT.test(revision);
}

/** Refuses what is no JSON: it does not become one by being asked for again. */
function checkJson(subject: Subject, response: Response, body: Uint8Array): void {
  const text = new TextDecoder().decode(body);
  try {
    JSON.parse(text);
  } catch {
    throw notAHubResponse(subject, "the hub's response", isWebPage(response) || /^\s*<[!?a-z]/i.test(text));
  }
}

/**
 * A `fetch` for the hub's client: our rules for redirects, tokens, lengths and time, which is for all that is asked
 * together. It sends no header of the client's.
 */
export function clientFetch(requester: Requester): typeof fetch {
  const { subject } = requester;
  const until = performance.now() + subject.settings.limits.responseMs;
  let pages = 0;
  return async (input) => {
    if (++pages > MAX_PAGES) throw badResponse(subject, `its list has more than ${MAX_PAGES} pages`);
    // The next page is where the last one says it is.
    const address = new URL(input instanceof Request ? input.url : input);
    if (![new URL(subject.settings.endpoint).protocol, 'https:'].includes(address.protocol)) {
      throw badResponse(subject, `its list continues under another protocol, ${quote(address.protocol)}`);
    }
    const stream = await get(requester, address, { headers: { accept: 'application/json' }, until });
    const { status, headers } = stream.response;
    const link = headers.get('link');
    const body = await readAll(stream, MAX_JSON_BYTES, subject);
    checkJson(subject, stream.response, body);
    return new Response(body as Uint8Array<ArrayBuffer>, { status, headers: link === null ? {} : { link } });
  };
}

/** Asks the client, and makes an error of ours of whatever it stumbles over. */
export async function ask<T>(
  requester: Requester,
  policy: RetryPolicy,
  question: () => Promise<T>,
): Promise<T> {
  const attempt = async () => {
    try {
      return await question();
    } catch (error) {
      // By name: the runtime's own errors may be of another realm. Without their message, which quotes the response.
      if (['SyntaxError', 'TypeError'].includes((error as Error).name)) {
        throw badResponse(requester.subject, 'the response is not what the API of a hub returns');
      }
      throw error;
    }
  };
  // Who has no network should not have to wait to be told.
  const isWorthIt = (failure: Transient) => !failure.details.unreachable;
  const onRetry = (fault: AttuneError, delayMs: number) =>
    requester.onEvent({ kind: 'retry', reason: withoutFix(fault), delayMs });
  return retrying(attempt, policy, { signal: requester.signal, isWorthIt, onRetry });
}

/** True if the hub has the model at all, as far as it says. */
async function exists(requester: Requester, policy: RetryPolicy): Promise<boolean> {
  const { name, settings } = requester.subject;
  try {
    await ask(requester, policy, () =>
      modelInfo({ name, hubUrl: settings.endpoint, revision: 'HEAD', fetch: clientFetch(requester) }),
    );
    return true;
  } catch (error) {
    if (isAttuneError(error, 'INTERRUPTED')) throw error;
    return false;
  }
}

/** Asks about a revision. A hub that answers 404 without saying what is missing is asked for the model as well. */
async function askOfRevision<T>(
  requester: Requester,
  policy: RetryPolicy,
  question: () => Promise<T>,
): Promise<T> {
  try {
    return await ask(requester, policy, question);
  } catch (error) {
    const unclear = isAttuneError(error, 'HUB_NOT_FOUND') && error.data?.['hubCode'] === null;
    const { subject } = requester;
    if (!unclear || subject.revision === DEFAULT_REVISION || !(await exists(requester, policy))) throw error;
    throw missingFault(subject, 'RevisionNotFound');
  }
}

/**
 * The commit that the model's revision stands for.
 *
 * @throws AttuneError HUB_UNREACHABLE, HUB_NOT_FOUND, HUB_ACCESS_DENIED, HUB_BAD_RESPONSE, INTERRUPTED.
 */
export async function readCommit(requester: Requester, policy: RetryPolicy): Promise<string> {
  const { subject } = requester;
  const { name, revision, settings } = subject;
  return askOfRevision(requester, policy, async () => {
    const fetch = clientFetch(requester);
    const info = await modelInfo({
      name,
      revision,
      additionalFields: ['sha'],
      hubUrl: settings.endpoint,
      fetch,
    });
    const sha: unknown = info.sha;
    if (typeof sha === 'string' && isCommit(sha)) return sha;
    throw badResponse(subject, 'the hub does not say which commit the revision is');
  });
}

function fileOf(entry: ListFileEntry, requester: Requester): HubFile | undefined {
  const { subject } = requester;
  // What the types promise is what the server sent.
  const { path, type, size, oid, lfs } = entry as { [key in keyof ListFileEntry]?: unknown };
  if (typeof path !== 'string') throw badResponse(subject, 'a file in its list has no name');
  if (path.length > MAX_PATH_LENGTH) {
    throw badResponse(subject, `its list names ${quote(path)}, which is longer than any path`);
  }
  if (!staysInside(path)) {
    throw badResponse(subject, `its list names ${quote(path)}, which is outside of its folder`);
  }
  if (type !== 'file') return undefined;
  const stored = (lfs ?? undefined) as { oid?: unknown; size?: unknown } | undefined;
  const [etag, bytes] = stored ? [stored.oid, stored.size ?? size] : [oid, size];
  const hash = stored ? /^[0-9a-f]{64}$/ : COMMIT;
  if (typeof etag !== 'string' || !hash.test(etag)) {
    throw badResponse(subject, `its list has no checksum for ${quote(path)}`);
  }
  if (!Number.isSafeInteger(bytes) || (bytes as number) < 0) {
    throw badResponse(subject, `its list has no size for ${quote(path)}`);
  }
  return { name: path, size: bytes as number, etag, algorithm: stored ? 'sha256' : 'git-sha1' };
}

/**
 * The files of a model's commit, by name: those in its root folder, or all of them.
 *
 * @throws AttuneError HUB_UNREACHABLE, HUB_NOT_FOUND, HUB_ACCESS_DENIED, HUB_BAD_RESPONSE, INTERRUPTED.
 */
export async function readFileList(
  requester: Requester,
  commit: string,
  policy: RetryPolicy,
  { recursive = false }: { readonly recursive?: boolean } = {},
): Promise<ReadonlyMap<string, HubFile>> {
  const { subject } = requester;
  const { name, settings } = subject;
  return askOfRevision(requester, policy, async () => {
    const files = new Map<string, HubFile>();
    const fetch = clientFetch(requester);
    let entries = 0;
    for await (const entry of listFiles({
      repo: { type: 'model', name },
      revision: commit,
      recursive,
      hubUrl: settings.endpoint,
      fetch,
    })) {
      if (++entries > MAX_ENTRIES) throw badResponse(subject, `its list has more than ${MAX_ENTRIES} files`);
      const file = fileOf(entry, requester);
      if (!file) continue;
      if (files.has(file.name)) throw badResponse(subject, `its list names ${quote(file.name)} twice`);
      files.set(file.name, file);
    }
    return files;
  });
}

/** The address of a file's content. */
export function fileAddress({ subject }: Requester, commit: string, file: string): string {
  const path = file.split('/').map(encodeURIComponent).join('/');
  return `${subject.settings.endpoint}/${subject.name}/resolve/${commit}/${path}`;
}

/** The error of a model that is none of those we can read. */
export function unsupported(name: string, reason: string, fix: string): AttuneError {
  return new AttuneError('UNSUPPORTED_MODEL', `${name} ${reason}.`, { fix });
}
