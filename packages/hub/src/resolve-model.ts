import { stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { AttuneError, isAttuneError } from '@attune/core';
import { readJsonFile } from '@attune/files/node';
import { INDEX_JSON } from '@attune/formats';
import { isComplete } from './cache/complete-model.js';
import { RepositoryCache } from './cache/repository-cache.js';
import { requireDiskSpace } from './download/disk-space.js';
import { Downloads } from './download/download-files.js';
import type { OnHubEvent } from './http/events.js';
import type { HubFile } from './repository/hub-file.js';
import { hasLocalName, isExplicitHubId, parseHubId, type HubId } from './repository/hub-id.js';
import type { Subject } from './http/faults.js';
import type { HubLimits } from './settings/limits.js';
import { interrupted, type Requester } from './http/request.js';
import type { RetryPolicy } from './http/transient.js';
import { isCommit, readCommit, readFileList } from './repository/read-repository.js';
import { MAX_INDEX_BYTES, selectFiles, selectShards } from './repository/select-files.js';
import { readSettings, type Environment, type HubSettings } from './settings/settings.js';

/** Where a model is looked for. What is not given is read from the environment, as Hugging Face's libraries do. */
export interface ResolveModelOptions {
  /** A branch, a tag or a commit. Default: `main`. */
  readonly revision?: string;
  /** Environment variables. Default: those of the process. */
  readonly env?: Environment;
  /** The hub. Default: HF_ENDPOINT, or `https://huggingface.co`. */
  readonly endpoint?: string;
  /** The cache. Default: HF_HUB_CACHE, or `hub` in HF_HOME, or `~/.cache/huggingface/hub`. */
  readonly cacheDir?: string;
  /** A token, or `false` for none. Default: HF_TOKEN, or the file that `hf auth login` writes. */
  readonly token?: string | false;
  /** True to use the cache only. Default: HF_HUB_OFFLINE. */
  readonly offline?: boolean;
  readonly onEvent?: OnHubEvent;
  /** Ends the download. What has arrived is kept for the next. */
  readonly signal?: AbortSignal;
  /** Default: the global `fetch`. */
  readonly fetch?: typeof fetch;
  /** Milliseconds of silence after which a connection is given up. Default: HF_HUB_DOWNLOAD_TIMEOUT, or 30 s. */
  readonly timeoutMs?: number;
  /** How often a broken connection is tried again without progress, and after which pause. */
  readonly retry?: Partial<RetryPolicy>;
  /** How slow the hub may be, and how long it may make us wait. */
  readonly limits?: Partial<HubLimits>;
}

/** A folder with a model in it. */
export interface ResolvedModel {
  readonly path: string;
  /** Where the folder came from: the user, the hub, or the cache without the hub having been asked. */
  readonly source: 'folder' | 'hub' | 'cache';
  /** The model's id and commit on the hub; `undefined` for a folder. */
  readonly hub?: HubId & { readonly commit: string };
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/**
 * The error of a folder that is not there.
 *
 * @param given what was to be a folder; if it could be a model of the hub, the error says how to ask for that.
 */
export function missingFolder(given: string): AttuneError {
  const [name = ''] = given.split('@');
  const id = parseHubId(name);
  return new AttuneError('FILE_NOT_FOUND', `There is no folder ${given}.`, {
    fix: id
      ? `Name a folder that holds a model. If the model ${id.name} of the hub is meant, write hf://${given}.`
      : 'Name a folder that holds a model, or a model of the hub as organisation/model.',
  });
}

/**
 * Reads the name of a model on the hub. What could be a path is one wherever something is there, or in the folder that
 * it would be in, and wherever it begins as folders of one's own do (`runs/`): a mistyped path is not asked of the hub.
 *
 * @returns `undefined` for a path.
 * @throws AttuneError INVALID_CONFIG.
 */
export async function hubIdOf(idOrFolder: string, revision?: string): Promise<HubId | undefined> {
  if (!isExplicitHubId(idOrFolder)) {
    const path = resolve(idOrFolder);
    const here = await stat(path).catch(() => undefined);
    if (here || hasLocalName(idOrFolder) || (await isFolder(dirname(path)))) return undefined;
  }
  const id = parseHubId(idOrFolder, revision);
  if (!id && isExplicitHubId(idOrFolder)) {
    throw new AttuneError('INVALID_CONFIG', `${JSON.stringify(idOrFolder)} cannot be a model of the hub.`, {
      fix: 'Write it as hf://organisation/model, with @revision behind it if need be.',
    });
  }
  return id;
}

async function fromCache(
  id: HubId,
  cache: RepositoryCache,
): Promise<(ResolvedModel & { readonly hub: { readonly commit: string } }) | undefined> {
  const commit = await cache.readRef(id.revision);
  if (commit === undefined) return undefined;
  const path = cache.snapshot(commit);
  return (await isComplete(path)) ? { path, source: 'cache', hub: { ...id, commit } } : undefined;
}

/** Asks the hub for the files of a model. Nothing is downloaded. */
async function listHub(requester: Requester, id: HubId, policy: RetryPolicy) {
  const commit = isCommit(id.revision) ? id.revision : await readCommit(requester, policy);
  const listed = await readFileList(requester, commit, policy);
  return { commit, listed, ...selectFiles(id.name, listed) };
}

async function fromHub(
  requester: Requester,
  id: HubId,
  cache: RepositoryCache,
  policy: RetryPolicy,
): Promise<ResolvedModel> {
  const { commit, listed, files, index } = await listHub(requester, id, policy);
  const downloads = new Downloads(requester, cache, commit, policy);
  const path = cache.snapshot(commit);
  if (index) {
    await downloads.fetch([index]);
    const weightMap = await readJsonFile(join(path, INDEX_JSON), {
      maxBytes: MAX_INDEX_BYTES,
      fix: 'Choose another model or revision.',
    });
    const shards = selectShards(id.name, weightMap, listed);
    await downloads.fetch([...files, ...shards]);
  } else {
    await downloads.fetch(files);
  }
  await cache.writeRef(id.revision, commit);
  return { path, source: 'hub', hub: { ...id, commit } };
}

function notInCache({ name, revision }: HubId, settings: HubSettings): AttuneError {
  return new AttuneError(
    'HUB_UNREACHABLE',
    `${name} at ${JSON.stringify(revision)} is not in the cache ${settings.cacheDir}, and offline mode is on.`,
    {
      fix:
        `Unset HF_HUB_OFFLINE, or run \`attune download ${name}\` on a machine with network and copy that folder here. ` +
        'If a folder was meant, there is none of this name.',
    },
  );
}

/**
 * A folder with the model that is meant: a folder is taken as it is, `organisation/model` is fetched from the Hugging
 * Face hub into the cache that Hugging Face's libraries share, of which only what is missing is downloaded.
 *
 * Fetched are `config.json`, the safetensors, `generation_config.json`, the tokenizer and the chat template; nothing that
 * would have to be unpickled. Every file is compared with the checksum that the hub states.
 *
 * @throws AttuneError FILE_NOT_FOUND, INVALID_CONFIG, HUB_UNREACHABLE, HUB_NOT_FOUND, HUB_ACCESS_DENIED, HUB_BAD_RESPONSE,
 * CHECKSUM_MISMATCH, UNSUPPORTED_MODEL, FILE_CORRUPT, FILE_WRITE, INTERRUPTED.
 */
export async function resolveModel(
  idOrFolder: string,
  options: ResolveModelOptions = {},
): Promise<ResolvedModel> {
  return resolveBy(idOrFolder, options, (model) => model, fromHub);
}

/** A file of a model, as it would lie in the cache. */
export interface PlannedFile {
  readonly path: string;
  readonly bytes: number;
}

/** A model as it would be resolved, and what of it would be downloaded. */
export interface PlannedDownload extends ResolvedModel {
  readonly missing: readonly PlannedFile[];
  /** Bytes that the disk of the cache has left, where something is missing and the disk says so. */
  readonly freeBytes?: number;
}

/** A shard of a model. */
const SHARD = /^model-\d+-of-\d+\.safetensors$/;

async function planFromHub(
  requester: Requester,
  id: HubId,
  cache: RepositoryCache,
  policy: RetryPolicy,
): Promise<PlannedDownload> {
  const { commit, listed, files, index } = await listHub(requester, id, policy);
  const path = cache.snapshot(commit);
  // The index, which names the shards, may have to be downloaded itself.
  const shards = index ? [index, ...[...listed.values()].filter(({ name }) => SHARD.test(name))] : [];
  const missing: HubFile[] = [];
  for (const file of [...files, ...shards]) {
    if (!(await cache.has(commit, file))) missing.push(file);
  }
  const planned = missing.map(({ name, size }): PlannedFile => ({ path: join(path, name), bytes: size }));
  const resolved = { path, source: 'hub', hub: { ...id, commit }, missing: planned } as const;
  if (missing.length === 0) return resolved;
  const { free } = await requireDiskSpace(id.name, cache, missing);
  return { ...resolved, ...(free !== undefined && { freeBytes: free }) };
}

/**
 * Tells what {@link resolveModel} would download. The hub is asked for its list of files, and nothing is written. Of a model in
 * shards whose index is not read, all shards count that go by the usual names.
 *
 * @throws AttuneError as {@link resolveModel}, but for what the download alone tells; FILE_WRITE if it does not fit on the
 * disk.
 */
export function planDownload(
  idOrFolder: string,
  options: ResolveModelOptions = {},
): Promise<PlannedDownload> {
  return resolveBy(idOrFolder, options, (model) => ({ ...model, missing: [] }), planFromHub);
}

/**
 * Looks where a model is: a folder, the hub, or the cache where the hub is not asked or does not answer.
 *
 * @param found makes the result of what needs no hub.
 * @param ask asks the hub.
 */
async function resolveBy<T>(
  idOrFolder: string,
  options: ResolveModelOptions,
  found: (model: ResolvedModel) => T,
  ask: (requester: Requester, id: HubId, cache: RepositoryCache, policy: RetryPolicy) => Promise<T>,
): Promise<T> {
  const { env = process.env, signal, onEvent = () => undefined, retry } = options;
  const id = await hubIdOf(idOrFolder, options.revision);
  if (!id) {
    if (await isFolder(idOrFolder)) return found({ path: idOrFolder, source: 'folder' });
    throw missingFolder(idOrFolder);
  }
  const settings = await readSettings(env, options);
  const cache = new RepositoryCache(settings.cacheDir, id.name, settings.symlinks);
  const subject: Subject = { ...id, settings };
  if (signal?.aborted) throw interrupted(subject, signal);
  if (settings.offline) {
    const cached = await fromCache(id, cache);
    if (cached) return found(cached);
    throw notInCache(id, settings);
  }
  const requester: Requester = { subject, fetch: options.fetch ?? fetch, signal, onEvent };
  try {
    return await ask(requester, id, cache, { attempts: 5, delayMs: 1000, ...retry });
  } catch (error) {
    const cached = isAttuneError(error, 'HUB_UNREACHABLE') ? await fromCache(id, cache) : undefined;
    if (!cached) throw error;
    onEvent({ kind: 'cached', commit: cached.hub.commit, reason: (error as AttuneError).message });
    return found(cached);
  }
}
