import { readFile } from 'node:fs/promises';
import { freemem, totalmem } from 'node:os';

/** The memory of this machine, in bytes. */
export interface MachineMemory {
  readonly total: number;
  /** Available to a process that starts now, caches of the system given back. */
  readonly available: number;
}

/** Linux counts what it can give back at once; elsewhere free memory is what there is to go by. */
async function availableBytes(): Promise<number> {
  const text = await readFile('/proc/meminfo', 'utf8').catch(() => '');
  const kibibytes = /^MemAvailable:\s+(\d+) kB/m.exec(text)?.[1];
  return kibibytes === undefined ? freemem() : 1024 * Number(kibibytes);
}

/** The memory there is, within the limit of a container. */
export async function machineMemory(): Promise<MachineMemory> {
  const limit = process.constrainedMemory?.() || Infinity;
  return {
    total: Math.min(totalmem(), limit),
    available: Math.min(await availableBytes(), limit),
  };
}

/**
 * Resident bytes of this process without arrays: those are the copies of weights that were read to be hashed, and gone in a
 * run before it trains.
 */
export function processBytes(): number {
  const { rss, arrayBuffers } = process.memoryUsage();
  return rss - arrayBuffers;
}
