import { stat } from 'node:fs/promises';
import { AttuneError, isAttuneError } from '@attune/core';
import { diskFolder } from '@attune/files/node';
import {
  hubIdOf,
  missingFolder,
  planDownload,
  resolveModel,
  type HubEvent,
  type PlannedDownload,
  type ResolvedModel,
  type ResolveModelOptions,
} from '@attune/hub';
import { formatBytes, type LocatedModel } from '@attune/runs';
import type { Context } from '../../environment/context.js';
import { exists } from '../../environment/files.js';
import { attuneCommand } from '../../environment/invocation.js';
import { onOneLine } from '../../printing/printable.js';
import { statusLine } from '../../printing/status-line.js';

/** How a model of the hub is asked for. */
export interface FetchOptions {
  readonly revision?: string;
  /** The cache. Default: that of Hugging Face's libraries. */
  readonly cacheDir?: string;
}

/**
 * Finds what `--model` names: the folder of a model or of a run, or a model of the hub, which is fetched.
 *
 * @throws AttuneError FILE_NOT_FOUND; FILE_READ for a file; what {@link fetchModel} throws.
 */
export async function locate(given: string, context: Context): Promise<LocatedModel> {
  const isHub = (await hubIdOf(given)) !== undefined;
  if (!isHub && !(await exists(given))) throw missingFolder(given);
  if (!isHub && (await stat(given)).isFile()) {
    throw new AttuneError('FILE_READ', `${given} is a file, not the folder of a model.`, {
      fix: 'Name the folder of a run, or one with a config.json and a model.safetensors.',
    });
  }
  const { path, hub } = isHub ? await fetchModel(given, context) : { path: given, hub: undefined };
  return { folder: diskFolder(path), name: hub ? `${hub.name}@${hub.commit}` : given };
}

/**
 * Finds what `--model` names without fetching anything: a model of the hub has to be in the cache.
 *
 * @throws AttuneError HUB_UNREACHABLE if it is not; as {@link locate}.
 */
export async function locateHere(given: string, context: Context): Promise<LocatedModel> {
  try {
    return await locate(given, { ...context, env: { ...context.env, HF_HUB_OFFLINE: '1' } });
  } catch (error) {
    if (!isAttuneError(error, 'HUB_UNREACHABLE')) throw error;
    throw new AttuneError(
      'HUB_UNREACHABLE',
      `${given} is not in the cache, and --dry-run fetches nothing: what follows from the model is not known.`,
      {
        fix: `See what would be fetched: ${attuneCommand(context)} download ${given} --dry-run. Without the flag, that command fetches it.`,
        cause: error,
      },
    );
  }
}

/** Often enough for a terminal. */
const REDRAW_MS = 100;

/** Tells people on stderr how a download goes: a line that moves on a terminal, a line for each file elsewhere. */
function createReporter(id: string, { stderr }: Pick<Context, 'stderr'>) {
  const status = statusLine(stderr);
  const say = (text: string) => {
    status.clear();
    stderr.write(`${onOneLine(text)}\n`);
  };
  let begun = false;
  let drawn = 0;
  const onEvent = (event: HubEvent) => {
    switch (event.kind) {
      case 'progress': {
        const { loaded, size, totalLoaded, totalSize } = event;
        const file = onOneLine(event.file);
        if (!begun) say(`Fetching ${id} (${formatBytes(totalSize)})`);
        begun = true;
        if (loaded === size && !stderr.isTTY) say(`  ${file} (${formatBytes(size)})`);
        const now = Date.now();
        if (now - drawn < REDRAW_MS) return;
        drawn = now;
        const share = Math.floor((100 * totalLoaded) / Math.max(totalSize, 1));
        status.show(`  ${share} %  ${formatBytes(totalLoaded)} of ${formatBytes(totalSize)}  ${file}`);
        return;
      }
      case 'retry':
        return say(`  ${event.reason} Trying again in ${Math.ceil(event.delayMs / 1000)} s.`);
      case 'waiting':
        return say(`  Another process is fetching ${onOneLine(event.file)}: waiting for it.`);
      case 'cached':
        return say(`${event.reason} Using ${id} as it was fetched before (${event.commit.slice(0, 12)}).`);
    }
  };
  return { onEvent, clear: status.clear };
}

/** Tells what {@link fetchModel} would fetch. Nothing is written. @throws AttuneError as `planDownload` of `@attune/hub`. */
export function planFetch(
  id: string,
  context: Context,
  options: FetchOptions = {},
): Promise<PlannedDownload> {
  return asking(id, context, (asked) => planDownload(id, { ...options, ...asked }));
}

/**
 * Fetches a model of the hub, as far as it is not in the cache. Ctrl-C ends that; what has arrived is kept.
 *
 * @throws AttuneError as `resolveModel` of `@attune/hub`.
 */
export async function fetchModel(
  id: string,
  context: Context,
  options: FetchOptions = {},
): Promise<ResolvedModel> {
  return asking(id, context, (asked) => resolveModel(id, { ...options, ...asked }));
}

/** Asks the hub, while Ctrl-C ends that and people are told how it goes. */
async function asking<T>(
  id: string,
  context: Context,
  ask: (options: Pick<ResolveModelOptions, 'env' | 'onEvent' | 'signal'>) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const unsubscribe = context.onInterrupt(() => controller.abort());
  const { onEvent, clear } = createReporter(id, context);
  try {
    return await ask({ env: context.env, onEvent, signal: controller.signal });
  } finally {
    clear();
    unsubscribe();
  }
}
