import { AttuneError, type Backend, type EngineIdentity } from '@attune/core';
import type { StoredCheckpoint } from '@attune/formats';
import { z } from 'zod';
import { packageOfBackend } from './backend-package.js';

/** Hashes of the data, whatever file it is in. */
export interface DataHashes {
  readonly train: string;
  /** `null` where there is no validation data. */
  readonly val: string | null;
}

/** The facts that a run begins with. */
export interface RunOrigin {
  /** Where the data is; `undefined` for the embedded corpus. */
  readonly path: string | undefined;
  readonly trainTokens: number;
  readonly hashes: DataHashes;
  /** The SHA-256 of the files, where their folder states it. */
  readonly sha256?: Readonly<Record<string, string>> | undefined;
  /** The name of a model that is fine-tuned, and the SHA-256 of its weights. */
  readonly model?: string;
  readonly base?: string;
}

/** One process that worked on a run: from a step on, with a backend, on a machine. */
export interface RunSession {
  /** Steps the run had done when it began. */
  readonly fromStep: number;
  readonly startedAt: string;
  readonly backend: {
    readonly name: string;
    /** The package it was loaded from. Missing in records of attune 0.1.0. */
    readonly package?: string | undefined;
    readonly device: string;
    readonly deterministic: boolean;
    /** Missing where the backend has none to choose, and in records of attune 0.1.0. */
    readonly engine?: EngineIdentity | undefined;
  };
  readonly versions: { readonly attune: string; readonly node: string; readonly platform: string };
  /** How many processes trained together. Missing where it was one. */
  readonly ranks?: number | undefined;
  /**
   * The most resident memory that its process had, in bytes. Missing where the process was killed, the platform does not tell, and
   * in older records.
   */
  readonly peakBytes?: number | undefined;
}

/** The contents of a run's `run.json`: all that is needed to repeat the run, and the machine it ran on. */
export interface RunRecord {
  readonly format: 1;
  readonly seed: number;
  readonly data: {
    readonly path: string | null;
    readonly trainTokens: number;
    readonly hashes: DataHashes;
    readonly sha256?: Readonly<Record<string, string>> | undefined;
  };
  /** SHA-256 of the weights that a fine-tuning run began with. */
  readonly base?: string | undefined;
  readonly sessions: readonly RunSession[];
}

const engineSchema = z.object({ name: z.string(), version: z.string(), isa: z.string().exactOptional() });

const sessionSchema = z.object({
  fromStep: z.int().min(0),
  startedAt: z.string(),
  backend: z.object({
    name: z.string(),
    package: z.string().optional(),
    device: z.string(),
    deterministic: z.boolean(),
    engine: engineSchema.optional(),
  }),
  versions: z.object({ attune: z.string(), node: z.string(), platform: z.string() }),
  ranks: z.int().min(1).exactOptional(),
  peakBytes: z.number().min(0).exactOptional(),
});

const recordSchema = z.object({
  format: z.literal(1),
  seed: z.int(),
  data: z.object({
    path: z.string().nullable(),
    trainTokens: z.int(),
    hashes: z.object({ train: z.string(), val: z.string().nullable() }),
    sha256: z.record(z.string(), z.string()).optional(),
  }),
  base: z.string().optional(),
  sessions: z.array(sessionSchema),
});

/**
 * A session that begins now.
 *
 * @param selection the value of `--backend`.
 * @param ranks the processes that train together, where there are several.
 */
export function createSession(
  { name, device, capabilities }: Backend,
  selection: string,
  fromStep: number,
  versions: RunSession['versions'],
  ranks?: number,
): RunSession {
  return {
    fromStep,
    startedAt: new Date().toISOString(),
    backend: {
      name,
      package: packageOfBackend(selection, name),
      device: device.description,
      deterministic: capabilities.deterministic,
      ...(device.engine && { engine: device.engine }),
    },
    versions,
    ...(ranks !== undefined && { ranks }),
  };
}

/** The record of a run that begins. */
export function createRecord({ seed }: { readonly seed: number }, origin: RunOrigin): RunRecord {
  const { path, trainTokens, hashes, sha256, base } = origin;
  return {
    format: 1,
    seed,
    data: { path: path ?? null, trainTokens, hashes: { ...hashes }, ...(sha256 && { sha256 }) },
    ...(base !== undefined && { base }),
    sessions: [],
  };
}

/**
 * Parses a record.
 *
 * @param path of it, for messages.
 * @throws AttuneError FILE_CORRUPT.
 */
export function parseRecord(text: string, path: string): RunRecord {
  try {
    return recordSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AttuneError('FILE_CORRUPT', `${path} is not the record of a run.`, {
      fix: 'Put it back, or remove it: then a new one begins.',
      cause,
    });
  }
}

/** A record with a session more. Sessions of steps that are done again did not happen. */
export function withSession(record: RunRecord, session: RunSession): RunRecord {
  return {
    ...record,
    sessions: [...record.sessions.filter(({ fromStep }) => fromStep < session.fromStep), session],
  };
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
 * Checks that a run goes on with, or is compared on, what it began with.
 *
 * @param begun what the run or its checkpoint says of it; what is not said is not compared.
 * @throws AttuneError CHECKPOINT_MISMATCH that names the part of the data, or the model, that is another.
 */
export function checkSameOrigin(
  begun: { readonly hashes?: DataHashes | undefined; readonly base?: string | undefined },
  origin: RunOrigin,
  run: string,
): void {
  checkSameData(begun.hashes, origin.hashes, run);
  if (begun.base === undefined || begun.base === origin.base) return;
  throw new AttuneError(
    'CHECKPOINT_MISMATCH',
    `The weights of ${origin.model} are not those that the run began with.`,
    {
      fix: 'Put the model back as it was, or begin a new run.',
      data: { expected: begun.base, found: origin.base },
    },
  );
}

function checkSameData(begun: DataHashes | undefined, found: DataHashes, run: string): void {
  if (!begun) return;
  for (const split of ['train', 'val'] as const) {
    if (begun[split] === found[split]) continue;
    const what = split === 'train' ? 'training' : 'validation';
    throw new AttuneError('CHECKPOINT_MISMATCH', `The ${what} data is not that of the run in ${run}.`, {
      fix: 'Name the data the run was begun with by --data.',
      data: { split, expected: begun[split], found: found[split] },
    });
  }
}
