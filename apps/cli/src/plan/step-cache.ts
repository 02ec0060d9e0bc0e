import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import { cpus, homedir, totalmem } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fingerprint, type Backend } from '@attune/core';
import { diskFolder, readJsonFile } from '@attune/files/node';
import type { SessionPlan } from '@attune/train';
import { z } from 'zod';
import type { Context } from '../environment/context.js';
import { attuneVersion } from '../environment/version.js';

const entrySchema = z.strictObject({
  stepMs: z.number().positive().max(1e9),
  steps: z.int().min(1).max(1e6),
  measuredAt: z.string().max(40),
});

const fileSchema = z.strictObject({ format: z.literal(1), entries: z.record(z.string(), entrySchema) });

/** A step that was measured before, on this machine. */
export type CachedStep = z.infer<typeof entrySchema>;

const FILE = 'steps.json';
/** The oldest are forgotten. */
const MOST_ENTRIES = 200;
const MAX_BYTES = 2 ** 18;

/** The user's cache folder for plans. */
function cacheFolder({ env }: Pick<Context, 'env'>): string {
  const given = env['XDG_CACHE_HOME'];
  const root = given && isAbsolute(given) ? given : join(env['HOME'] || homedir(), '.cache');
  return join(root, 'attune', 'plan');
}

/**
 * The key of a time: a hash of the machine, the engine with its instruction set and threads, and the programs of the step.
 */
export function stepKey(backend: Backend, session: SessionPlan, microBatches: number): string {
  const { name, device } = backend;
  const programs = [session.microBatch, ...(session.accumulation ? [session.accumulation.apply] : [])];
  const parts = [
    ...[attuneVersion(), process.version, process.platform, process.arch],
    ...[cpus()[0]?.model ?? '', cpus().length, totalmem()],
    // The description names the engine's threads.
    ...[name, device.description, device.engine],
    ...[microBatches, ...programs.map(fingerprint)],
  ];
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex');
}

/** True for a folder of the user's own, to which nobody else may write: what it says is believed. */
async function isOwn(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isDirectory()) return false;
  // Windows has neither: there the user's profile is the user's.
  const uid = process.getuid?.();
  return uid === undefined || (found.uid === uid && (found.mode & 0o022) === 0);
}

async function readEntries(path: string): Promise<Readonly<Record<string, CachedStep>>> {
  if (!(await isOwn(path))) return {};
  const contents = await readJsonFile(join(path, FILE), { maxBytes: MAX_BYTES }).catch(() => undefined);
  return fileSchema.safeParse(contents).data?.entries ?? {};
}

/** The times of steps that were measured on this machine before. What is damaged, or a stranger's, counts as missing. */
export function stepCache(context: Pick<Context, 'env'>) {
  const path = cacheFolder(context);
  return {
    async get(key: string): Promise<CachedStep | undefined> {
      const entries = await readEntries(path);
      return Object.hasOwn(entries, key) ? entries[key] : undefined;
    },
    /** Keeps a time. Where nothing can be written, it is measured again the next time. */
    async put(key: string, step: Omit<CachedStep, 'measuredAt'>): Promise<void> {
      const folder = diskFolder(path);
      try {
        await folder.make();
        if (!(await isOwn(path))) return;
        const { stepMs, steps } = step;
        const entry = { stepMs, steps, measuredAt: new Date().toISOString() };
        const others = Object.entries(await readEntries(path)).filter(([name]) => name !== key);
        const entries = Object.fromEntries([...others.slice(1 - MOST_ENTRIES), [key, entry]]);
        await folder.write(FILE, `${JSON.stringify({ format: 1, entries }, null, 2)}\n`);
      } catch {
        // A cache is a convenience.
      }
    },
  };
}

/** Times of steps, by {@link stepKey}. */
export type StepCache = ReturnType<typeof stepCache>;
