import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { AttuneError } from '@attune/core';
import { diskFolder } from '@attune/files/node';
import { hubIdOf, listFolder, parseHubId, pushModel, type HubEvent, type PushReport } from '@attune/hub';
import { CONFIG_YAML, formatBytes, modelCard, readCardFacts, RUN_JSON } from '@attune/runs';
import { yamlFormat } from '../../config/config-file.js';
import type { Context } from '../../environment/context.js';
import { exists } from '../../environment/files.js';
import { attuneCommand } from '../../environment/invocation.js';
import { attuneVersion } from '../../environment/version.js';
import { onOneLine } from '../../printing/printable.js';
import { statusLine } from '../../printing/status-line.js';

/** The request of `attune push`. */
export interface PushRequest {
  readonly folder: string;
  /** `owner/name`. */
  readonly to: string;
  readonly run?: string;
  readonly branch?: string;
  readonly message?: string;
  readonly include: readonly string[];
  readonly license?: string;
  readonly datasets: readonly string[];
  readonly private: boolean;
  readonly createPr: boolean;
  readonly cardOnly: boolean;
  readonly dryRun: boolean;
}

/** A push that was made, or looked at, with the card that was written for it. */
export interface PushResult extends PushReport {
  /** Missing where the folder has a README.md of its own. */
  readonly card?: string;
}

const isRun = async (folder: string) =>
  (await exists(join(folder, CONFIG_YAML))) && (await exists(join(folder, RUN_JSON)));

/** The folder that goes up, and the run that it came from. */
async function placesOf({ folder, run }: PushRequest, context: Context) {
  if (!(await exists(folder))) {
    throw new AttuneError('FILE_NOT_FOUND', `There is no folder ${folder}.`, {
      fix: 'Name the folder of a model, of an adapter or of a finished run.',
    });
  }
  if (run !== undefined && !(await isRun(run))) {
    throw new AttuneError('INVALID_CONFIG', `${run} is not the folder of a run.`, {
      fix: 'Name by --run the folder that was given to --out.',
    });
  }
  if (!(await isRun(folder))) {
    const parent = dirname(resolve(folder));
    const isFinal = basename(resolve(folder)) === 'final' && (await isRun(parent));
    return { model: folder, run: run ?? (isFinal ? parent : undefined) };
  }
  const final = join(folder, 'final');
  if (await exists(final)) return { model: final, run: run ?? folder };
  throw new AttuneError('INVALID_CONFIG', `The run in ${folder} is not finished: it has no final/.`, {
    fix: `Finish it with \`${attuneCommand(context)} pretrain --resume ${folder}\` or \`${attuneCommand(context)} finetune --resume ${folder}\`, or name one of its checkpoints.`,
  });
}

/** The id of the repository, without the branch. */
function nameOf(to: string): string {
  return parseHubId(to)?.name ?? to;
}

async function writeCard(
  request: PushRequest,
  model: string,
  run: string | undefined,
): Promise<string | undefined> {
  const { taken } = await listFolder(model, request.include);
  const files = taken.map(({ path }) => path);
  if (files.includes('README.md')) return undefined;
  const { to, license, datasets } = request;
  const facts = await readCardFacts(
    diskFolder(model),
    {
      ...{ name: nameOf(to), files, datasets, attune: attuneVersion() },
      ...(license !== undefined && { license }),
      ...(run !== undefined && { run: diskFolder(run) }),
    },
    { format: yamlFormat, hubName: async (text) => (await hubIdOf(text).catch(() => undefined))?.name },
  );
  return modelCard(facts);
}

/** Configurations are small; weights hold no paths. */
const MAX_CONFIG_BYTES = 2 ** 20;

/** Tells of files that say where things are on this machine: they go up as they are. */
async function warnOfPaths({ include }: PushRequest, model: string, { env, stderr }: Context): Promise<void> {
  const home = env['HOME'] || homedir();
  // The root of a disk is in every path.
  if (home.length < 4) return;
  const { taken } = await listFolder(model, include);
  for (const { path, source, size } of taken) {
    if (size > MAX_CONFIG_BYTES || !/\.(json|md|txt|jinja)$|(^|\/)Modelfile$/.test(path)) continue;
    const text = await readFile(source, 'utf8');
    if (text.includes(home)) stderr.write(`warning: ${onOneLine(path)} names a path in your home folder.\n`);
  }
}

/** Often enough for a terminal. */
const REDRAW_MS = 100;

function createReporter({ stderr }: Pick<Context, 'stderr'>) {
  const status = statusLine(stderr);
  const done = new Set<string>();
  let drawn = 0;
  const say = (text: string) => {
    status.clear();
    stderr.write(`${onOneLine(text)}\n`);
  };
  const onEvent = (event: HubEvent) => {
    if (event.kind === 'retry') {
      return say(`  ${event.reason} Trying again in ${Math.ceil(event.delayMs / 1000)} s.`);
    }
    if (event.kind !== 'progress') return;
    const { loaded, size, totalLoaded, totalSize, file } = event;
    if (loaded === size && !stderr.isTTY && !done.has(file)) say(`  ${file} (${formatBytes(size)})`);
    if (loaded === size) done.add(file);
    const now = Date.now();
    if (now - drawn < REDRAW_MS) return;
    drawn = now;
    const share = Math.floor((100 * totalLoaded) / Math.max(totalSize, 1));
    status.show(`  ${share} %  ${formatBytes(totalLoaded)} of ${formatBytes(totalSize)}  ${onOneLine(file)}`);
  };
  return { onEvent, clear: status.clear };
}

/**
 * Sends a model, an adapter or a finished run to the hub, with a card that is written from the run's record. Ctrl-C ends it; what has
 * arrived is not sent again.
 *
 * @throws AttuneError as `pushModel` of `@attune/hub`; FILE_CORRUPT if the record of the run cannot be read.
 */
export async function push(request: PushRequest, context: Context): Promise<PushResult> {
  const { model, run } = await placesOf(request, context);
  const card = await writeCard(request, model, run);
  await warnOfPaths(request, model, context);
  const controller = new AbortController();
  const unsubscribe = context.onInterrupt(() => controller.abort());
  const { onEvent, clear } = createReporter(context);
  try {
    const report = await pushModel(model, request.to, {
      ...{ env: context.env, onEvent, signal: controller.signal },
      ...(request.branch !== undefined && { branch: request.branch }),
      ...(request.message !== undefined && { message: request.message }),
      ...(card !== undefined && { card }),
      ...{ include: request.include, isPrivate: request.private, createPr: request.createPr },
      ...{ cardOnly: request.cardOnly, dryRun: request.dryRun },
    });
    return { ...report, ...(card !== undefined && { card }) };
  } finally {
    clear();
    unsubscribe();
  }
}
