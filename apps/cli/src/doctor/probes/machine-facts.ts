import { readFile } from 'node:fs/promises';
import { availableParallelism, freemem, totalmem } from 'node:os';
import { attempt } from './attempt.js';
import { processorQuota } from './control-group.js';
import type { MachineFacts } from '../facts/facts.js';

const read = (path: string) => attempt(() => readFile(path, 'utf8'));

export async function processorFacts(): Promise<NonNullable<MachineFacts['processors']>> {
  const quota = await processorQuota(read);
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
