import { readFile } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { attempt } from './attempt.js';
import type { MachineFacts } from '../facts/facts.js';

const read = (path: string) => attempt(() => readFile(path, 'utf8'));

/** Processors' worth of time of a control group of version 2, or of version 1; `undefined` where there is no limit. */
export function quotaOf(v2: string | undefined, quota?: string, period?: string): number | undefined {
  const [most, every] = v2 === undefined ? [quota, period] : v2.trim().split(/\s+/);
  const share = Number(most) / Number(every);
  return share > 0 && Number.isFinite(share) ? Number(share.toFixed(2)) : undefined;
}

export async function processorFacts(): Promise<NonNullable<MachineFacts['processors']>> {
  const group = '/sys/fs/cgroup';
  const quota = quotaOf(
    await read(`${group}/cpu.max`),
    await read(`${group}/cpu/cpu.cfs_quota_us`),
    await read(`${group}/cpu/cpu.cfs_period_us`),
  );
  return { available: availableParallelism(), ...(quota !== undefined && { quota }) };
}

interface NewerProcess {
  constrainedMemory?(): number | undefined;
  availableMemory?(): number;
}

/** Memory that programs can have: what the system keeps of files it gives back. */
async function availableMemory(): Promise<number> {
  const [, kibibytes] = /^MemAvailable:\s+(\d+) kB/m.exec((await read('/proc/meminfo')) ?? '') ?? [];
  const ofMachine = kibibytes === undefined ? freemem() : Number(kibibytes) * 1024;
  const ofProcess = (process as NewerProcess).availableMemory?.();
  return ofProcess !== undefined && ofProcess > 0 ? Math.min(ofMachine, ofProcess) : ofMachine;
}

export async function memoryFacts(): Promise<NonNullable<MachineFacts['memory']>> {
  const totalBytes = totalmem();
  const limitBytes = (process as NewerProcess).constrainedMemory?.() ?? 0;
  return {
    totalBytes,
    availableBytes: await availableMemory(),
    ...(limitBytes > 0 && limitBytes < totalBytes && { limitBytes }),
  };
}

/** The limits of the process, as Node's report has them; none on Windows. */
export function limitFacts(): NonNullable<MachineFacts['limits']> {
  const { userLimits = {} } = process.report.getReport() as {
    userLimits?: Readonly<Record<string, { readonly soft: number | string }>>;
  };
  const soft = (name: string) => {
    const value = userLimits[name]?.soft;
    return typeof value === 'number' ? value : undefined;
  };
  const [openFiles, kibibytes] = [soft('open_files'), soft('virtual_memory_kbytes')];
  return {
    ...(openFiles !== undefined && { openFiles }),
    ...(kibibytes !== undefined && { addressSpaceBytes: kibibytes * 1024 }),
  };
}
