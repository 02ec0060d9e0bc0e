import { join } from 'node:path';
import { AttuneError, shellWord } from '@attune/core';
import { diskFolder } from '@attune/files/node';
import { TENSORBOARD } from '@attune/runs';
import { openRunLog, replaceEventFiles, runCsv, runEvents, type RunLog } from '@attune/tracking';
import { yamlFormat } from '../../config/config-file.js';
import type { Context } from '../../environment/context.js';
import { attuneCommand } from '../../environment/invocation.js';
import { reportPlannedWrites } from '../../printing/planned-writes.js';
import { targetOf, writeTo, type Target } from '../host/target.js';
import { refuseForeignFile } from './out-file.js';

/** The request of `attune logs`. */
export interface LogsRequest {
  /** The folder of the run. */
  readonly run: string;
  readonly format: 'csv' | 'tensorboard';
  /** A file for CSV, a folder for TensorBoard. */
  readonly out?: string | undefined;
  /** Nothing is written; what would be is said. */
  readonly dryRun: boolean;
}

/** Opens the log of a run on disk. @throws AttuneError as `openRunLog`. */
export function openDiskLog(path: string): Promise<RunLog> {
  return openRunLog(diskFolder(path), yamlFormat);
}

/**
 * Writes the log of a run for other programs.
 *
 * @throws AttuneError FILE_NOT_FOUND if there is no run; FILE_WRITE; INVALID_CONFIG if `--out` is somebody else's file, or
 * was left out for a run that is being trained.
 */
export async function writeLogs(request: LogsRequest, context: Context): Promise<void> {
  const log = await openDiskLog(request.run);
  const target = targetOf(request.dryRun);
  await (request.format === 'csv' ? writeCsv : writeEvents)(log, request, target, context);
  if (!target.trial) return;
  const notes = request.format === 'csv' && request.out === undefined ? ['The log would go to stdout.'] : [];
  await reportPlannedWrites(target.trial.changes, { json: false, notes }, context.stdout);
}

async function writeCsv(
  log: RunLog,
  { out }: LogsRequest,
  target: Target,
  { stdout }: Context,
): Promise<void> {
  if (out === undefined) {
    if (target.trial) return;
    for await (const line of runCsv(log)) {
      if (!stdout.writeText(line)) await new Promise<void>((done) => void stdout.stream.once('drain', done));
    }
    return;
  }
  await refuseForeignFile(out, 'a log of attune', (head) => head.startsWith('step,epoch,loss,'));
  await writeTo(target, out, encoded(runCsv(log)));
  if (!target.trial) stdout.write(`The log of ${log.path} is in ${out}.\n`);
}

/** Lines as bytes, some at a time. */
async function* encoded(lines: AsyncIterable<string>): AsyncGenerator<Uint8Array, void, undefined> {
  const encoder = new TextEncoder();
  let text = '';
  for await (const line of lines) {
    text += line;
    if (text.length < CHUNK) continue;
    yield encoder.encode(text);
    text = '';
  }
  yield encoder.encode(text);
}

const CHUNK = 2 ** 16;

async function writeEvents(
  log: RunLog,
  { run, out }: LogsRequest,
  target: Target,
  context: Context,
): Promise<void> {
  const name = out ?? join(run, TENSORBOARD);
  const write = async () => void (await replaceEventFiles(target.folder(name), runEvents(log)));
  if (out === undefined) await inOwnFolder(run, target, context, write);
  else await write();
  if (target.trial) return;
  context.stdout.write(
    `The log of ${log.path} is in ${name}.\n\nNext: tensorboard --logdir ${shellWord(name)}\n`,
  );
}

/** Works in the folder of a run, while nobody trains into it. */
async function inOwnFolder(
  run: string,
  target: Target,
  context: Context,
  work: () => Promise<void>,
): Promise<void> {
  const folder = target.folder(run);
  const lock = await folder.lock().catch((error: unknown) => {
    if (!(error instanceof AttuneError) || error.code !== 'RUN_LOCKED') throw error;
    throw new AttuneError('RUN_LOCKED', error.message, {
      fix: `Write elsewhere: ${attuneCommand(context)} logs ${run} --format tensorboard --out DIR.`,
      cause: error,
    });
  });
  try {
    await folder.checkOwn(TENSORBOARD, 'folder');
    await work();
  } finally {
    await lock.release();
  }
}
