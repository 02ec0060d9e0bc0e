import { join } from 'node:path';
import { AttuneError, isAttuneError, type Backend } from '@attune/core';
import { writeFileAtomically, type StoredCheckpoint } from '@attune/formats/node';
import { z } from 'zod';
import { attuneVersion } from '../../version.js';
import { packageOfBackend } from '../backend-package.js';
import { readText } from '../files.js';
import { RUN_JSON } from './run-folder.js';
import type { DataHashes, TrainingData } from '../pretraining/training-data.js';

const sessionSchema = z.object({
  /** Steps the run had done when it began. */
  fromStep: z.int().min(0),
  startedAt: z.string(),
  backend: z.object({
    name: z.string(),
    /** The package it was loaded from. Missing in records of attune 0.1.0. */
    package: z.string().optional(),
    device: z.string(),
    deterministic: z.boolean(),
  }),
  versions: z.object({ attune: z.string(), node: z.string(), platform: z.string() }),
});

/** One process that worked on a run: from a step on, with a backend, on a machine. */
export type RunSession = z.infer<typeof sessionSchema>;

const recordSchema = z.object({
  format: z.literal(1),
  seed: z.int(),
  data: z.object({
    path: z.string().nullable(),
    trainTokens: z.int(),
    hashes: z.object({ train: z.string(), val: z.string().nullable() }),
    sha256: z.record(z.string(), z.string()).optional(),
  }),
  /** SHA-256 of the weights that a fine-tuning run began with. */
  base: z.string().optional(),
  sessions: z.array(sessionSchema),
});

/** What a run's `run.json` says: what the run needs to come out the same again, and what it ran on. */
export type RunRecord = z.infer<typeof recordSchema>;

/**
 * A session that begins now.
 *
 * @param selection the value of `--backend`.
 */
export function createSession(
  { name, device, capabilities }: Backend,
  selection: string,
  fromStep: number,
): RunSession {
  return {
    fromStep,
    startedAt: new Date().toISOString(),
    backend: {
      name,
      package: packageOfBackend(selection, name),
      device: device.description,
      deterministic: capabilities.deterministic,
    },
    versions: {
      attune: attuneVersion(),
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
    },
  };
}

/** The record of a run that begins. */
export function createRecord(
  { seed }: { readonly seed: number },
  {
    path,
    trainTokens,
    hashes,
    sha256,
  }: Pick<TrainingData, 'trainTokens' | 'hashes' | 'sha256'> & { readonly path: string | undefined },
): RunRecord {
  return {
    format: 1,
    seed,
    data: { path: path ?? null, trainTokens, hashes: { ...hashes }, ...(sha256 && { sha256 }) },
    sessions: [],
  };
}

/** A session takes half a kilobyte. */
const MAX_RECORD_BYTES = 2 ** 26;

/**
 * Reads a run's record; `undefined` if there is none.
 *
 * @throws AttuneError FILE_CORRUPT; FILE_READ.
 */
export async function readRecord(run: string): Promise<RunRecord | undefined> {
  const path = join(run, RUN_JSON);
  let text: string;
  try {
    text = await readText(path, undefined, MAX_RECORD_BYTES);
  } catch (error) {
    if (isAttuneError(error, 'FILE_NOT_FOUND')) return undefined;
    throw error;
  }
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AttuneError('FILE_CORRUPT', `${path} is not the record of a run.`, {
      fix: 'Put it back, or remove it: then a new one begins.',
      cause,
    });
  }
}

/** Writes a record with a session more. Sessions of steps that are done again did not happen. */
export async function writeRecord(run: string, record: RunRecord, session: RunSession): Promise<void> {
  const sessions = [...record.sessions.filter(({ fromStep }) => fromStep < session.fromStep), session];
  await writeFileAtomically(join(run, RUN_JSON), `${JSON.stringify({ ...record, sessions }, null, 2)}\n`);
}

/** The sessions that did the steps after `from` up to `to`. */
export function sessionsOf({ sessions }: RunRecord, from: number, to: number): RunSession[] {
  return sessions.filter(({ fromStep }, i) => {
    const end = sessions[i + 1]?.fromStep ?? Infinity;
    return fromStep < to && end > from;
  });
}

/** Hashes of the data of a run: as of a checkpoint, else as recorded. */
export function hashesOfRun(
  checkpoint: Pick<StoredCheckpoint, 'run'> | undefined,
  record: RunRecord | undefined,
): DataHashes | undefined {
  return (checkpoint?.run['data'] as DataHashes | undefined) ?? record?.data.hashes;
}

/**
 * @param hashes of the run's data; nothing is compared where none were recorded.
 * @throws AttuneError CHECKPOINT_MISMATCH that names the part of the data that is not the run's.
 */
export function checkSameData(
  hashes: DataHashes | undefined,
  data: Pick<TrainingData, 'hashes'>,
  path: string,
): void {
  if (!hashes) return;
  for (const split of ['train', 'val'] as const) {
    if (hashes[split] === data.hashes[split]) continue;
    const what = split === 'train' ? 'training' : 'validation';
    throw new AttuneError('CHECKPOINT_MISMATCH', `The ${what} data is not that of the run in ${path}.`, {
      fix: 'Name the data the run was begun with by --data.',
      data: { split, expected: hashes[split], found: data.hashes[split] },
    });
  }
}
